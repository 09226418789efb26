// A scheduler that takes nothing more and lets what lives end by itself.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/sleep.h"
#include "future/spawn.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/scheduler.h"
#include "sched/virtual_clock.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Scheduler> Make(int workers, VirtualClock* clock = nullptr) {
  SchedulerOptions options;
  options.workers = workers;
  options.virtual_clock = clock;
  return std::move(Scheduler::Create(std::move(options))).value();
}

Task<int> Number(int number) { co_return number; }

TEST(DrainTest, WaitsForWhatLivesAndCancelsNothing) {
  auto scheduler = Make(2);
  Atomic<int> ended{0};
  for (int i = 0; i < 50; ++i) {
    scheduler
        ->Spawn([&]() -> Task<> {
          co_await SleepFor(2ms);
          for (int k = 0; k < 10; ++k) co_await Yield();
          ended.fetch_add(1);
        })
        .Detach();
  }
  EXPECT_TRUE(scheduler->Drain().ok());
  EXPECT_EQ(ended.load(), 50);
  EXPECT_TRUE(scheduler->Drain().ok()) << "twice is once";
  EXPECT_TRUE(scheduler->Shutdown().ok());
  EXPECT_TRUE(scheduler->Drain().ok());
}

TEST(DrainTest, AnIdleSchedulerIsDrainedAtOnceAndTakesNothing) {
  auto scheduler = Make(2);
  EXPECT_TRUE(scheduler->Drain().ok());
  EXPECT_TRUE(scheduler->Spawn(Number(1)).finished());
  EXPECT_TRUE(scheduler->SpawnOn(0, Number(1)).finished());
  EXPECT_TRUE(scheduler->SpawnOnNode(0, Number(1)).finished());
  EXPECT_TRUE(scheduler->SpawnBatch(2, [](size_t) { return Number(1); })[0].finished());
  Result<int> result = scheduler->TryBlockOn(Number(1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

// Lives until it is told, and then goes on to spawn.
TEST(DrainTest, WhatLivesMaySpawn) {
  auto scheduler = Make(2);
  Atomic<bool> draining{false};
  Atomic<int> sum{0};
  scheduler
      ->Spawn([&]() -> Task<> {
        while (!draining.load()) co_await SleepFor(100us);
        for (int i = 1; i <= 100; ++i) {
          auto child = scheduler->Spawn(Number(i));
          sum.fetch_add((co_await child).value());
        }
        for (auto& child : scheduler->SpawnBatch(10, [](size_t) { return Number(1); })) {
          sum.fetch_add((co_await child).value());
        }
        auto in_place = BlockInPlace([&] { return scheduler->TryBlockOn(Number(1000)); });
        sum.fetch_add(in_place.ok() ? in_place.value() : 0);
      })
      .Detach();
  EXPECT_EQ(scheduler->Drain(1ms).error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(scheduler->Spawn(Number(1)).finished()) << "still closed to the outside";
  draining.store(true);
  EXPECT_TRUE(scheduler->Drain().ok());
  EXPECT_EQ(sum.load(), 5050 + 10 + 1000);
}

TEST(DrainTest, TheDeadlineNamesWhatIsLeft) {
  auto scheduler = Make(1);
  Parker begun;
  const auto wait = [](Parker* waits) -> Task<> {
    waits->Unpark();
    co_await SleepFor(1h);
  };
  SpawnNamed(scheduler->executor(), "waits for ever", wait(&begun)).Detach();
  begun.Park();
  TaskDump left;
  Result<void> drained = scheduler->Drain(5ms, &left);
  ASSERT_FALSE(drained.ok());
  EXPECT_EQ(drained.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_NE(left.ToString().find("waits for ever"), std::string::npos) << left.ToString();
  EXPECT_TRUE(scheduler->Shutdown().ok()) << "which cancels it";
}

TEST(DrainTest, VirtualTimePassesMeanwhile) {
  VirtualClock clock;
  auto scheduler = Make(2, &clock);
  Atomic<bool> ended{false};
  scheduler
      ->Spawn([&]() -> Task<> {
        co_await SleepFor(24h);
        ended.store(true);
      })
      .Detach();
  EXPECT_TRUE(scheduler->Drain().ok());
  EXPECT_TRUE(ended.load());
}

// Each task that was taken has run when it is over, and none was taken afterwards.
TEST(DrainTest, RacesWithThreadsThatSpawn) {
  for (int round = 0; round < 10; ++round) {
    auto scheduler = Make(2);
    Atomic<int> ran{0};
    Atomic<bool> over{false};
    std::vector<Thread> threads;
    Parker begun;
    for (int i = 0; i < 2; ++i) {
      threads.push_back(Thread::Start("spawns", [&] {
                          while (true) {
                            auto handle = scheduler->Spawn(
                                [](Atomic<int>* count) -> Task<> {
                                  co_await Yield();
                                  count->fetch_add(1);
                                },
                                &ran);
                            const bool refused = scheduler->Spawn(Number(0)).finished();
                            std::move(handle).Detach();
                            begun.Unpark();
                            if (refused && over.load()) return;
                          }
                        }).value());
    }
    begun.Park();
    EXPECT_TRUE(scheduler->Drain().ok());
    const int at_the_end = ran.load();
    over.store(true);
    threads.clear();
    EXPECT_EQ(ran.load(), at_the_end) << "nothing ran after it was over";
    EXPECT_TRUE(scheduler->Shutdown().ok());
    EXPECT_EQ(ran.load(), at_the_end);
  }
}

TEST(DrainDeathTest, WaitingForOneselfIsACheck) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto scheduler = Make(1);
        scheduler->BlockOn([&]() -> Task<> {
          (void)scheduler->Drain();
          co_return;
        });
      },
      "Drain on a worker");
  // Found by a hang: the scheduler waited for the task that shut it down.
  for (const bool drain : {false, true}) {
    EXPECT_DEATH(
        {
          auto scheduler = Make(1);
          scheduler->BlockOn([&]() -> Task<> {
            BlockInPlace([&] { (void)(drain ? scheduler->Drain() : scheduler->Shutdown()); });
            co_return;
          });
        },
        "inside BlockInPlace");
  }
}

TEST(DrainTest, AnotherSchedulerMayBeShutDownInsideBlockInPlace) {
  auto scheduler = Make(1);
  auto other = Make(1);
  const bool down = scheduler->BlockOn([&]() -> Task<bool> {
    co_return BlockInPlace([&] { return other->Drain().ok() && other->Shutdown().ok(); });
  });
  EXPECT_TRUE(down);
}

}  // namespace
}  // namespace zokio
