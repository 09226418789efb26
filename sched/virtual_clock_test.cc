// Programs that sleep for hours, run at once.
#include "sched/virtual_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"
#include "future/oneshot.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/scheduler.h"
#include "sched/time.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

// A timer fires when the wheel's tick begins, at most one tick after its deadline.
constexpr Duration kTick{32'768};

std::unique_ptr<Scheduler> Make(VirtualClock& clock, int workers = 1) {
  SchedulerOptions options;
  options.workers = workers;
  options.virtual_clock = &clock;
  return std::move(Scheduler::Create(std::move(options))).value();
}

TEST(VirtualClockTest, ADayPassesAtOnce) {
  VirtualClock clock;
  auto scheduler = Make(clock);
  const Instant start = clock.Now();
  scheduler->BlockOn([]() -> Task<> { co_await SleepFor(24h); });
  EXPECT_GE(clock.Now() - start, 24h);
  EXPECT_LE(clock.Now() - start, 24h + kTick);
}

TEST(VirtualClockTest, TimeStandsStillWhileAnythingRuns) {
  VirtualClock clock;
  auto scheduler = Make(clock, 2);
  scheduler->BlockOn([&]() -> Task<> {
    bool slept = false;
    JoinHandle<void> sleeper = scheduler->Spawn([&]() -> Task<> {
      co_await SleepFor(1ns);
      slept = true;
    });
    const Instant before = clock.Now();
    for (int i = 0; i < 10'000; ++i) co_await Yield();
    EXPECT_EQ(clock.Now(), before);
    (void)co_await sleeper;
    EXPECT_TRUE(slept);
    EXPECT_GT(clock.Now(), before);
  });
}

// Each step of the program, with its time.
struct Trace {
  void Add(const Clock& clock, int what) {
    MutexLock lock(mutex);
    steps.emplace_back(clock.Now(), what);
  }
  Mutex mutex;
  std::vector<std::pair<Instant, int>> steps;
};

Task<> Wander(VirtualClock* clock, Trace* trace, int name, int steps) {
  Random random(static_cast<uint64_t>(name));
  for (int i = 0; i < steps; ++i) {
    co_await SleepFor(std::chrono::seconds(1 + random.Below(7200)));
    trace->Add(*clock, name);
  }
}

std::vector<std::pair<Instant, int>> RunWanderers(int workers, int tasks, int steps) {
  VirtualClock clock;
  Trace trace;
  auto scheduler = Make(clock, workers);
  scheduler->BlockOn([&]() -> Task<> {
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < tasks; ++i) {
      handles.push_back(scheduler->Spawn(Wander(&clock, &trace, i, steps)));
    }
    for (JoinHandle<void>& handle : handles) (void)co_await handle;
  });
  return std::move(trace.steps);
}

TEST(VirtualClockTest, WithOneWorkerAProgramRunsTheSameWayEachTime) {
  const auto first = RunWanderers(1, 20, 50);
  EXPECT_EQ(first.size(), 1000u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RunWanderers(1, 20, 50), first);
}

TEST(VirtualClockTest, TimeNeverRunsAheadOfAWorker) {
  // On several workers steps of one instant may come in any order, but none comes late: time waits
  // until the last of them has run.
  auto steps = RunWanderers(3, 20, 50);
  ASSERT_EQ(steps.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; }));
  auto alone = RunWanderers(1, 20, 50);
  std::sort(steps.begin(), steps.end());
  std::sort(alone.begin(), alone.end());
  for (size_t i = 0; i < steps.size(); ++i) {
    const Duration apart = steps[i].first - alone[i].first;
    ASSERT_LE(std::max(apart, -apart), 50 * kTick) << "a step drifts by a tick at most";
  }
}

