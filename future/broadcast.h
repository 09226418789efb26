// Broadcast<T>: every receiver gets every message; who is too slow is told how many it missed.
//
//   auto [sender, receiver] = zokio::MakeBroadcast<Price>(/*capacity=*/256);
//   sender.Send(price);                              // never waits
//   zokio::Result<Price> price = co_await receiver.Recv();
//   if (!price.ok() && price.error().code() == zokio::ErrorCode::kOutOfRange) receiver.missed();
//
// The channel keeps the last `capacity` messages. A receiver that falls behind further gets
// kOutOfRange once, `missed()` tells how many, and it goes on with the oldest one kept. A receiver
// copied from another goes on from where that one stands.
//
// End: once all senders are gone receivers get what is left and then kClosed.
// Thread-safety: every end by one thread at a time; Send also by several.
// Memory ordering: what was done before a Send is seen after the Recv of its message.
// Cancellation: a dropped Recv has received nothing.
// Cost: sending one pooled block and a short lock, and a wake for each receiver that waits;
// receiving
//   a short lock and a copy of the T outside it.
#ifndef ZOKIO_FUTURE_BROADCAST_H_
#define ZOKIO_FUTURE_BROADCAST_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/result.h"
#include "future/channel_receiver.h"
#include "future/shared_value.h"
#include "future/wait_queue.h"

namespace zokio {

namespace internal {

template <typename T>
struct BroadcastQueue {
  explicit BroadcastQueue(size_t capacity) : ring(capacity) {
    ZOKIO_CHECK(capacity > 0, "capacity of a channel");
  }
  void SendersGone() {
    MutexLock lock(waiting.mutex());
    closed = true;
    waiting.GrantAll(lock);
  }

  WaitQueue waiting;  // its lock guards the rest
  std::vector<SharedValue<T>> ring;
  uint64_t sent = 0;
  bool closed = false;
};

}  // namespace internal

template <typename T>
class BroadcastReceiver {
  using Block = internal::ChannelBlock<internal::BroadcastQueue<T>>;

 public:
  class [[nodiscard]] RecvFuture {
   public:
    explicit RecvFuture(BroadcastReceiver* receiver) : receiver_(receiver) {}
    // Movable until its first poll.
    RecvFuture(RecvFuture&& other) noexcept : receiver_(other.receiver_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~RecvFuture() { receiver_->block_->queue.waiting.Withdraw(node_); }

    Poll<Result<T>> poll(Context& context) {
      if (!context.SpendBudget()) return kPending;
      internal::BroadcastQueue<T>& queue = receiver_->block_->queue;
      bool closed = false;
      // Looked at each time: a wake says that something was sent, not what this receiver lacks.
      if (node_.state == internal::WaitState::kGranted) Forget(queue);
      Poll<void> there = queue.waiting.PollWait(node_, context, [&] {
        closed = queue.closed;
        return receiver_->next_ != queue.sent || closed;
      });
      if (there.pending()) {
        context.RefundBudget();
        return kPending;
      }
      return receiver_->Take(closed);
    }

   private:
    void Forget(internal::BroadcastQueue<T>& queue) {
      queue.waiting.Withdraw(node_);
      node_.state = internal::WaitState::kIdle;
    }

    BroadcastReceiver* receiver_;
    internal::WaitNode node_;
  };

  BroadcastReceiver(Block* block, uint64_t next) : block_(block), next_(next) {}
  BroadcastReceiver(const BroadcastReceiver& other) noexcept
      : block_(other.block_), next_(other.next_) {
    if (block_ != nullptr) block_->references.fetch_add(1, memory_order_relaxed);
  }
  BroadcastReceiver(BroadcastReceiver&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), next_(other.next_), missed_(other.missed_) {}
  BroadcastReceiver& operator=(BroadcastReceiver other) noexcept {
    std::swap(block_, other.block_);
    next_ = other.next_;
    missed_ = other.missed_;
    return *this;
  }
  ~BroadcastReceiver() {
    if (block_ != nullptr) block_->Release();
  }

  RecvFuture Recv() { return RecvFuture(this); }
  // How many messages the last kOutOfRange stood for.
  uint64_t missed() const { return missed_; }

 private:
  // REQUIRES: there is a message, or `closed`.
  Result<T> Take(bool closed) {
    internal::BroadcastQueue<T>& queue = block_->queue;
    SharedValue<T> value;
    {
      MutexLock lock(queue.waiting.mutex());
      uint64_t kept = queue.ring.size();
      if (queue.sent - next_ > kept) {
        missed_ = queue.sent - kept - next_;
        next_ = queue.sent - kept;
        return Error(ErrorCode::kOutOfRange, "broadcast: receiver too slow");
      }
      if (next_ == queue.sent) {
        ZOKIO_CHECK(closed, "a broadcast receiver was used by two tasks at once");
        return internal::kChannelClosed;
      }
      value = queue.ring[next_++ % kept];
    }
    return Result<T>(*value);  // copied outside the lock
  }

  Block* block_;
  uint64_t next_;
  uint64_t missed_ = 0;
};

template <typename T>
class BroadcastSender {
  using Block = internal::ChannelBlock<internal::BroadcastQueue<T>>;

 public:
  explicit BroadcastSender(Block* block) : block_(block) {}
  BroadcastSender(const BroadcastSender& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->AddSender();
  }
  BroadcastSender(BroadcastSender&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  BroadcastSender& operator=(BroadcastSender other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BroadcastSender() {
    if (block_ != nullptr) block_->DropSender();
  }

  // Also where nobody receives: the last messages are kept for those who come.
  void Send(T value) const {
    auto shared = SharedValue<T>::Make(std::move(value));
    internal::BroadcastQueue<T>& queue = block_->queue;
    MutexLock lock(queue.waiting.mutex());
    std::swap(queue.ring[queue.sent++ % queue.ring.size()], shared);
    queue.waiting.GrantAll(lock);
    // What it displaced is dropped here, outside the lock.
  }
  // Gets what is sent from here on.
  BroadcastReceiver<T> Subscribe() const {
    MutexLock lock(block_->queue.waiting.mutex());
    block_->references.fetch_add(1, memory_order_relaxed);
    return BroadcastReceiver<T>(block_, block_->queue.sent);
  }

 private:
  Block* block_;
};

template <typename T>
struct BroadcastChannel {
  BroadcastSender<T> sender;
  BroadcastReceiver<T> receiver;
};

template <typename T>
BroadcastChannel<T> MakeBroadcast(size_t capacity) {
  auto* block = internal::ChannelBlock<internal::BroadcastQueue<T>>::Make(capacity);
  return BroadcastChannel<T>{BroadcastSender<T>(block), BroadcastReceiver<T>(block, 0)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_BROADCAST_H_
