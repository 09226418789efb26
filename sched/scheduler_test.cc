#include "sched/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::Add;
using testing::MakeScheduler;
using testing::SumOfStats;

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(SchedulerTest, BlockOnRunsTheRootOnAWorkerAndReturnsItsResult) {
  auto scheduler = MakeScheduler(2);
  EXPECT_EQ(scheduler->BlockOn(Add(40, 2)), 42);
  EXPECT_EQ(scheduler->workers(), 2);
}

TEST(SchedulerTest, BlockOnKeepsTheCallableAndItsArguments) {
  auto scheduler = MakeScheduler(1);
  auto text = std::make_unique<std::string>("kept");
  int size = scheduler->BlockOn(
      [prefix = std::string("also ")](std::unique_ptr<std::string> moved) -> Task<int> {
        co_await Yield();
        co_return static_cast<int>((prefix + *moved).size());
      },
      std::move(text));
  EXPECT_EQ(size, 9);
}

TEST(SchedulerTest, BlockOnRethrowsWhatTheTaskThrew) {
  auto scheduler = MakeScheduler(1);
  EXPECT_THROW(scheduler->BlockOn([]() -> Task<> {
    co_await Yield();
    throw std::runtime_error("from the task");
  }),
               std::runtime_error);
}

TEST(SchedulerTest, ZeroWorkersMeansOnePerAvailableCore) {
  auto scheduler = MakeScheduler(0);
  EXPECT_GE(scheduler->workers(), 1);
  EXPECT_EQ(scheduler->BlockOn(Add(1, 1)), 2);
}

TEST(SchedulerTest, RefusesAnImpossibleNumberOfWorkers) {
  SchedulerOptions options;
  options.workers = -1;
  auto scheduler = Scheduler::Create(options);
  ASSERT_FALSE(scheduler.ok());
  EXPECT_EQ(scheduler.error().code(), ErrorCode::kInvalidArgument);
}

TEST(SchedulerTest, ADriverThatCannotBeMadeFailsCreate) {
  SchedulerOptions options;
  options.workers = 2;
  options.driver = [](int worker) -> Result<std::unique_ptr<Driver>> {
    if (worker == 1) return Error(ErrorCode::kTooManyFiles, "make driver");
    return Error(ErrorCode::kTooManyFiles, "make driver");
  };
  auto scheduler = Scheduler::Create(options);
  ASSERT_FALSE(scheduler.ok());
  EXPECT_EQ(scheduler.error().code(), ErrorCode::kTooManyFiles);
}

TEST(SchedulerTest, SpawnedTasksAreJoinedFromInside) {
  auto scheduler = MakeScheduler(2);
  int64_t sum = scheduler->BlockOn([&]() -> Task<int64_t> {
    std::vector<JoinHandle<int>> handles;
    for (int i = 0; i < 1000; ++i) handles.push_back(scheduler->Spawn(Add(i, 1)));
    int64_t total = 0;
    for (auto& handle : handles) total += (co_await handle).value();
    co_return total;
  });
  EXPECT_EQ(sum, 1000 * 999 / 2 + 1000);
  EXPECT_GE(SumOfStats(*scheduler).completed, 1001u);
}

TEST(SchedulerTest, SpawnedTasksAreJoinedFromOutside) {
  auto scheduler = MakeScheduler(2);
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < 1000; ++i) handles.push_back(scheduler->Spawn(Add(i, 1)));
  int64_t sum = scheduler->BlockOn(
      [](std::vector<JoinHandle<int>> all) -> Task<int64_t> {
        int64_t total = 0;
        for (auto& handle : all) total += (co_await handle).value();
        co_return total;
      },
      std::move(handles));
  EXPECT_EQ(sum, 1000 * 999 / 2 + 1000);
}

TEST(SchedulerTest, YieldLetsTheOthersRunFirst) {
  auto scheduler = MakeScheduler(1);
  std::vector<int> order = scheduler->BlockOn([&]() -> Task<std::vector<int>> {
    std::vector<int> seen;
    auto one = scheduler->Spawn([&]() -> Task<> {
      for (int i = 0; i < 3; ++i) {
        seen.push_back(1);
        co_await Yield();
      }
    });
    auto two = scheduler->Spawn([&]() -> Task<> {
      for (int i = 0; i < 3; ++i) {
        seen.push_back(2);
        co_await Yield();
      }
    });
    (void)co_await one;
    (void)co_await two;
    co_return seen;
  });
  ASSERT_EQ(order.size(), 6u);
  // Whoever began: from then on they alternate.
  for (size_t i = 2; i < 6; ++i) EXPECT_EQ(order[i], order[i - 2]);
  EXPECT_NE(order[0], order[1]);
}

