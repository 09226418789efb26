// A6: the pool pools. The originals' pool fell through to the general allocator; here the share of
// frames served from freed ones is counted and asserted, on one thread and across workers.
#include <cstdint>
#include <vector>

#include "future/local_executor.h"
#include "future/yield.h"
#include "gtest/gtest.h"
#include "mem/frame_pool.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

Task<int> Leaf(int value) { co_return value; }

Task<int> Child(int value) {
  co_await Yield();
  co_return co_await Leaf(value) + 1;
}

TEST(A6PoolReuseTest, A6FramesAreReusedInSteadyState) {
  constexpr int kTasks = 20'000;
  LocalExecutor executor;
  auto churn = [&executor](int tasks) {
    int64_t sum = 0;
    for (int i = 0; i < tasks; ++i) {
      JoinHandle<int> handle = Spawn(executor, Child(i));
      executor.RunUntilIdle();
      sum += *executor.BlockOn(std::move(handle));
    }
    return sum;
  };
  churn(100);  // the pool fills
  FramePoolStats before = FramePool::ThreadStats();
  EXPECT_EQ(churn(kTasks), int64_t{kTasks} * (kTasks + 1) / 2);
  FramePoolStats after = FramePool::ThreadStats();
  uint64_t allocations = after.allocations - before.allocations;
  EXPECT_GE(allocations, 2u * kTasks);
  EXPECT_EQ(after.system_allocations, before.system_allocations);
  // The requirement is 90 %; what is asserted is that steady state makes nothing new.
  EXPECT_EQ(after.reused - before.reused, allocations);
}

TEST(A6PoolReuseTest, A6FramesFreedOnAnotherWorkerComeBack) {
  constexpr int kRounds = 50;
  constexpr int kTasks = 1'000;
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = *Scheduler::Create(options);
  auto count_all = [](Scheduler* on) -> Task<uint64_t> {
    uint64_t sum = 0;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<JoinHandle<int>> handles;
      for (int i = 0; i < kTasks; ++i) handles.push_back(on->Spawn(Child(i)));
      for (auto& handle : handles) sum += static_cast<uint64_t>(*co_await handle);
    }
    co_return sum;
  };
  uint64_t sum = scheduler->BlockOn(count_all(scheduler.get()));
  EXPECT_EQ(sum, uint64_t{kRounds} * kTasks * (kTasks + 1) / 2);
  // Chunks taken from the system are bounded by what lives at once, not by what was ever made: the
  // root ran here or there, so both workers' figures are read where they are counted.
  struct Reader {
    static Task<FramePoolStats> Read() { co_return FramePool::ThreadStats(); }
  };
  FramePoolStats seen = scheduler->BlockOn(Reader::Read());
  EXPECT_LT(seen.system_allocations, 100u);
}

}  // namespace
}  // namespace zokio
