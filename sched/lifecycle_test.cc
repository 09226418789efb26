// Schedulers that start and stop many times, and many at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/thread.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::MakeScheduler;
using testing::Twice;

using namespace std::chrono_literals;

Task<int> SumOf(std::vector<JoinHandle<int>> handles) {
  int sum = 0;
  for (JoinHandle<int>& handle : handles) sum += (co_await handle).value();
  co_return sum;
}

int ThreadsOfThisProcess() {
  int count = 0;
  FILE* status = fopen("/proc/self/status", "r");
  if (status == nullptr) return -1;
  char line[128];
  while (fgets(line, sizeof line, status) != nullptr) (void)sscanf(line, "Threads: %d", &count);
  fclose(status);
  return count;
}

TEST(LifecycleTest, StartsAndStopsManyTimesAndLeavesNoThread) {
  MakeScheduler(2)->BlockOn(Twice(1));  // what a process starts once
  const int before = ThreadsOfThisProcess();
  for (int round = 0; round < 100; ++round) {
    auto scheduler = MakeScheduler(1 + round % 4);
    scheduler->Spawn([]() -> Task<> { co_await SleepFor(1h); }).Detach();
    EXPECT_EQ(scheduler->BlockOn(Twice(round)), 2 * round);
    if (round % 2 == 0) {
      EXPECT_TRUE(scheduler->Shutdown().ok());
      EXPECT_FALSE(scheduler->TryBlockOn(Twice(1)).ok());
    }
  }
  EXPECT_EQ(ThreadsOfThisProcess(), before);
}

TEST(LifecycleTest, ManySchedulersAtOnceSpawnIntoEachOther) {
  constexpr int kSchedulers = 6;
  std::vector<std::unique_ptr<Scheduler>> schedulers;
  for (int i = 0; i < kSchedulers; ++i) schedulers.push_back(MakeScheduler(1));
  // Each hands on to the next, and waits for its answer.
  struct Relay {
    static Task<int> Run(std::vector<std::unique_ptr<Scheduler>>* all, int at) {
      if (at == kSchedulers) co_return 0;
      auto handle = (*all)[static_cast<size_t>(at)]->Spawn(Run(all, at + 1));
      co_return 1 + (co_await handle).value();
    }
  };
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(schedulers[0]->BlockOn(Relay::Run(&schedulers, 0)), kSchedulers);
  }
}

TEST(SpawnBatchTest, EachTaskRunsOnceWhereverItIsSpawned) {
  auto scheduler = MakeScheduler(2);
  const auto number = [](size_t i) { return Twice(static_cast<int>(i)); };
  for (size_t count : {0u, 1u, 127u, 128u, 129u, 1000u}) {
    const int expected = static_cast<int>(count * (count - 1));
    EXPECT_EQ(scheduler->BlockOn(SumOf(scheduler->SpawnBatch(count, number))), expected);
    const int inside = scheduler->BlockOn([&]() -> Task<int> {
      co_return co_await SumOf(scheduler->SpawnBatch(Priority::kImmediate, count, number));
    });
    EXPECT_EQ(inside, expected);
  }
}

TEST(SpawnBatchTest, AFailureHalfWayLeavesTheSchedulerWhole) {
  auto scheduler = MakeScheduler(2);
  const auto fails = [](size_t i) {
    if (i == 200) throw std::runtime_error("no more");
    return Twice(1);
  };
  EXPECT_THROW((void)scheduler->SpawnBatch(300, fails), std::runtime_error);
  EXPECT_EQ(scheduler->BlockOn(Twice(2)), 4);
  EXPECT_TRUE(scheduler->Shutdown().ok()) << "it must not wait for tasks that were never made";
}

TEST(SpawnBatchTest, ASchedulerThatStoppedTakesNone) {
  auto scheduler = MakeScheduler(1);
  ASSERT_TRUE(scheduler->Shutdown().ok());
  auto handles = scheduler->SpawnBatch(3, [](size_t) { return Twice(1); });
  ASSERT_EQ(handles.size(), 3u);
  for (auto& handle : handles) EXPECT_TRUE(handle.finished());
}

}  // namespace
}  // namespace zokio
