// SemaphoreCore: counted permits with a fair queue; what the locks and channels are made of.
//
// One word holds the count and two flags. Without waiters acquiring and releasing are one
// compare-and-swap each. As soon as somebody waits, kWaiters is set and both go through the lock:
// nobody overtakes the queue, and a release hands its permits to the first waiter directly. A
// waiter for many permits at the head holds back those behind it, so it cannot starve.
//
// Lifetime: outlives every future and every call on it, a Release in progress included.
// Thread-safety: all functions, from any thread; a node belongs to one future.
// Memory ordering: what was done before a Release is seen after the Acquire that got its permits.
// Cancellation: Withdraw gives back what was granted and not taken, and keeps the queue moving.
// Cost: no allocation; the lock is held for a few instructions and never while a waker runs.
#ifndef ZOKIO_FUTURE_SEMAPHORE_CORE_H_
#define ZOKIO_FUTURE_SEMAPHORE_CORE_H_

#include <cstddef>
#include <cstdint>

#include "base/atomic.h"
#include "base/mutex.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/wait_list.h"

namespace zokio::internal {

class SemaphoreCore {
 public:
  static constexpr uint32_t kPermitsMax = UINT32_MAX;

  explicit SemaphoreCore(uint64_t permits) : word_(permits * kPermit) {}
  SemaphoreCore(const SemaphoreCore&) = delete;
  SemaphoreCore& operator=(const SemaphoreCore&) = delete;

  // False where somebody waits, too few permits are there, or it is closed.
  bool TryAcquire(uint32_t permits) {
    return TryAcquireFrom(word_.load(memory_order_relaxed), permits);
  }
  // The same, where `word` is guessed: a look at a word that this thread has just changed by a
  // read-modify-write waits for that, and costs nearly as much as another.
  bool TryAcquireFrom(uint64_t word, uint32_t permits) {
    while ((word & kFlags) == 0 && word >= permits * kPermit) {
      if (word_.compare_exchange_weak(word, word - permits * kPermit, memory_order_acquire,
                                      memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  // True: acquired. False: closed. `node` names how many.
  Poll<bool> PollAcquire(WaitNode& node, Context& context) noexcept {
    if (node.state == WaitState::kIdle) {
      if (!context.SpendBudget()) return kPending;
      if (TryAcquire(node.need)) {
        node.state = WaitState::kDone;
        return true;
      }
    }
    return PollSlow(node, context);
  }
  // The same for the only permit of a lock, which is thought to be free.
  [[gnu::always_inline]] Poll<bool> PollAcquireOnly(WaitNode& node, Context& context) noexcept {
    if (node.state == WaitState::kIdle) {
      if (!context.SpendBudget()) return kPending;
      if (TryAcquireFrom(kPermit, 1)) {
        node.state = WaitState::kDone;
        return true;
      }
    }
    return PollSlow(node, context);
  }

  void Release(uint32_t permits) { ReleaseFrom(word_.load(memory_order_relaxed), permits); }
  // `word` is guessed, as above.
  void ReleaseFrom(uint64_t word, uint32_t permits) {
    while ((word & kWaiters) == 0) {
      if (word_.compare_exchange_weak(word, word + permits * kPermit, memory_order_release,
                                      memory_order_relaxed)) {
        return;
      }
    }
    ReleaseSlow(permits);
  }

  // The future that owns `node` dies.
  void Withdraw(WaitNode& node) {
    if (node.state != WaitState::kIdle && node.state != WaitState::kDone) WithdrawSlow(node);
  }

  // Acquisitions answer false from here on, the waiting ones included. Idempotent.
  void Close();
  bool closed() const { return (word_.load(memory_order_acquire) & kClosed) != 0; }

  // Gives back the only permit of a lock, for which nobody is thought to wait.
  void ReleaseOnly() { ReleaseFrom(0, 1); }

  // May be stale when read.
  uint64_t available() const { return word_.load(memory_order_acquire) / kPermit; }
  bool has_waiters() const { return (word_.load(memory_order_acquire) & kWaiters) != 0; }

 private:
  static constexpr uint64_t kWaiters = 1;  // set and cleared under the lock: the queue is not empty
  static constexpr uint64_t kClosed = 2;
  static constexpr uint64_t kFlags = kWaiters | kClosed;
  static constexpr uint64_t kPermit = 4;

  Poll<bool> PollSlow(WaitNode& node, Context& context) noexcept;
  void ReleaseSlow(uint32_t permits);
  void WithdrawSlow(WaitNode& node);
  // Hands permits to the head of the queue. Releases and retakes the lock while wakers run.
  void Grant(MutexLock& lock);

  Atomic<uint64_t> word_;
  Mutex mutex_;
  WaitList waiters_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_SEMAPHORE_CORE_H_
