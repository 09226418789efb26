// AsyncCondVar: waits under an AsyncMutex until another task says that something changed.
//
//   auto guard = co_await mutex.Lock();
//   while (!ready) co_await changed.Wait(guard);    // unlocks, waits, locks again
//
// Notifications reach those who wait, longest first, and are not remembered. No spurious wake-ups,
// but another task may have held the lock in between: wait in a loop.
//
// Thread-safety: all functions, from any thread; Notify* with or without the lock.
// Cancellation: a dropped Wait does not hold the lock (its guard is empty); a NotifyOne that had
//   chosen it goes to the next.
// Cost: a short lock and the mutex's; no allocation.
#ifndef ZOKIO_FUTURE_CONDVAR_H_
#define ZOKIO_FUTURE_CONDVAR_H_

#include <utility>

#include "base/check.h"
#include "future/mutex.h"
#include "future/wait_queue.h"

namespace zokio {

class AsyncCondVar {
 public:
  class [[nodiscard]] WaitFuture {
   public:
    WaitFuture(AsyncCondVar* condvar, AsyncMutex::Guard* guard)
        : condvar_(condvar), guard_(guard), lock_(guard->mutex()->Lock()) {}
    // Movable until its first poll.
    WaitFuture(WaitFuture&& other) noexcept : WaitFuture(other.condvar_, other.guard_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~WaitFuture() {
      bool granted = condvar_->queue_.Withdraw(node_) == internal::WaitState::kGranted;
      // A NotifyAll was for everybody that waited.
      if ((granted || locking_) && internal::WaitQueue::ChosenAlone(node_)) condvar_->NotifyOne();
    }

    Poll<void> poll(Context& context) noexcept {
      if (!locking_) {
        if (condvar_->queue_.PollWait(node_, context, [] { return false; }).pending()) {
          guard_->Unlock();  // queued first, so that nothing is missed
          return kPending;
        }
        locking_ = true;
      }
      Poll<AsyncMutex::Guard> guard = lock_.poll(context);
      if (guard.pending()) return kPending;
      *guard_ = std::move(guard).value();
      locking_ = false;
      return kReady;
    }

   private:
    AsyncCondVar* condvar_;
    AsyncMutex::Guard* guard_;
    AsyncMutex::LockFuture lock_;
    bool locking_ = false;  // notified, not yet back under the lock
    internal::WaitNode node_;
  };

  // REQUIRES: `guard` holds its mutex; it lives as long as the future.
  WaitFuture Wait(AsyncMutex::Guard& guard) {
    ZOKIO_CHECK(static_cast<bool>(guard), "AsyncCondVar::Wait needs the lock held");
    return WaitFuture(this, &guard);
  }

  void NotifyOne() {
    MutexLock lock(queue_.mutex());
    queue_.GrantOne(lock);
  }
  void NotifyAll() {
    MutexLock lock(queue_.mutex());
    queue_.GrantAll(lock);
  }

 private:
  internal::WaitQueue queue_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_CONDVAR_H_