TEST(VirtualClockTest, TimeoutsAndIntervalsFollowIt) {
  VirtualClock clock;
  auto scheduler = Make(clock);
  scheduler->BlockOn([&]() -> Task<> {
    auto channel = MakeOneshot<int>();
    auto late = co_await Timeout(std::move(channel.receiver), 10h);
    EXPECT_FALSE(late.ok());
    if (!late.ok()) {
      EXPECT_EQ(late.error().code(), ErrorCode::kDeadlineExceeded);
    }
    Interval hourly(1h);
    const Instant start = clock.Now();
    for (int i = 1; i <= 3; ++i) {
      const Instant due = co_await hourly.Tick();
      EXPECT_EQ(due - start, i * Duration(1h));
    }
  });
}

TEST(VirtualClockTest, AHoldKeepsItFromPassing) {
  VirtualClock clock;
  auto scheduler = Make(clock, 2);
  auto channel = MakeOneshot<int>();
  Thread outside;
  const int first = scheduler->BlockOn([&]() -> Task<int> {
    VirtualClock::Hold hold(clock);
    outside = Thread::Start("outside", [sender = std::make_shared<OneshotSender<int>>(
                                            std::move(channel.sender)),
                                        kept = std::make_shared<VirtualClock::Hold>(
                                            std::move(hold))]() mutable {
                std::move(*sender).Send(1);
                kept.reset();
              }).value();
    // Without the hold the hour would be over before the thread has begun.
    auto in_time = co_await Timeout(std::move(channel.receiver), 1h);
    co_return in_time.ok() ? *in_time : 0;
  });
  outside.Join();
  EXPECT_EQ(first, 1);
  // Released, it passes again.
  scheduler->BlockOn([]() -> Task<> { co_await SleepFor(1h); });
}

TEST(VirtualClockTest, ItPassesOnlyWhileSomebodyWaitsForTheScheduler) {
  VirtualClock clock;
  Atomic<int> ticks{0};
  auto scheduler = Make(clock);
  scheduler
      ->Spawn([&]() -> Task<> {
        Interval hourly(1h);
        while (true) {
          (void)co_await hourly.Tick();
          ticks.fetch_add(1);
        }
      })
      .Detach();
  for (int i = 1; i <= 3; ++i) {
    scheduler->BlockOn([]() -> Task<> { co_await SleepFor(10h); });
    // The tick of the same hour may come first or not at all.
    EXPECT_GE(ticks.load(), 10 * i - 1);
    EXPECT_LE(ticks.load(), 11 * i);
  }
}

// Found by a hang: the worker that waited in place did not count as one that sleeps.
TEST(VirtualClockTest, PassesWhileATaskWaitsInPlaceForItsScheduler) {
  for (const int workers : {1, 2}) {
    VirtualClock clock;
    auto scheduler = Make(clock, workers);
    const Instant start = clock.Now();
    const int hours = scheduler->BlockOn([&]() -> Task<int> {
      auto other = scheduler->Spawn([]() -> Task<> { co_await SleepFor(3h); });
      BlockInPlace([&] { scheduler->BlockOn([]() -> Task<> { co_await SleepFor(1h); }); });
      const auto passed = std::chrono::duration_cast<std::chrono::hours>(clock.Now() - start);
      (void)co_await other;
      co_return static_cast<int>(passed.count());
    });
    EXPECT_EQ(hours, 1) << "and it stops when what was waited for is there";
  }
}

TEST(VirtualClockTest, OneSchedulerAtATime) {
  VirtualClock clock;
  {
    auto scheduler = Make(clock);
    SchedulerOptions options;
    options.virtual_clock = &clock;
    auto second = Scheduler::Create(std::move(options));
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), ErrorCode::kInvalidArgument);
    scheduler->BlockOn([]() -> Task<> { co_await SleepFor(1h); });
  }
  auto next = Make(clock);
  next->BlockOn([]() -> Task<> { co_await SleepFor(1h); });
}

TEST(VirtualClockTest, ShutdownEndsSleepers) {
  VirtualClock clock;
  auto scheduler = Make(clock, 2);
  for (int i = 0; i < 10; ++i) {
    scheduler->Spawn([]() -> Task<> { co_await SleepFor(1h); }).Detach();
  }
  EXPECT_TRUE(scheduler->Shutdown().ok());
}

}  // namespace
}  // namespace zokio
