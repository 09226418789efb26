// AsyncMutex: a lock that suspends the task instead of blocking the thread.
//
//   zokio::AsyncMutex mutex;
//   auto guard = co_await mutex.Lock();     // unlocked when `guard` dies
//
// May be held across suspensions. Where it is not, `zokio::Mutex` (base/mutex.h) is cheaper and
// will do: it is held for a few instructions. Fair: unlocking hands it to whoever waits longest.
//
// Lifetime: outlives its guards and futures. A guard may be given up on any thread.
// Thread-safety: all functions, from any thread. Not recursive: locking twice in one task waits for
//   ever.
// Memory ordering: what was done under the lock is seen by its next holder.
// Cancellation: a dropped Lock leaves the queue; if it had been handed the lock, the next gets it.
// Errors: none; there is no poisoning. A guard unlocks as an exception passes.
// Cost: uncontended one compare-and-swap each way; no allocation.
#ifndef ZOKIO_FUTURE_MUTEX_H_
#define ZOKIO_FUTURE_MUTEX_H_

#include <utility>

#include "future/context.h"
#include "future/poll.h"
#include "future/semaphore_core.h"

namespace zokio {

class AsyncMutex {
 public:
  // The lock, held. Move-only.
  class [[nodiscard]] Guard {
   public:
    Guard() = default;
    explicit Guard(AsyncMutex* mutex) : mutex_(mutex) {}
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Guard& operator=(Guard&& other) noexcept {
      if (this != &other) {
        Unlock();
        mutex_ = std::exchange(other.mutex_, nullptr);
      }
      return *this;
    }
    ~Guard() { Unlock(); }

    explicit operator bool() const { return mutex_ != nullptr; }
    AsyncMutex* mutex() const { return mutex_; }
    // Before the end of the scope; idempotent.
    void Unlock() {
      if (auto* mutex = std::exchange(mutex_, nullptr)) mutex->core_.ReleaseOnly();
    }

   private:
    AsyncMutex* mutex_ = nullptr;
  };

  class [[nodiscard]] LockFuture {
   public:
    explicit LockFuture(AsyncMutex* mutex) : mutex_(mutex) {}
    // Movable until its first poll.
    LockFuture(LockFuture&& other) noexcept : LockFuture(other.mutex_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~LockFuture() { mutex_->core_.Withdraw(node_); }

    Poll<Guard> poll(Context& context) noexcept {
      if (mutex_->core_.PollAcquireOnly(node_, context).pending()) return kPending;
      return Guard(mutex_);
    }

   private:
    AsyncMutex* mutex_;
    internal::WaitNode node_;
  };

  AsyncMutex() : core_(1) {}

  LockFuture Lock() { return LockFuture(this); }
  // An empty guard when it is held or waited for.
  Guard TryLock() { return core_.TryAcquire(1) ? Guard(this) : Guard(); }

 private:
  internal::SemaphoreCore core_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_MUTEX_H_
