#include "sched/priority.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "future/poll_fn.h"
#include "future/task.h"
#include "future/yield.h"
#include "gtest/gtest.h"
#include "sched/scheduler.h"
#include "sched/worker_stats.h"

namespace zokio {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Time passes where a task says so, and nowhere else.
class ManualClock : public Clock {
 public:
  Instant Now() const override { return Instant(Duration(now_ns_.load(memory_order_relaxed))); }
  void Pass(Duration time) { now_ns_.fetch_add(time.count(), memory_order_relaxed); }

 private:
  Atomic<int64_t> now_ns_{1'000'000'000};
};

SchedulerOptions OneWorker(const Clock& clock = Clock::Monotonic()) {
  SchedulerOptions options;
  options.workers = 1;
  options.clock = &clock;
  return options;
}

std::unique_ptr<Scheduler> Make(SchedulerOptions options) {
  return std::move(Scheduler::Create(std::move(options))).value();
}

TEST(PriorityTest, ImmediateBeforeNormalBeforeBackground) {
  auto scheduler = Make(OneWorker());
  std::vector<int> order = scheduler->BlockOn([&]() -> Task<std::vector<int>> {
    std::vector<int> seen;
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < 5; ++i) {
      for (Priority priority : {Priority::kBackground, Priority::kNormal, Priority::kImmediate}) {
        handles.push_back(scheduler->Spawn(priority, [&seen, priority]() -> Task<> {
          seen.push_back(static_cast<int>(priority));
          co_return;
        }));
      }
    }
    for (auto& handle : handles) (void)co_await handle;
    co_return seen;
  });
  ASSERT_EQ(order.size(), 15u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(PriorityTest, WhatATaskSpawnsThroughItsContextHasItsPriority) {
  auto scheduler = Make(OneWorker());
  Executor* seen = scheduler->BlockOn([&]() -> Task<Executor*> {
    auto child = scheduler->Spawn(Priority::kBackground, []() -> Task<Executor*> {
      co_return co_await PollFn(
          [](Context& context) -> Poll<Executor*> { return context.executor(); });
    });
    co_return (co_await child).value();
  });
  EXPECT_EQ(seen, &scheduler->executor(Priority::kBackground));
  EXPECT_NE(seen, &scheduler->executor());
}

Task<int> Number(int number) { co_return number; }

// One worker, kept busy for ever by tasks of one priority; a task of each other one must still run.
void ExpectNothingStarvesUnder(Priority hog) {
  auto scheduler = Make(OneWorker());
  Atomic<bool> stop{false};
  std::vector<JoinHandle<void>> hogs;
  for (int i = 0; i < 300; ++i) {  // more than a ring holds
    hogs.push_back(scheduler->Spawn(hog, [&]() -> Task<> {
      while (!stop.load()) co_await Yield();
    }));
  }
  for (Priority priority : {Priority::kImmediate, Priority::kNormal, Priority::kBackground}) {
    std::vector<JoinHandle<int>> others;
    for (int i = 0; i < 200; ++i) others.push_back(scheduler->Spawn(priority, Number(i)));
    Parker done;
    auto waiter = scheduler->Spawn(Priority::kImmediate, [&]() -> Task<> {
      for (auto& other : others) EXPECT_TRUE((co_await other).ok());
      done.Unpark();
    });
    done.Park();
    std::move(waiter).Detach();
  }
  stop.store(true);
  scheduler->BlockOn([&]() -> Task<> {
    for (auto& handle : hogs) (void)co_await handle;
  });
}

TEST(PriorityTest, NothingStarvesUnderImmediateTasks) {
  ExpectNothingStarvesUnder(Priority::kImmediate);
}
TEST(PriorityTest, NothingStarvesUnderNormalTasks) { ExpectNothingStarvesUnder(Priority::kNormal); }
TEST(PriorityTest, NothingStarvesUnderBackgroundTasks) {
  ExpectNothingStarvesUnder(Priority::kBackground);
}

size_t LongestRun(const std::string& trace, char of) {
  size_t longest = 0;
  size_t run = 0;
  for (char c : trace) {
    run = c == of ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

TEST(PriorityTest, LongPollsSinkAnImmediateTaskAndShortOnesRaiseIt) {
  ManualClock clock;
  auto scheduler = Make(OneWorker(clock));
  std::string long_polls;
  std::string short_polls;
  scheduler->BlockOn([&]() -> Task<> {
    std::string* trace = &long_polls;
    Atomic<bool> stop{false};
    auto immediate = scheduler->Spawn(Priority::kImmediate, [&]() -> Task<> {
      for (int i = 0; i < 20; ++i) {
        *trace += 'I';
        clock.Pass(milliseconds(1));
        co_await Yield();
      }
      trace = &short_polls;
      for (int i = 0; i < 100; ++i) {
        *trace += 'I';
        co_await Yield();
      }
      stop.store(true);
    });
    auto normal = scheduler->Spawn([&]() -> Task<> {
      for (; !stop.load(); co_await Yield()) *trace += 'N';
    });
    (void)co_await immediate;
    (void)co_await normal;
  });
  // Two, and from then on it takes turns.
  EXPECT_EQ(long_polls.substr(0, 6), "IININI") << long_polls;
  EXPECT_EQ(LongestRun(long_polls, 'I'), 2u) << long_polls;
  // It takes turns until it is trusted again.
  EXPECT_EQ(short_polls.substr(0, 8), "INININII") << short_polls;
  EXPECT_GE(LongestRun(short_polls, 'I'), 30u) << short_polls;
}

TEST(PriorityTest, OneLongPollInARowIsForgiven) {
  ManualClock clock;
  auto scheduler = Make(OneWorker(clock));
  std::string trace;
  scheduler->BlockOn([&]() -> Task<> {
    auto immediate = scheduler->Spawn(Priority::kImmediate, [&]() -> Task<> {
      for (int i = 0; i < 30; ++i) {
        trace += 'I';
        if (i % 2 == 0) clock.Pass(milliseconds(1));
        co_await Yield();
      }
    });
    auto normal = scheduler->Spawn([&]() -> Task<> {
      trace += 'N';
      co_return;
    });
    (void)co_await immediate;
    (void)co_await normal;
  });
  EXPECT_EQ(LongestRun(trace, 'I'), 30u) << trace;
}

TEST(PriorityTest, PollTimesAreCounted) {
  ManualClock clock;
  auto scheduler = Make(OneWorker(clock));
  const auto polls_of_a_millisecond = [&] {
    constexpr auto kBucket = static_cast<size_t>(PollTimeBucket(milliseconds(1)));
    return scheduler->Stats()[0].poll_times[kBucket];
  };
  const auto poll = [&](int times) -> Task<> {
    for (int i = 0; i < times; ++i) {
      clock.Pass(milliseconds(1));
      co_await Yield();
    }
  };
  // Each one of an immediate task, also while it is queued as a normal one.
  scheduler->BlockOn([&]() -> Task<> {
    (void)co_await scheduler->Spawn(Priority::kImmediate, MakeTask(poll, 10));
  });
  EXPECT_GE(polls_of_a_millisecond(), 10u);
  EXPECT_LE(polls_of_a_millisecond(), 12u);
  // Each one of a normal task too, once there is a tick after each.
  scheduler->BlockOn(MakeTask(poll, 1000));
  EXPECT_GE(polls_of_a_millisecond(), 500u);
  EXPECT_LE(polls_of_a_millisecond(), 1012u);
}

TEST(PriorityTest, BucketsOfPollTimesDouble) {
  EXPECT_EQ(PollTimeBucket(Duration(0)), 0);
  EXPECT_EQ(PollTimeBucket(Duration(1)), 0);
  EXPECT_EQ(PollTimeBucket(Duration(2)), 1);
  EXPECT_EQ(PollTimeBucket(Duration(1023)), 9);
  EXPECT_EQ(PollTimeBucket(Duration(1024)), 10);
  EXPECT_EQ(PollTimeBucket(hours(1)), kPollTimeBuckets - 1);
}

// Five tasks whose polls take a millisecond, for ever, and a hundred background tasks: how long
// until these have run.
Duration BackgroundWait(Duration ageing_period, uint64_t* aged) {
  ManualClock clock;
  SchedulerOptions options = OneWorker(clock);
  options.ageing_period = ageing_period;
  auto scheduler = Make(std::move(options));
  const Duration waited = scheduler->BlockOn([&]() -> Task<Duration> {
    Atomic<bool> stop{false};
    std::vector<JoinHandle<void>> busy;
    for (int i = 0; i < 5; ++i) {
      busy.push_back(scheduler->Spawn([&]() -> Task<> {
        for (; !stop.load(); co_await Yield()) clock.Pass(milliseconds(1));
      }));
    }
    // Until the worker has learned how long polls are here.
    const Instant start = clock.Now();
    while (clock.Now() - start < milliseconds(500)) co_await Yield();
    const Instant spawned = clock.Now();
    int left = 100;
    std::vector<JoinHandle<void>> background;
    for (int i = 0; i < 100; ++i) {
      background.push_back(scheduler->Spawn(Priority::kBackground, [&left]() -> Task<> {
        --left;
        co_return;
      }));
    }
    while (left != 0) co_await Yield();
    const Duration all = clock.Now() - spawned;
    stop.store(true);
    for (auto& handle : busy) (void)co_await handle;
    co_return all;
  });
  *aged = scheduler->Stats()[0].aged;
  return waited;
}

TEST(PriorityTest, BackgroundTasksAge) {
  uint64_t aged = 0;
  EXPECT_GT(BackgroundWait(hours(1), &aged), milliseconds(300));
  EXPECT_EQ(aged, 0u);
  EXPECT_LT(BackgroundWait(milliseconds(10), &aged), milliseconds(100));
  EXPECT_GT(aged, 50u);
}

TEST(PriorityTest, LongBackgroundPollsDoNotKeepNormalTasksOut) {
  ManualClock clock;
  auto scheduler = Make(OneWorker(clock));
  const std::pair<int, int> polls = scheduler->BlockOn([&]() -> Task<std::pair<int, int>> {
    int of_background = 0;
    Atomic<bool> stop{false};
    std::vector<JoinHandle<void>> background;
    for (int i = 0; i < 4; ++i) {
      background.push_back(scheduler->Spawn(Priority::kBackground, [&]() -> Task<> {
        for (; !stop.load() && of_background < 100'000; co_await Yield()) {
          ++of_background;
          clock.Pass(milliseconds(1));
        }
      }));
    }
    while (of_background < 500) co_await Yield();
    const int before = of_background;
    int of_normal = 0;
    for (; of_normal < 1000; ++of_normal) {
      clock.Pass(milliseconds(1));
      co_await Yield();
    }
    const int meanwhile = of_background - before;
    stop.store(true);
    for (auto& handle : background) (void)co_await handle;
    co_return std::pair(of_normal, meanwhile);
  });
  EXPECT_EQ(polls.first, 1000);
  // One in eight, and four that have aged in each ten milliseconds.
  EXPECT_LT(polls.second, 900);
  EXPECT_GT(polls.second, 100);
}

}  // namespace
}  // namespace zokio
