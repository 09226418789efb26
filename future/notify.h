// Notify: wakes one or all of the tasks that wait, and remembers one notification if none does.
//
//   co_await notify.Wait();
//   notify.NotifyOne();      // the longest waiting; or the next Wait returns at once
//   notify.NotifyAll();      // all whose Wait was *made* before, awaited yet or not
//
// Because NotifyAll counts from the making of the Wait, the usual loop loses nothing:
//   auto wait = notify.Wait();
//   if (!condition()) co_await wait;
//
// Thread-safety: all functions, from any thread.
// Memory ordering: what was done before a notification is seen after the Wait it ended.
// Cancellation: a dropped Wait that NotifyOne had chosen passes the notification on.
// Cost: a short lock; no allocation.
#ifndef ZOKIO_FUTURE_NOTIFY_H_
#define ZOKIO_FUTURE_NOTIFY_H_

#include <cstdint>

#include "base/atomic.h"
#include "future/wait_queue.h"

namespace zokio {

class Notify {
 public:
  class [[nodiscard]] WaitFuture {
   public:
    explicit WaitFuture(Notify* notify)
        : notify_(notify), generation_(notify->generation_.load(memory_order_acquire)) {}
    // Movable until its first poll.
    WaitFuture(WaitFuture&& other) noexcept
        : notify_(other.notify_), generation_(other.generation_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~WaitFuture();

    Poll<void> poll(Context& context) noexcept {
      return notify_->queue_.PollWait(node_, context, [this] { return Satisfied(); });
    }

   private:
    bool Satisfied();

    Notify* notify_;
    uint64_t generation_;
    internal::WaitNode node_;
  };

  WaitFuture Wait() { return WaitFuture(this); }
  void NotifyOne();
  void NotifyAll();

 private:
  internal::WaitQueue queue_;
  Atomic<uint64_t> generation_{0};  // of NotifyAll; changes under the lock
  bool permit_ = false;             // a NotifyOne that nobody waited for
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_NOTIFY_H_
