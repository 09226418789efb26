// Mpsc<T>: a bounded channel from many senders to one receiver.
//
//   auto [sender, receiver] = zokio::MakeMpsc<Job>(/*capacity=*/64);
//   zokio::Result<void> sent = co_await sender.Send(job);     // waits while it is full
//   zokio::Result<Job> job = co_await receiver.Recv();        // waits while it is empty
//   size_t n = co_await receiver.RecvMany(&jobs, 64);         // all that are there, at most 64
//
// Messages of one sender arrive in the order sent. Senders that wait for room get it in the order
// in which they came, and none overtakes them.
//
// End: once all senders are gone the receiver gets what was sent and then kClosed. Once the
// receiver
//   is gone or closed, sending fails with kClosed. A Send that succeeded is received, unless the
//   receiver is dropped before.
// Ownership: both ends hold the channel; a future borrows its end. Messages left over are dropped
//   with the receiver.
// Thread-safety: each Sender and the Receiver by one thread at a time; copy the Sender for more.
// Memory ordering: what was done before a Send is seen after the Recv of its message.
// Cancellation: a dropped Send has not sent; a dropped Recv or RecvMany has received nothing.
// Budget: one unit a message, or a batch.
// Cost: no allocation after MakeMpsc. A message is two read-modify-writes (three with several
//   senders), a batch the same; a sender that waits takes a short lock.
#ifndef ZOKIO_FUTURE_MPSC_H_
#define ZOKIO_FUTURE_MPSC_H_

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "future/channel_receiver.h"
#include "future/context.h"
#include "future/mpsc_ring.h"
#include "future/poll.h"
#include "future/polled_once.h"

namespace zokio {

template <typename T>
class MpscSender {
  using Block = internal::ChannelBlock<internal::MpscRing<T>>;

 public:
  class [[nodiscard]] SendFuture {
   public:
    SendFuture(MpscSender* sender, T value) : sender_(sender), value_(std::move(value)) {}
    // Movable until its first poll.
    SendFuture(SendFuture&& other) noexcept
        : sender_(other.sender_), value_(std::move(other.value_)) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~SendFuture() { sender_->block_->queue.Withdraw(node_); }

    Poll<Result<void>> poll(Context& context) noexcept {
      ZOKIO_DCHECK(node_.state != internal::WaitState::kDone,
                   "a Send was polled after it was ready");
      Block* block = sender_->block_;
      if (node_.state == internal::WaitState::kIdle) {
        if (!context.SpendBudget()) return kPending;
        bool full;
        if (block->queue.TrySend(std::span<T>(&value_, 1), block->SenderIsAlone(), &full) == 1) {
          node_.state = internal::WaitState::kDone;
          return Result<void>();
        }
        if (!full) {
          node_.state = internal::WaitState::kDone;
          return Result<void>(internal::kChannelClosed);
        }
      }
      switch (block->queue.SendOrQueue(node_, context.waker(), value_)) {
        case internal::SendOutcome::kFull:
          return kPending;
        case internal::SendOutcome::kSent:
          return Result<void>();
        default:
          return Result<void>(internal::kChannelClosed);
      }
    }

   private:
    MpscSender* sender_;
    T value_;
    internal::WaitNode node_;
  };

  class [[nodiscard]] SendManyFuture {
   public:
    SendManyFuture(MpscSender* sender, std::span<T> items) : sender_(sender), items_(items) {}
    // Movable until its first poll.
    SendManyFuture(SendManyFuture&& other) noexcept : sender_(other.sender_), items_(other.items_) {
      ZOKIO_DCHECK(other.node_->state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~SendManyFuture() { sender_->block_->queue.Withdraw(*node_); }

    Poll<size_t> poll(Context& context) noexcept {
      once_.Check("a SendMany was polled after it was ready");
      internal::MpscRing<T>& ring = sender_->block_->queue;
      while (sent_ < items_.size()) {
        if (node_->state == internal::WaitState::kIdle) {
          if (!context.SpendBudget()) return kPending;
          bool full;
          sent_ += ring.TrySend(items_.subspan(sent_), sender_->block_->SenderIsAlone(), &full);
          if (sent_ == items_.size() || !full) break;
        }
        switch (ring.SendOrQueue(*node_, context.waker(), items_[sent_])) {
          case internal::SendOutcome::kFull:
            return kPending;
          case internal::SendOutcome::kClosed:
            once_.Answered();
            return sent_;
          case internal::SendOutcome::kSent:
            ++sent_;
            node_.emplace();
        }
      }
      once_.Answered();
      return sent_;
    }

   private:
    MpscSender* sender_;
    std::span<T> items_;
    size_t sent_ = 0;
    internal::PolledOnce once_;
    std::optional<internal::WaitNode> node_{std::in_place};
  };

  explicit MpscSender(Block* block) : block_(block) {}
  MpscSender(const MpscSender& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->AddSender();
  }
  MpscSender(MpscSender&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  MpscSender& operator=(MpscSender other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~MpscSender() {
    if (block_ != nullptr) block_->DropSender();
  }

  // kClosed when the receiver is gone; the value is dropped then.
  SendFuture Send(T value) { return SendFuture(this, std::move(value)); }

  // Sends all of `items`, moving them from the front; how many: fewer means that the receiver is
  // gone. Dropped, it has sent those that were moved from. REQUIRES: `items` outlives the future.
  SendManyFuture SendMany(std::span<T> items) { return SendManyFuture(this, items); }

  // kWouldBlock when it is full or others wait; `value` is moved from only on success.
  Result<void> TrySend(T&& value) {
    bool full;
    if (block_->queue.TrySend(std::span<T>(&value, 1), block_->SenderIsAlone(), &full) == 1) {
      return Result<void>();
    }
    return full ? internal::kChannelFull : internal::kChannelClosed;
  }

 private:
  Block* block_;
};

template <typename T>
using MpscReceiver = ChannelReceiver<T, internal::MpscRing<T>>;

template <typename T>
struct MpscChannel {
  MpscSender<T> sender;
  MpscReceiver<T> receiver;
};

// REQUIRES: capacity > 0 (a channel of none is a Rendezvous).
template <typename T>
MpscChannel<T> MakeMpsc(size_t capacity) {
  auto* block = internal::ChannelBlock<internal::MpscRing<T>>::Make(capacity);
  return MpscChannel<T>{MpscSender<T>(block), MpscReceiver<T>(block)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_MPSC_H_
