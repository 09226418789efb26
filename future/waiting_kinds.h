// For waiting_test: each lock and its like as something that tasks enter and a test lets in.
//
// A kind outlives its tasks. LetIn may be called at any time, also where nobody waits.
#ifndef ZOKIO_FUTURE_WAITING_KINDS_H_
#define ZOKIO_FUTURE_WAITING_KINDS_H_

#include <deque>
#include <utility>
#include <vector>

#include "future/barrier.h"
#include "future/condvar.h"
#include "future/event.h"
#include "future/latch.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/once_cell.h"
#include "future/rwlock.h"
#include "future/semaphore.h"
#include "future/testing.h"
#include "gtest/gtest.h"

namespace zokio::testing {

class WaitingKind {
 public:
  static constexpr int kWaiters = 4;
  static constexpr bool kTogether = false;
  static constexpr bool kOrdered = true;
  // What was meant for a waiter that is dropped goes to the next at once.
  static constexpr bool kPassesOn = true;

  // Who was let in, in that order.
  const std::vector<int>& in() const { return in_; }

 protected:
  void In(int id) { in_.push_back(id); }
  // A message that was received: each once, in the order sent.
  void Got(int message) { EXPECT_EQ(message, received_++); }

  ManualContext manual_;
  int sent_ = 0;
  int received_ = 0;

 private:
  std::vector<int> in_;
};

struct MutexKind : WaitingKind {
  Task<> Enter(int id) {
    AsyncMutex::Guard guard = co_await mutex.Lock();
    In(id);
    held = std::move(guard);
  }
  void LetIn() { held.Unlock(); }
  void Check() {
    held.Unlock();
    EXPECT_TRUE(mutex.TryLock());
  }
  AsyncMutex mutex;
  AsyncMutex::Guard held = mutex.TryLock();
};

struct WriteKind : WaitingKind {
  Task<> Enter(int id) {
    RwLock::WriteGuard guard = co_await lock.Write();
    In(id);
    held = std::move(guard);
  }
  void LetIn() { held.Unlock(); }
  void Check() {
    held.Unlock();
    EXPECT_TRUE(lock.TryWrite());
  }
  RwLock lock;
  RwLock::WriteGuard held = lock.TryWrite();
};

struct ReadKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    RwLock::ReadGuard guard = co_await lock.Read();
    In(id);
  }
  void LetIn() { held.Unlock(); }
  void Check() {
    held.Unlock();
    EXPECT_TRUE(lock.TryWrite());
  }
  RwLock lock;
  RwLock::WriteGuard held = lock.TryWrite();
};

template <uint32_t kPermits>
struct SemaphoreKind : WaitingKind {
  Task<> Enter(int id) {
    SemaphorePermit permit = co_await semaphore.Acquire(kPermits);
    permit.Forget();
    In(id);
  }
  void LetIn() {
    semaphore.Add(kPermits);
    ++sent_;
  }
  void Check() {
    EXPECT_EQ(semaphore.available(), (static_cast<size_t>(sent_) - in().size()) * kPermits);
  }
  Semaphore semaphore{0};
};

struct NotifyKind : WaitingKind {
  Task<> Enter(int id) {
    co_await notify.Wait();
    In(id);
  }
  void LetIn() { notify.NotifyOne(); }
  void Check() {}
  Notify notify;
};

struct EventKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    co_await event.Wait();
    In(id);
  }
  void LetIn() { event.Set(); }
  void Check() { EXPECT_TRUE(event.is_set()); }
  Event event;
};

struct LatchKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    co_await latch.Wait();
    In(id);
  }
  void LetIn() {
    if (sent_++ == 0) latch.CountDown();
  }
  void Check() {}
  Latch latch{1};
};

struct BarrierKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    bool leads = co_await barrier.Arrive();
    leaders += leads ? 1 : 0;
    In(id);
  }
  // One party more, which stays.
  void LetIn() {
    parties.push_back(barrier.Arrive());
    Poll<bool> leads = parties.back().poll(manual_.context);
    if (leads.ready() && leads.value()) ++leaders;
  }
  void Check() { EXPECT_GE(leaders, 1); }
  Barrier barrier{kWaiters + 1};
  std::deque<Barrier::ArriveFuture> parties;
  int leaders = 0;
};

struct CondVarKind : WaitingKind {
  Task<> Enter(int id) {
    AsyncMutex::Guard guard = co_await mutex.Lock();
    co_await changed.Wait(guard);
    EXPECT_TRUE(guard);
    In(id);
  }
  void LetIn() { changed.NotifyOne(); }
  void Check() { EXPECT_TRUE(mutex.TryLock()); }
  AsyncMutex mutex;
  AsyncCondVar changed;
};

// Each tries to make the value and fails, so the next one tries.
struct OnceCellKind : WaitingKind {
  Task<> Enter(int id) {
    Result<int*> made = co_await cell.GetOrTryInit([this] { return Make(); });
    EXPECT_FALSE(made.ok());
    In(id);
  }
  Task<Result<int>> Make() {
    SemaphorePermit permit = co_await gate.Acquire();
    permit.Forget();
    co_return Error(ErrorCode::kNotFound, "make");
  }
  void LetIn() {
    gate.Add(1);
    ++sent_;
  }
  void Check() {
    EXPECT_EQ(cell.get(), nullptr);
    EXPECT_EQ(gate.available(), static_cast<size_t>(sent_) - in().size());
  }
  OnceCell<int> cell;
  Semaphore gate{0};
};

}  // namespace zokio::testing

#endif  // ZOKIO_FUTURE_WAITING_KINDS_H_
