// The guarantees of latch, barrier, condition variable and cell, one test each.
#include <optional>
#include <stdexcept>
#include <vector>

#include "future/barrier.h"
#include "future/condvar.h"
#include "future/latch.h"
#include "future/local_executor.h"
#include "future/mutex.h"
#include "future/once_cell.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

TEST(LatchTest, OpensAtZero) {
  Latch latch(3);
  ManualContext manual;
  auto wait = latch.Wait();
  EXPECT_TRUE(wait.poll(manual.context).pending());
  latch.CountDown(2);
  EXPECT_TRUE(wait.poll(manual.context).pending());
  latch.CountDown();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(wait.poll(manual.context).ready());
  EXPECT_TRUE(latch.Wait().poll(manual.context).ready());
}

TEST(LatchDeathTest, CountingBelowZeroIsADefect) {
  Latch latch(1);
  EXPECT_DEATH(latch.CountDown(2), "below zero");
}

TEST(BarrierTest, EachRoundHasOneLeader) {
  constexpr int kParties = 20;
  Barrier barrier(kParties);
  LocalExecutor executor;
  int leaders = 0;
  int ended = 0;
  auto body = [](Barrier* b, int* lead, int* end) -> Task<> {
    for (int round = 0; round < 5; ++round) {
      if (co_await b->Arrive()) ++*lead;
    }
    ++*end;
  };
  for (int i = 0; i < kParties; ++i) Spawn(executor, body(&barrier, &leaders, &ended)).Detach();
  executor.RunUntilIdle();
  EXPECT_EQ(leaders, 5);
  EXPECT_EQ(ended, kParties);
}

TEST(BarrierTest, ADroppedArrivalIsTakenBack) {
  Barrier barrier(2);
  ManualContext manual;
  {
    auto dropped = barrier.Arrive();
    EXPECT_TRUE(dropped.poll(manual.context).pending());
  }
  auto first = barrier.Arrive();
  EXPECT_TRUE(first.poll(manual.context).pending());
  EXPECT_TRUE(barrier.Arrive().poll(manual.context).value());
  EXPECT_FALSE(first.poll(manual.context).value());
}

TEST(AsyncCondVarTest, WaitsUnlockedAndReturnsLocked) {
  AsyncMutex mutex;
  AsyncCondVar changed;
  bool ready = false;
  LocalExecutor executor;
  auto waiter = [](AsyncMutex* m, AsyncCondVar* c, bool* flag) -> Task<bool> {
    AsyncMutex::Guard guard = co_await m->Lock();
    while (!*flag) co_await c->Wait(guard);
    co_return static_cast<bool>(guard) && !m->TryLock();
  };
  auto handle = Spawn(executor, waiter(&mutex, &changed, &ready));
  executor.RunUntilIdle();
  {
    AsyncMutex::Guard guard = mutex.TryLock();
    ASSERT_TRUE(guard);
    ready = true;
    changed.NotifyOne();
    executor.RunUntilIdle();
    EXPECT_FALSE(handle.finished());
  }
  EXPECT_TRUE(*executor.BlockOn(std::move(handle)));
}

TEST(AsyncCondVarTest, NotificationsAreNotRemembered) {
  AsyncMutex mutex;
  AsyncCondVar changed;
  ManualContext manual;
  changed.NotifyOne();
  changed.NotifyAll();
  AsyncMutex::Guard guard = mutex.TryLock();
  EXPECT_TRUE(changed.Wait(guard).poll(manual.context).pending());
}

TEST(AsyncCondVarTest, AChosenWaiterThatIsDroppedPassesItOn) {
  AsyncMutex mutex;
  AsyncCondVar changed;
  ManualContext manual;
  AsyncMutex::Guard a = mutex.TryLock();
  std::optional<AsyncCondVar::WaitFuture> first(changed.Wait(a));
  EXPECT_TRUE(first->poll(manual.context).pending());
  AsyncMutex::Guard b = mutex.TryLock();
  auto second = changed.Wait(b);
  EXPECT_TRUE(second.poll(manual.context).pending());
  AsyncMutex::Guard other = mutex.TryLock();
  changed.NotifyOne();
  EXPECT_TRUE(first->poll(manual.context).pending());  // waits for the lock now
  first.reset();
  other.Unlock();
  EXPECT_TRUE(second.poll(manual.context).ready());
  EXPECT_TRUE(b);
}

// Or who began to wait later would wake for nothing.
TEST(AsyncCondVarTest, ADroppedWaiterThatAllWereNotifiedWithPassesNothingOn) {
  AsyncMutex mutex;
  AsyncCondVar changed;
  ManualContext manual;
  AsyncMutex::Guard a = mutex.TryLock();
  std::optional<AsyncCondVar::WaitFuture> first(changed.Wait(a));
  EXPECT_TRUE(first->poll(manual.context).pending());
  changed.NotifyAll();
  AsyncMutex::Guard b = mutex.TryLock();
  auto later = changed.Wait(b);
  EXPECT_TRUE(later.poll(manual.context).pending());
  first.reset();
  EXPECT_TRUE(later.poll(manual.context).pending());
  changed.NotifyOne();
  EXPECT_TRUE(later.poll(manual.context).ready());
}

TEST(OnceCellTest, IsMadeOnceForAll) {
  OnceCell<int> cell;
  LocalExecutor executor;
  int made = 0;
  int sum = 0;
  auto body = [](OnceCell<int>* c, int* count, int* total) -> Task<> {
    auto make = [count]() -> Task<int> {
      ++*count;
      co_await Yield();
      co_return 7;
    };
    *total += *co_await c->GetOrInit(make);
  };
  EXPECT_EQ(cell.get(), nullptr);
  for (int i = 0; i < 10; ++i) Spawn(executor, body(&cell, &made, &sum)).Detach();
  executor.RunUntilIdle();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(sum, 70);
  EXPECT_EQ(*cell.get(), 7);
}

TEST(OnceCellTest, AFailedMakerLeavesItToTheNext) {
  OnceCell<int> cell;
  int tries = 0;
  auto make = [&]() -> Task<Result<int>> {
    if (++tries == 1) co_return Error(ErrorCode::kNotFound, "make");
    co_return 3;
  };
  auto body = [&]() -> Task<int> {
    Result<int*> first = co_await cell.GetOrTryInit(make);
    EXPECT_EQ(first.error().code(), ErrorCode::kNotFound);
    auto thrower = []() -> Task<int> {
      throw std::runtime_error("make");
      co_return 0;
    };
    EXPECT_THROW(co_await cell.GetOrInit(thrower), std::runtime_error);
    co_return **co_await cell.GetOrTryInit(make);
  };
  EXPECT_EQ(BlockOn(body()), 3);
}

}  // namespace
}  // namespace zokio
