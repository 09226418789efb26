#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "base/thread_local.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

struct WorkerTag;
using MyWorker = ThreadLocal<int, WorkerTag>;

// Workers know their number by this.
class Numbering final : public WorkerHooks {
 public:
  void OnThreadStart(int worker) override { MyWorker::Get() = worker; }
};

class SpawnOnTest : public ::testing::Test {
 protected:
  std::unique_ptr<Scheduler> Make(int workers) {
    SchedulerOptions options;
    options.workers = workers;
    options.hooks = &numbering_;
    return std::move(Scheduler::Create(options)).value();
  }

 private:
  Numbering numbering_;
};

TEST_F(SpawnOnTest, TasksNeverLeaveTheirWorker) {
  constexpr int kWorkers = 4;
  auto scheduler = Make(kWorkers);
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < 40; ++i) {
    const int worker = i % kWorkers;
    const auto is_home = [worker] { return MyWorker::Get() == worker; };
    handles.push_back(scheduler->SpawnOn(worker, testing::CountStrays(is_home, 100)));
  }
  // Others that may be stolen, so that there is reason to.
  auto noise = scheduler->Spawn([]() -> Task<> {
    for (int i = 0; i < 2000; ++i) co_await Yield();
  });
  const int strays = scheduler->BlockOn([&]() -> Task<int> {
    int sum = 0;
    for (auto& handle : handles) sum += (co_await handle).value();
    (void)co_await noise;
    co_return sum;
  });
  EXPECT_EQ(strays, 0);
}

TEST_F(SpawnOnTest, WokenFromElsewhereItRunsAtHome) {
  auto scheduler = Make(2);
  for (int round = 0; round < 200; ++round) {
    auto [sender, receiver] = MakeOneshot<int>();
    auto home = scheduler->SpawnOn(
        1,
        [](OneshotReceiver<int> wait) -> Task<int> {
          (void)co_await wait;
          co_return MyWorker::Get();
        },
        std::move(receiver));
    if (round % 2 == 0) {
      std::move(sender).Send(1);  // from outside, often while the worker sleeps
    } else {
      scheduler
          ->SpawnOn(
              0,
              [](OneshotSender<int> to) -> Task<> {
                std::move(to).Send(2);
                co_return;
              },
              std::move(sender))
          .Detach();
    }
    const int where = scheduler->BlockOn(
        [](JoinHandle<int> handle) -> Task<int> { co_return (co_await handle).value(); },
        std::move(home));
    ASSERT_EQ(where, 1);
  }
}

// One worker: both kinds must get their turns.
TEST_F(SpawnOnTest, BoundAndFreeTasksDoNotStarveEachOther) {
  auto scheduler = Make(1);
  for (bool bound_spins : {true, false}) {
    Atomic<bool> stop{false};
    auto spin = [](Atomic<bool>* flag) -> Task<> {
      while (!flag->load()) co_await Yield();
    };
    auto set = [](Atomic<bool>* flag) -> Task<> {
      for (int i = 0; i < 10; ++i) co_await Yield();
      flag->store(true);
    };
    auto spinner = bound_spins ? scheduler->SpawnOn(0, spin, &stop) : scheduler->Spawn(spin, &stop);
    auto setter = bound_spins ? scheduler->Spawn(set, &stop) : scheduler->SpawnOn(0, set, &stop);
    scheduler->BlockOn([&]() -> Task<> {
      (void)co_await spinner;
      (void)co_await setter;
    });
  }
}

// Who yields alone needs no queue; what is bound to its worker, or node, and comes later has turns
// too.
TEST_F(SpawnOnTest, ALoneSpinnerLetsABoundTaskIn) {
  for (const bool to_worker : {true, false}) {
    auto scheduler = Make(1);
    Atomic<bool> spins{false};
    Atomic<bool> stop{false};
    auto spinner = scheduler->Spawn(
        [](Atomic<bool>* spinning, Atomic<bool>* flag) -> Task<> {
          while (!flag->load()) {
            co_await Yield();
            spinning->store(true);
          }
        },
        &spins, &stop);
    while (!spins.load()) {
    }
    Parker ran;
    auto unpark = [](Parker* parker) -> Task<> {
      parker->Unpark();
      co_return;
    };
    auto bound =
        to_worker ? scheduler->SpawnOn(0, unpark, &ran) : scheduler->SpawnOnNode(0, unpark, &ran);
    // Nothing else comes that could end the spinner's loneliness.
    EXPECT_TRUE(ran.ParkUntil(Clock::Monotonic().Now() + std::chrono::seconds(20)));
    stop.store(true);
    scheduler->BlockOn(
        [](JoinHandle<void> one, JoinHandle<void> other) -> Task<> {
          (void)co_await one;
          (void)co_await other;
        },
        std::move(spinner), std::move(bound));
  }
}

TEST_F(SpawnOnTest, ShutdownEndsBoundTasksAtAnyPoint) {
  for (int round = 0; round < 30; ++round) {
    auto scheduler = Make(2);
    auto held = std::make_shared<int>(0);
    for (int i = 0; i < 10; ++i) {
      scheduler
          ->SpawnOn(
              i % 2,
              [](std::shared_ptr<int>) -> Task<> { co_await SleepFor(std::chrono::hours(1)); },
              held)
          .Detach();
    }
    EXPECT_TRUE(scheduler->Shutdown().ok());
    EXPECT_EQ(held.use_count(), 1);
    auto late = scheduler->SpawnOn(0, [](std::shared_ptr<int>) -> Task<> { co_return; }, held);
    EXPECT_EQ(held.use_count(), 1);
    std::move(late).Detach();
  }
}

}  // namespace
}  // namespace zokio
