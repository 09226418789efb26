// What becomes of tasks when their scheduler is shut down.
#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/sleep.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::Add;
using testing::MakeScheduler;
using testing::SumOfStats;

using std::chrono::milliseconds;

TEST(SchedulerTest, ShutdownCancelsWhatWaitsAndDropsFramesOnWorkers) {
  struct Witness {
    explicit Witness(Atomic<int>* dropped) : dropped(dropped) {}
    Witness(Witness&& other) noexcept : dropped(std::exchange(other.dropped, nullptr)) {}
    ~Witness() {
      if (dropped == nullptr) return;
      dropped->fetch_add(1);
      name_of_thread = std::string(16, '\0');
      pthread_getname_np(pthread_self(), name_of_thread.data(), 16);
      EXPECT_EQ(name_of_thread.substr(0, 6), "zokio-");
    }
    Atomic<int>* dropped;
    std::string name_of_thread;
  };
  Atomic<int> dropped{0};
  auto scheduler = MakeScheduler(2);
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 100; ++i) {
    handles.push_back(scheduler->Spawn(
        [](Witness) -> Task<> { co_await SleepFor(std::chrono::hours(1)); }, Witness(&dropped)));
  }
  EXPECT_TRUE(scheduler->Shutdown().ok());
  EXPECT_EQ(dropped.load(), 100);
  for (auto& handle : handles) EXPECT_TRUE(handle.finished());
  WorkerStats sum = SumOfStats(*scheduler);
  EXPECT_EQ(sum.completed, 100u);
  EXPECT_EQ(sum.queue_depth, 0u);
  EXPECT_TRUE(scheduler->Shutdown().ok()) << "twice is once";
}

TEST(SchedulerTest, ASchedulerThatStoppedTakesNoTask) {
  auto scheduler = MakeScheduler(1);
  ASSERT_TRUE(scheduler->Shutdown().ok());
  auto handle = scheduler->Spawn(Add(1, 2));
  EXPECT_TRUE(handle.finished());
  auto result = scheduler->TryBlockOn(Add(1, 2));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

TEST(SchedulerTest, ShutdownReportsATaskThatHoldsItsWorkerBeyondTheLimit) {
  auto scheduler = MakeScheduler(1);
  Parker started, release;
  auto handle = scheduler->Spawn([&]() -> Task<> {
    started.Unpark();
    release.Park();  // blocks the worker
    co_return;
  });
  started.Park();
  Result<void> result = scheduler->Shutdown(milliseconds(1));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
  release.Unpark();
  EXPECT_TRUE(scheduler->Shutdown().ok());
}

}  // namespace
}  // namespace zokio
