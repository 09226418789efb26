#include "future/semaphore_core.h"

#include <utility>

namespace zokio::internal {

Poll<bool> SemaphoreCore::PollSlow(WaitNode& node, Context& context) noexcept {
  Waker replaced;  // dropped after the lock was released
  MutexLock lock(mutex_);
  switch (node.state) {
    case WaitState::kIdle: {
      // With the flag set nobody changes the word without the lock.
      uint64_t word = word_.fetch_or(kWaiters, memory_order_acq_rel);
      bool closed = (word & kClosed) != 0;
      bool free = waiters_.empty() && word >= node.need * kPermit;
      if (closed || free) {
        uint64_t taken = closed ? 0 : node.need * kPermit;
        // One step for both: a flag cleared first would let others overtake.
        if (waiters_.empty()) taken += kWaiters;
        word_.fetch_sub(taken, memory_order_acq_rel);
        node.state = WaitState::kDone;
        return !closed;
      }
      waiters_.PushBack(&node, context.waker());
      return kPending;
    }
    case WaitState::kWaiting:
      replaced = RefreshWaker(node, context.waker());
      lock.Unlock();
      return kPending;
    case WaitState::kGranted:
      node.state = WaitState::kDone;
      return true;
    case WaitState::kClosed:
      node.state = WaitState::kDone;
      return false;
    case WaitState::kDone:
      break;
  }
  ZOKIO_CHECK(false, "an acquisition was polled after it was ready");
  return kPending;
}

void SemaphoreCore::ReleaseSlow(uint32_t permits) {
  MutexLock lock(mutex_);
  word_.fetch_add(permits * kPermit, memory_order_acq_rel);
  Grant(lock);
}

void SemaphoreCore::Grant(MutexLock& lock) {
  WakeBatch batch;
  while (true) {
    while (!waiters_.empty() && !batch.full()) {
      uint64_t need = waiters_.front()->need * kPermit;
      if (word_.load(memory_order_relaxed) < need) break;
      word_.fetch_sub(need, memory_order_acq_rel);
      batch.Add(waiters_.PopFront(WaitState::kGranted));
    }
    if (waiters_.empty()) word_.fetch_and(~kWaiters, memory_order_acq_rel);
    bool more = batch.full() && !waiters_.empty();
    lock.Unlock();
    batch.WakeAll();
    if (!more) return;
    lock.Lock();
  }
}

void SemaphoreCore::WithdrawSlow(WaitNode& node) {
  Waker dropped;
  MutexLock lock(mutex_);
  WaitState state = std::exchange(node.state, WaitState::kDone);
  if (state == WaitState::kGranted) {
    word_.fetch_add(node.need * kPermit, memory_order_acq_rel);
  } else if (state == WaitState::kWaiting) {
    dropped = std::move(node.waker);
    WaitList::Remove(&node);
  } else {
    return;
  }
  Grant(lock);  // what was given back, or what the head was too large for
}

void SemaphoreCore::Close() {
  WakeBatch batch;
  MutexLock lock(mutex_);
  word_.fetch_or(kClosed, memory_order_acq_rel);
  while (true) {
    while (!waiters_.empty() && !batch.full()) {
      batch.Add(waiters_.PopFront(WaitState::kClosed));
    }
    bool more = !waiters_.empty();
    if (!more) word_.fetch_and(~kWaiters, memory_order_acq_rel);
    lock.Unlock();
    batch.WakeAll();
    if (!more) return;
    lock.Lock();
  }
}

}  // namespace zokio::internal