TEST(SchedulerTest, SleepWakesAfterItsDeadlineAndNotBefore) {
  auto scheduler = MakeScheduler(2);
  Duration slept = scheduler->BlockOn([]() -> Task<Duration> {
    Instant start = Clock::Monotonic().Now();
    co_await SleepFor(milliseconds(5));
    co_return Clock::Monotonic().Now() - start;
  });
  EXPECT_GE(slept, milliseconds(5));
  EXPECT_EQ(SumOfStats(*scheduler).timers_fired, 1u);
}

TEST(SchedulerTest, ABusyWorkerStillFiresItsTimers) {
  auto scheduler = MakeScheduler(1);
  bool woke = scheduler->BlockOn([&]() -> Task<bool> {
    Atomic<bool> done{false};
    auto sleeper = scheduler->Spawn([&]() -> Task<> {
      co_await SleepFor(milliseconds(2));
      done.store(true);
    });
    while (!done.load()) co_await Yield();
    (void)co_await sleeper;
    co_return true;
  });
  EXPECT_TRUE(woke);
}

TEST(SchedulerTest, ManySleepersWakeInTheOrderOfTheirDeadlines) {
  auto scheduler = MakeScheduler(1);
  auto order = scheduler->BlockOn([&]() -> Task<std::vector<int>> {
    std::vector<int> seen;
    std::vector<JoinHandle<void>> handles;
    Instant start = Clock::Monotonic().Now() + milliseconds(20);
    for (int i = 20; i-- > 0;) {
      handles.push_back(scheduler->Spawn([&seen, start, i]() -> Task<> {
        co_await SleepUntil(start + i * microseconds(500));
        seen.push_back(i);
      }));
    }
    for (auto& handle : handles) (void)co_await handle;
    co_return seen;
  });
  ASSERT_EQ(order.size(), 20u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(SchedulerTest, SeveralSchedulersLiveInOneProcess) {
  auto one = MakeScheduler(1);
  auto two = MakeScheduler(2);
  int result = one->BlockOn([&]() -> Task<int> {
    auto there = two->Spawn([&]() -> Task<int> {
      auto back = one->Spawn(Add(20, 1));
      co_return (co_await back).value() * 2;
    });
    co_return (co_await there).value();
  });
  EXPECT_EQ(result, 42);
}

TEST(SchedulerDeathTest, NestedBlockOnOnAWorkerIsACheck) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto scheduler = MakeScheduler(1);
        auto other = MakeScheduler(1);
        scheduler->BlockOn([&]() -> Task<> {
          other->BlockOn(Add(1, 1));
          co_return;
        });
      },
      "BlockOn on a worker");
}

// Two tasks that wake each other for ever through the LIFO slot while a third waits in the ring:
// without a cap on the slot's streak the third never runs.
TEST(SchedulerTest, TheLifoSlotCannotKeepOutAWaitingTask) {
  auto scheduler = MakeScheduler(1);
  struct Side {
    Waker waker;
    int turns = 0;
  };
  struct Flip {
    Side* mine;
    Side* other;
    bool* stop;
    Poll<void> poll(Context& context) {
      if (*stop) {
        other->waker.WakeByRef();
        return kReady;
      }
      mine->waker = context.waker().Clone();
      ++mine->turns;
      other->waker.WakeByRef();
      return kPending;
    }
  };
  int turns = scheduler->BlockOn([&]() -> Task<int> {
    Side left, right;
    bool stop = false;
    auto one = scheduler->Spawn([&]() -> Task<> { co_await Flip{&left, &right, &stop}; });
    auto two = scheduler->Spawn([&]() -> Task<> { co_await Flip{&right, &left, &stop}; });
    while (left.turns < 10 || right.turns < 10) co_await Yield();
    auto third = scheduler->Spawn([&]() -> Task<> {
      stop = true;
      co_return;
    });
    (void)co_await third;
    (void)co_await one;
    (void)co_await two;
    co_return left.turns + right.turns;
  });
  EXPECT_GE(turns, 20);
  EXPECT_GT(SumOfStats(*scheduler).lifo_polls, 0u);
}

// No worker parked while work waits: a task that spawns and then holds its worker until its
// children have run elsewhere. (One child alone would wait in the LIFO slot of the busy worker.)
TEST(SchedulerTest, AnIdleWorkerTakesWhatABusyOneSpawns) {
  auto scheduler = MakeScheduler(2);
  for (int round = 0; round < 200; ++round) {
    scheduler->BlockOn([&]() -> Task<> {
      Parker ran;
      auto child = scheduler->Spawn([&]() -> Task<> {
        ran.Unpark();
        co_return;
      });
      auto in_the_slot = scheduler->Spawn(Add(1, 1));
      ran.Park();  // blocks this worker on purpose
      (void)co_await child;
      (void)co_await in_the_slot;
    });
  }
  EXPECT_GE(SumOfStats(*scheduler).steals, 200u);
}

}  // namespace
}  // namespace zokio
