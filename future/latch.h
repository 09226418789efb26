// Latch: opens once it was counted down to zero, and stays open.
//
//   zokio::Latch done(3);
//   done.CountDown();               // three times, anywhere
//   co_await done.Wait();
//
// Lifetime: a task that saw its Wait end may destroy the latch, even while CountDown returns.
// Thread-safety: all functions, from any thread.
// Memory ordering: what was done before each CountDown is seen after Wait.
// Cancellation: a dropped Wait leaves the queue.
// Cost: a short lock; no allocation.
#ifndef ZOKIO_FUTURE_LATCH_H_
#define ZOKIO_FUTURE_LATCH_H_

#include <cstdint>

#include "base/check.h"
#include "future/wait_queue.h"

namespace zokio {

class Latch {
 public:
  class [[nodiscard]] WaitFuture {
   public:
    explicit WaitFuture(Latch* latch) : latch_(latch) {}
    // Movable until its first poll.
    WaitFuture(WaitFuture&& other) noexcept : latch_(other.latch_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~WaitFuture() { latch_->queue_.Withdraw(node_); }

    Poll<void> poll(Context& context) noexcept {
      return latch_->queue_.PollWait(node_, context, [this] { return latch_->count_ == 0; });
    }

   private:
    Latch* latch_;
    internal::WaitNode node_;
  };

  explicit Latch(uint32_t count) : count_(count) {}

  WaitFuture Wait() { return WaitFuture(this); }

  // REQUIRES: not more in all than the latch was made with.
  void CountDown(uint32_t by = 1) {
    MutexLock lock(queue_.mutex());
    ZOKIO_CHECK(by <= count_, "a latch was counted down below zero");
    count_ -= by;
    if (count_ == 0) queue_.GrantAll(lock);
  }

 private:
  internal::WaitQueue queue_;
  uint32_t count_;  // under the queue's lock
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_LATCH_H_
