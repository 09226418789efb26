// Nothing is lost and nothing happens twice, under load from all sides.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "base/random.h"
#include "base/thread.h"
#include "future/poll_fn.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZOKIO_SANITIZED 1
#endif
#endif

namespace zokio {
namespace {

using testing::MakeScheduler;

#if defined(ZOKIO_SANITIZED)
constexpr int64_t kScale = 100;
#else
constexpr int64_t kScale = 1;
#endif

struct alignas(64) Tally {
  Atomic<uint64_t> count{0};
  Atomic<uint64_t> sum{0};
};

// A task adds its own number; with every number once the sum and the count come out right.
Task<> AddNumber(Tally* tally, uint64_t number) {
  tally->count.fetch_add(1, memory_order_relaxed);
  tally->sum.fetch_add(number, memory_order_relaxed);
  co_return;
}

TEST(SchedulerStressTest, TenMillionTasksThroughTwoWorkersNoneLostNoneTwice) {
  const uint64_t kTasks = 10'000'000 / kScale;
  constexpr uint64_t kChunk = 1000;
  auto scheduler = MakeScheduler(2);
  Tally tally;
  scheduler->BlockOn([&]() -> Task<> {
    for (uint64_t first = 0; first < kTasks; first += kChunk) {
      std::vector<JoinHandle<void>> handles;
      handles.reserve(kChunk);
      for (uint64_t i = first; i < first + kChunk; ++i) {
        handles.push_back(scheduler->Spawn(AddNumber(&tally, i)));
      }
      for (auto& handle : handles) EXPECT_TRUE((co_await handle).ok());
    }
  });
  EXPECT_EQ(tally.count.load(), kTasks);
  EXPECT_EQ(tally.sum.load(), kTasks * (kTasks - 1) / 2);
  WorkerStats sum;
  for (const WorkerStats& stats : scheduler->Stats()) sum += stats;
  EXPECT_EQ(sum.completed, kTasks + 1);
}

TEST(SchedulerStressTest, ThreadsOutsideSpawnAtOnce) {
  const uint64_t kTasks = 200'000 / kScale;
  constexpr uint64_t kThreads = 4;
  auto scheduler = MakeScheduler(2);
  Tally tally;
  {
    std::vector<Thread> threads;
    for (uint64_t t = 0; t < kThreads; ++t) {
      threads.push_back(std::move(Thread::Start("spawner", [&, t] {
                          for (uint64_t i = 0; i < kTasks; ++i) {
                            scheduler->Spawn(AddNumber(&tally, t * kTasks + i)).Detach();
                          }
                        })).value());
    }
  }
  // Detached tasks are cancelled by a shutdown, so wait for them first.
  scheduler->BlockOn([&]() -> Task<> {
    while (tally.count.load() < kThreads * kTasks) co_await Yield();
  });
  uint64_t n = kThreads * kTasks;
  EXPECT_EQ(tally.sum.load(), n * (n - 1) / 2);
}

// A cell that one task waits on and other threads set: each set must be seen.
class Bell {
 public:
  Poll<void> Wait(Context& context, uint64_t seen) {
    MutexLock lock(mutex_);
    if (rings_ > seen) return kReady;
    waker_ = context.waker().Clone();
    return kPending;
  }
  void Ring() {
    Waker waker;
    {
      MutexLock lock(mutex_);
      ++rings_;
      waker = std::move(waker_);
    }
    std::move(waker).Wake();
  }

