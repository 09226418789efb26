#include "sched/blocking_pool.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/local_executor.h"
#include "future/task.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;

BlockingPoolOptions Options(int threads_max, Duration keep_alive = std::chrono::hours(1)) {
  BlockingPoolOptions options;
  options.threads_max = threads_max;
  options.keep_alive = keep_alive;
  return options;
}

TEST(BlockingPoolTest, RunsACallableElsewhereAndYieldsItsResult) {
  BlockingPool pool;
  EXPECT_EQ(pool.stats().threads, 0) << "an unused pool has no thread";
  auto text = std::make_unique<std::string>("moved");
  Result<std::string> result =
      BlockOn(pool.Spawn([text = std::move(text)] { return *text + " in and out"; }));
  EXPECT_EQ(result.value(), "moved in and out");
  EXPECT_EQ(pool.stats().jobs, 1u);
}

TEST(BlockingPoolTest, ACallableMayReturnNothing) {
  BlockingPool pool;
  int seen = 0;
  EXPECT_TRUE(BlockOn(pool.Spawn([&] { seen = 7; })).ok());
  EXPECT_EQ(seen, 7);
}

TEST(BlockingPoolTest, AnExceptionIsRethrownWhereTheHandleIsAwaited) {
  BlockingPool pool;
  auto handle = pool.Spawn([]() -> int { throw std::runtime_error("from the pool"); });
  EXPECT_THROW((void)BlockOn(std::move(handle)), std::runtime_error);
}

TEST(BlockingPoolTest, GrowsToItsLimitAndLetsTheRestWait) {
  BlockingPool pool(Options(3));
  std::vector<Parker> begun(3);
  std::vector<Parker> go_on(3);
  std::vector<BlockingHandle<void>> handles;
  for (size_t i = 0; i < 3; ++i) {
    handles.push_back(pool.Spawn([&, i] {
      begun[i].Unpark();
      go_on[i].Park();
    }));
  }
  for (Parker& parker : begun) parker.Park();
  Atomic<int> later{0};
  for (int i = 0; i < 5; ++i) handles.push_back(pool.Spawn([&] { later.fetch_add(1); }));
  EXPECT_EQ(pool.stats().threads, 3);
  EXPECT_EQ(pool.stats().queued, 5u);
  EXPECT_EQ(later.load(), 0);
  for (Parker& parker : go_on) parker.Unpark();
  for (auto& handle : handles) EXPECT_TRUE(BlockOn(std::move(handle)).ok());
  EXPECT_EQ(later.load(), 5);
  EXPECT_EQ(pool.stats().started, 3u);
}

TEST(BlockingPoolTest, AnIdleThreadIsUsedAgain) {
  BlockingPool pool(Options(8));
  Parker asleep;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(BlockOn(pool.Spawn([] {})).ok());
    // The thread counts itself idle a moment after it answered.
    while (pool.stats().idle == 0) asleep.ParkUntil(Clock::Monotonic().Now() + milliseconds(1));
  }
  EXPECT_EQ(pool.stats().started, 1u);
}

TEST(BlockingPoolTest, ShrinksAfterTheKeepAliveTime) {
  BlockingPool pool(Options(4, milliseconds(1)));
  EXPECT_TRUE(BlockOn(pool.Spawn([] {})).ok());
  Parker wait;
  while (pool.stats().threads != 0) wait.ParkUntil(Clock::Monotonic().Now() + milliseconds(1));
  EXPECT_TRUE(BlockOn(pool.Spawn([] {})).ok());
  EXPECT_EQ(pool.stats().started, 2u);
}

TEST(BlockingPoolTest, ADroppedHandleWithdrawsAJobThatHasNotBegun) {
  BlockingPool pool(Options(1));
  Parker begun, go_on;
  auto first = pool.Spawn([&] {
    begun.Unpark();
    go_on.Park();
  });
  begun.Park();
  bool ran = false;
  {
    auto dropped = pool.Spawn([&] { ran = true; });
  }
  auto last = pool.Spawn([] {});
  go_on.Unpark();
  EXPECT_TRUE(BlockOn(std::move(first)).ok());
  EXPECT_TRUE(BlockOn(std::move(last)).ok());
  EXPECT_FALSE(ran);
}

TEST(BlockingPoolTest, ShutdownWaitsForWhatRunsAndDropsWhatWaits) {
  BlockingPool pool(Options(1));
  Parker begun, go_on;
  Atomic<bool> ended{false};
  auto running = pool.Spawn([&] {
    begun.Unpark();
    go_on.Park();
    ended.store(true);
  });
  begun.Park();
  auto waiting = pool.Spawn([] {});
  auto helper = std::move(Thread::Start("helper", [&] {
                  Result<void> dropped = BlockOn(std::move(waiting));
                  EXPECT_FALSE(dropped.ok());
                  EXPECT_EQ(dropped.error().code(), ErrorCode::kShutdown);
                  go_on.Unpark();
                })).value();
  pool.Shutdown();
  EXPECT_TRUE(ended.load());
  EXPECT_TRUE(BlockOn(std::move(running)).ok());
  helper.Join();
  Result<void> late = BlockOn(pool.Spawn([] {}));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::kShutdown);
}

TEST(BlockingPoolTest, APostedJobRunsWithoutAHandle) {
  struct Job : BlockingJob {
    explicit Job(Parker* ran) : ran(ran) {}
    void Run() override { ran->Unpark(); }
    Parker* ran;
  };
  BlockingPool pool;
  Parker ran;
  ASSERT_TRUE(pool.Post(std::make_unique<Job>(&ran)).ok());
  ran.Park();
  pool.Shutdown();
  EXPECT_FALSE(pool.Post(std::make_unique<Job>(&ran)).ok());
}

TEST(BlockingPoolStressTest, ManyThreadsSubmitWhileThePoolGrowsAndShrinks) {
  constexpr uint64_t kThreads = 3;
  constexpr uint64_t kJobs = 2000;
  BlockingPool pool(Options(4, std::chrono::microseconds(50)));
  Atomic<uint64_t> sum{0};
  {
    std::vector<Thread> threads;
    for (uint64_t t = 0; t < kThreads; ++t) {
      threads.push_back(std::move(Thread::Start("submitter", [&, t] {
                          for (uint64_t i = 0; i < kJobs; ++i) {
                            uint64_t number = t * kJobs + i;
                            auto handle = pool.Spawn([&sum, number] { sum.fetch_add(number); });
                            if (i % 3 != 0) continue;  // dropped: it may run or not
                            EXPECT_TRUE(BlockOn(std::move(handle)).ok());
                          }
                        })).value());
    }
  }
  pool.Shutdown();
  uint64_t n = kThreads * kJobs;
  EXPECT_LE(sum.load(), n * (n - 1) / 2);
  EXPECT_GT(sum.load(), 0u);
}

}  // namespace
}  // namespace zokio
