#include "base/parker.h"

#include <chrono>
#include <memory>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/thread_local.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

TEST(ParkerTest, ATokenPutFirstIsTakenWithoutWaiting) {
  Parker parker;
  EXPECT_FALSE(parker.Unpark());
  EXPECT_FALSE(parker.Unpark());  // tokens do not add up
  EXPECT_TRUE(parker.HasToken());
  parker.Park();
  EXPECT_FALSE(parker.HasToken());
  EXPECT_FALSE(parker.ParkUntil(Clock::Monotonic().Now() + 1ms));
}

TEST(ParkerTest, ADeadlineInThePastReturnsAtOnce) {
  Parker parker;
  EXPECT_FALSE(parker.ParkUntil(Instant{}));
  EXPECT_FALSE(parker.ParkUntil(Clock::Monotonic().Now() - 1s));
}

TEST(ParkerTest, NeverEarly) {
  Parker parker;
  Instant deadline = Clock::Monotonic().Now() + 3ms;
  EXPECT_FALSE(parker.ParkUntil(deadline));
  EXPECT_GE(Clock::Monotonic().Now(), deadline);
}

// Two threads hand a turn back and forth: one lost token would hang, a doubled one break the count.
TEST(ParkerTest, PingPongLosesNoToken) {
  constexpr int kTurns = 20'000;
  Parker left;
  Parker right;
  Atomic<int> turn{0};
  Thread other = *Thread::Start("right", [&] {
    for (int i = 0; i < kTurns; ++i) {
      while (turn.load(memory_order_acquire) != 2 * i + 1) right.Park();
      turn.store(2 * i + 2, memory_order_release);
      left.Unpark();
    }
  });
  for (int i = 0; i < kTurns; ++i) {
    turn.store(2 * i + 1, memory_order_release);
    right.Unpark();
    while (turn.load(memory_order_acquire) != 2 * i + 2) left.Park();
  }
  other.Join();
  EXPECT_EQ(turn.load(), 2 * kTurns);
}

TEST(ParkerTest, AnUnparkRacingTheDeadlineIsNotLost) {
  Parker parker;
  Atomic<int> tokens{0};
  constexpr int kRounds = 2'000;
  Thread other = *Thread::Start("unparker", [&] {
    for (int i = 0; i < kRounds; ++i) {
      tokens.fetch_add(1, memory_order_release);
      parker.Unpark();
    }
  });
  int seen = 0;
  while (seen < kRounds) {
    parker.ParkUntil(Clock::Monotonic().Now() + 20us);
    seen = tokens.load(memory_order_acquire);
  }
  other.Join();
}

TEST(CondVarTest, WaitsForTheConditionAndForTheDeadline) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  Thread other = *Thread::Start("setter", [&] {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
  });
  MutexLock lock(mutex);
  while (!ready) changed.Wait(lock);
  Instant deadline = Clock::Monotonic().Now() + 2ms;
  while (changed.WaitUntil(lock, deadline)) {
  }
  EXPECT_GE(Clock::Monotonic().Now(), deadline);
  lock.Unlock();
  EXPECT_TRUE(mutex.TryLock());
  mutex.Unlock();
}

struct CounterTag;
using Counter = ThreadLocal<int, CounterTag>;

TEST(ThreadLocalTest, EachThreadHasItsOwn) {
  Counter::Get() = 1;
  int seen = -1;
  Thread other = *Thread::Start("other", [&] {
    seen = Counter::Get();
    Counter::GetInline() = 7;
  });
  other.Join();
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(Counter::GetInline(), 1);
}

TEST(ThreadTest, IsMovedAndJoinedOnce) {
  int ran = 0;
  Thread first = *Thread::Start("a name longer than fifteen", [&] { ++ran; });
  Thread second = std::move(first);
  EXPECT_FALSE(first.joinable());
  EXPECT_TRUE(second.joinable());
  second.Join();
  second.Join();
  EXPECT_EQ(ran, 1);
}

// Store buffering: without the fences both sides can read 0. A round in which both did would be
// the lost wake-up that the fence exists to prevent.
TEST(AsymmetricFenceTest, NeverBothSidesMiss) {
  AsymmetricFence::Prepare();
  constexpr int kRounds = 3'000;
  struct Round {
    Atomic<int> x{0};
    Atomic<int> y{0};
    int fast = -1;
    int slow = -1;
  };
  auto rounds = std::make_unique<Round[]>(kRounds);
  Atomic<int> gate{0};
  auto meet = [&gate](int round) {
    gate.fetch_add(1);
    while (gate.load() < 2 * (round + 1)) {
    }
  };
  Thread slow_side = *Thread::Start("slow", [&] {
    for (int i = 0; i < kRounds; ++i) {
      meet(i);
      rounds[i].y.store(1, memory_order_relaxed);
      AsymmetricFence::SlowSide();
      rounds[i].slow = rounds[i].x.load(memory_order_relaxed);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    meet(i);
    rounds[i].x.store(1, memory_order_relaxed);
    AsymmetricFence::FastSide();
    rounds[i].fast = rounds[i].y.load(memory_order_relaxed);
  }
  slow_side.Join();
  for (int i = 0; i < kRounds; ++i) EXPECT_TRUE(rounds[i].fast == 1 || rounds[i].slow == 1) << i;
}

}  // namespace
}  // namespace zokio
