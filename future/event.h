// Event: a switch that tasks wait for: once set, everybody passes until it is reset.
//
//   zokio::Event started;
//   co_await started.Wait();        // any number of tasks
//   started.Set();
//
// Lifetime: a task that saw its Wait end may destroy the event, even while Set returns.
// Thread-safety: all functions, from any thread.
// Memory ordering: what was done before Set is seen after a Wait that it ended.
// Cancellation: a dropped Wait leaves the queue.
// Cost: a short lock; no allocation.
#ifndef ZOKIO_FUTURE_EVENT_H_
#define ZOKIO_FUTURE_EVENT_H_

#include "base/atomic.h"
#include "future/wait_queue.h"

namespace zokio {

class Event {
 public:
  class [[nodiscard]] WaitFuture {
   public:
    explicit WaitFuture(Event* event) : event_(event) {}
    // Movable until its first poll.
    WaitFuture(WaitFuture&& other) noexcept : event_(other.event_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~WaitFuture() { event_->queue_.Withdraw(node_); }

    Poll<void> poll(Context& context) noexcept {
      return event_->queue_.PollWait(node_, context, [this] { return event_->is_set(); });
    }

   private:
    Event* event_;
    internal::WaitNode node_;
  };

  WaitFuture Wait() { return WaitFuture(this); }
  bool is_set() const { return set_.load(memory_order_acquire); }

  void Set() {
    MutexLock lock(queue_.mutex());
    if (set_.load(memory_order_relaxed)) return;
    set_.store(true, memory_order_release);
    queue_.GrantAll(lock);
  }
  // Later Waits wait again.
  void Reset() {
    MutexLock lock(queue_.mutex());
    set_.store(false, memory_order_relaxed);
  }

 private:
  internal::WaitQueue queue_;
  Atomic<bool> set_{false};  // changes under the lock
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_EVENT_H_