 private:
  Mutex mutex_;
  uint64_t rings_ = 0;
  Waker waker_;
};

TEST(SchedulerStressTest, AWakeStormAcrossThreadsLosesNone) {
  const uint64_t kRounds = 20'000 / kScale;
  constexpr size_t kBells = 64;
  constexpr size_t kThreads = 3;
  auto scheduler = MakeScheduler(2);
  std::vector<Bell> bells(kBells);
  Atomic<uint64_t> answered{0};
  std::vector<JoinHandle<void>> handles;
  for (Bell& bell : bells) {
    handles.push_back(scheduler->Spawn([&]() -> Task<> {
      for (uint64_t seen = 0; seen < kRounds; ++seen) {
        co_await PollFn([&](Context& context) { return bell.Wait(context, seen); });
        answered.fetch_add(1, memory_order_relaxed);
      }
    }));
  }
  {
    std::vector<Thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.push_back(std::move(Thread::Start("ringer", [&, t] {
                          for (uint64_t round = 0; round < kRounds; ++round) {
                            for (size_t b = t; b < kBells; b += kThreads) bells[b].Ring();
                          }
                        })).value());
    }
  }
  scheduler->BlockOn([&]() -> Task<> {
    for (auto& handle : handles) EXPECT_TRUE((co_await handle).ok());
  });
  EXPECT_EQ(answered.load(), kBells * kRounds);
}

// One task at a time, woken from a thread outside while all workers park between: the wake-up of a
// parked worker is what is tested.
TEST(SchedulerStressTest, NoWakeOfAParkedWorkerIsLost) {
  const int kRounds = static_cast<int>(50'000 / kScale);
  auto scheduler = MakeScheduler(2);
  for (int i = 0; i < kRounds; ++i) {
    int answer = scheduler->BlockOn([](int x) -> Task<int> { co_return x + 1; }, i);
    ASSERT_EQ(answer, i + 1);
  }
}

Task<uint64_t> Fibonacci(Scheduler* scheduler, int n) {
  if (n < 2) co_return static_cast<uint64_t>(n);
  auto left = scheduler->Spawn(Fibonacci(scheduler, n - 1));
  uint64_t right = co_await Fibonacci(scheduler, n - 2);
  co_return (co_await left).value() + right;
}

TEST(SchedulerStressTest, ATreeOfTasksIsSharedByAllWorkers) {
  auto scheduler = MakeScheduler(4);
  const int n = kScale == 1 ? 24 : 14;
  EXPECT_EQ(scheduler->BlockOn(Fibonacci(scheduler.get(), n)), kScale == 1 ? 46368u : 377u);
}

TEST(SchedulerStressTest, TimersAndYieldsAndSpawnsTogether) {
  auto scheduler = MakeScheduler(3);
  const int kTasks = static_cast<int>(2000 / (kScale == 1 ? 1 : 10));
  Atomic<int> done{0};
  scheduler->BlockOn([&]() -> Task<> {
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < kTasks; ++i) {
      handles.push_back(scheduler->Spawn([&, i]() -> Task<> {
        Random random(static_cast<uint64_t>(i));
        for (int step = 0; step < 10; ++step) {
          if (random.Below(2) == 0) {
            co_await SleepFor(std::chrono::microseconds(random.Below(300)));
          } else {
            co_await Yield();
          }
        }
        done.fetch_add(1);
      }));
    }
    for (auto& handle : handles) (void)co_await handle;
  });
  EXPECT_EQ(done.load(), kTasks);
}

// A shutdown at every point of a busy scheduler's life, with threads outside that still spawn and
// wake: every frame is dropped, every handle learns of it.
TEST(SchedulerStressTest, ShutdownAtEveryPoint) {
  const int kRounds = static_cast<int>(400 / (kScale == 1 ? 1 : 8));
  struct Live {
    explicit Live(Atomic<int>* count) : count(count) { count->fetch_add(1); }
    Live(Live&& other) noexcept : count(other.count) { count->fetch_add(1); }
    ~Live() { count->fetch_sub(1); }
    Atomic<int>* count;
  };
  Atomic<int> live{0};
  Random random(7);
  for (int round = 0; round < kRounds; ++round) {
    auto scheduler = MakeScheduler(1 + static_cast<int>(random.Below(3)));
    std::vector<Bell> bells(8);
    Atomic<bool> stop{false};
    auto outside = std::move(Thread::Start("outside", [&] {
                     uint64_t n = 0;
                     while (!stop.load()) {
                       Bell& bell = bells[n++ % bells.size()];
                       bell.Ring();
                       scheduler
                           ->Spawn(
                               [&bell](Live) -> Task<> {
                                 for (uint64_t seen = 0;; ++seen) {
                                   co_await PollFn([&](Context& context) {
                                     return bell.Wait(context, seen + 1000);
                                   });
                                   co_await SleepFor(std::chrono::microseconds(100));
                                 }
                               },
                               Live(&live))
                           .Detach();
                       if (n > 2000) break;
                     }
                   })).value();
    scheduler
        ->Spawn(
            [](Scheduler* all, Live) -> Task<> {
              while (true) {
                auto child = all->Spawn([]() -> Task<> { co_await Yield(); });
                (void)co_await child;
              }
            },
            scheduler.get(), Live(&live))
        .Detach();
    for (uint32_t spin = random.Below(2000); spin > 0; --spin) (void)live.load();
    ASSERT_TRUE(scheduler->Shutdown().ok());
    ASSERT_EQ(live.load() >= 0, true);
    stop.store(true);
    outside.Join();
    ASSERT_EQ(live.load(), 0);
  }
}

// A task that yields stays "running" while it is queued: wakes and cancellations from outside must
// neither queue it twice nor get lost.
TEST(SchedulerStressTest, YieldingTasksAreWokenAndCancelledFromOutside) {
  const int kRounds = static_cast<int>(2000 / (kScale == 1 ? 1 : 20));
  auto scheduler = MakeScheduler(2);
  Atomic<int> inside{0};
  for (int round = 0; round < kRounds; ++round) {
    Bell bell;
    Atomic<bool> overlap{false};
    Atomic<uint64_t> polls{0};
    auto handle = scheduler->Spawn([&]() -> Task<> {
      while (true) {
        if (inside.fetch_add(1) != 0) overlap.store(true);
        // Stores its waker, so that rings reach it while it yields as well.
        co_await PollFn([&](Context& context) -> Poll<void> {
          (void)bell.Wait(context, UINT64_MAX);
          return kReady;
        });
        polls.fetch_add(1);
        inside.fetch_sub(1);
        co_await Yield();
      }
    });
    for (int ring = 0; ring < 20; ++ring) bell.Ring();
    while (polls.load() < static_cast<uint64_t>(round % 50)) bell.Ring();
    handle.Cancel();
    auto result = scheduler->TryBlockOn([](JoinHandle<void> joined) -> Task<bool> {
      co_return (co_await joined).ok();
    }(std::move(handle)));
    ASSERT_FALSE(result.value());
    ASSERT_FALSE(overlap.load());
  }
}

// Few tasks for more workers: the owner of a ring and a thief are after its last one all the time.
TEST(SchedulerStressTest, TheLastTaskOfARingRunsOnceWhoeverTakesIt) {
  constexpr int kTasks = 4;
  const int yields = static_cast<int>(20'000 / (kScale == 1 ? 1 : 20));
  for (Priority priority : {Priority::kImmediate, Priority::kNormal, Priority::kBackground}) {
    auto scheduler = MakeScheduler(3);
    Atomic<bool> overlap{false};
    Atomic<int> steps{0};
    auto run = [&]() -> Task<> {
      Atomic<int> inside{0};
      for (int i = 0; i < yields; ++i) {
        if (inside.fetch_add(1) != 0) overlap.store(true);
        steps.fetch_add(1);
        inside.fetch_sub(1);
        co_await Yield();
      }
    };
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < kTasks; ++i) handles.push_back(scheduler->Spawn(priority, run));
    scheduler->BlockOn([&]() -> Task<> {
      for (JoinHandle<void>& handle : handles) (void)co_await handle;
    });
    EXPECT_FALSE(overlap.load());
    EXPECT_EQ(steps.load(), kTasks * yields);
  }
}

TEST(SchedulerStressTest, WakersOutliveTheirScheduler) {
  Waker kept;
  {
    auto scheduler = MakeScheduler(2);
    Parker stored;
    auto handle = scheduler->Spawn([&]() -> Task<> {
      co_await PollFn([&](Context& context) -> Poll<void> {
        kept = context.waker().Clone();
        stored.Unpark();
        return kPending;
      });
    });
    stored.Park();
    std::move(handle).Detach();
  }
  kept.WakeByRef();
  Waker copy = kept.Clone();
  std::move(copy).Wake();
  EXPECT_TRUE(static_cast<bool>(kept));
}

}  // namespace
}  // namespace zokio
