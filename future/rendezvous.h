// Rendezvous<T>: a channel without room: a Send ends when a Recv has taken its message.
//
//   auto [sender, receiver] = zokio::MakeRendezvous<Job>();
//   co_await sender.Send(job);               // returns once somebody has it
//   zokio::Result<Job> job = co_await receiver.Recv();
//
// Fair: senders and receivers meet in the order in which they came.
//
// End: Send fails with kClosed once all receivers are gone, Recv once all senders are.
// Ownership: the ends hold the channel; copy them. A future borrows its end. The message stays in
//   the Send until it is taken.
// Thread-safety: every end by one thread at a time.
// Memory ordering: what was done before Send is seen after Recv; what was done before Recv took the
//   message is seen after Send.
// Cancellation: a dropped Send whose message was not taken has not sent; a dropped Recv has
// received
//   nothing, and the sender it was chosen for goes to the next.
// Cost: no allocation after MakeRendezvous; a short lock, in which the message is moved.
#ifndef ZOKIO_FUTURE_RENDEZVOUS_H_
#define ZOKIO_FUTURE_RENDEZVOUS_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/result.h"
#include "future/channel_receiver.h"
#include "future/wait_queue.h"

namespace zokio {

namespace internal {

// A receiver that must wait is later chosen by a sender that comes: it is taken out of the list and
// woken, and finds that sender, or one that came before it, when polled. `promised_` counts the
// chosen ones that were not polled yet; a receiver that comes later leaves them their senders.
template <typename T>
class RendezvousQueue {
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "a message must move without throwing: send a std::unique_ptr");

 public:
  struct SendNode : WaitNode {
    T* value = nullptr;
  };

  RendezvousQueue() = default;

  // True: taken. False: closed.
  Poll<bool> PollSend(SendNode& node, T* value, Context& context) noexcept {
    Waker chosen;
    Waker replaced;
    {
      MutexLock lock(mutex_);
      if (node.state == WaitState::kIdle && !receivers_gone_) {
        node.value = value;
        senders_.PushBack(&node, context.waker());
        ++waiting_senders_;
        chosen = Choose();
      } else if (node.state == WaitState::kWaiting) {
        replaced = RefreshWaker(node, context.waker());
      } else {
        bool taken = node.state == WaitState::kGranted;
        node.state = WaitState::kDone;
        return taken;
      }
    }
    std::move(chosen).Wake();
    return kPending;
  }

  // True: `sink` got a message. False: closed.
  template <typename Sink>
  Poll<bool> PollRecv(WaitNode& node, Context& context, Sink&& sink) noexcept {
    Waker taken;
    Waker replaced;
    {
      MutexLock lock(mutex_);
      if (node.state == WaitState::kWaiting) {
        replaced = RefreshWaker(node, context.waker());
        return kPending;
      }
      bool chosen = node.state == WaitState::kGranted;
      if (chosen) --promised_;
      if (waiting_senders_ <= promised_) {
        if (node.state == WaitState::kClosed || senders_gone_) {
          node.state = WaitState::kDone;
          return false;
        }
        if (chosen) {
          receivers_.PushFront(&node, context.waker());  // its sender gave up
        } else {
          receivers_.PushBack(&node, context.waker());
        }
        return kPending;
      }
      auto* sender = static_cast<SendNode*>(senders_.front());
      sink(std::move(*sender->value));
      taken = senders_.PopFront(WaitState::kGranted);
      --waiting_senders_;
      node.state = WaitState::kDone;
    }
    std::move(taken).Wake();
    return true;
  }

  void WithdrawSend(SendNode& node) {
    if (node.state == WaitState::kIdle || node.state == WaitState::kDone) return;
    Waker dropped;
    MutexLock lock(mutex_);
    if (std::exchange(node.state, WaitState::kDone) != WaitState::kWaiting) return;
    WaitList::Remove(&node);
    dropped = std::move(node.waker);
    --waiting_senders_;
  }
  void WithdrawRecv(WaitNode& node) {
    if (node.state == WaitState::kIdle || node.state == WaitState::kDone) return;
    Waker waker;
    MutexLock lock(mutex_);
    WaitState state = std::exchange(node.state, WaitState::kDone);
    if (state == WaitState::kWaiting) {
      WaitList::Remove(&node);
      waker = std::move(node.waker);
      lock.Unlock();
    } else if (state == WaitState::kGranted) {
      --promised_;
      Waker next = Choose();
      lock.Unlock();
      std::move(next).Wake();
    }
  }

  void SendersGone() { End(&senders_gone_, receivers_); }
  void ReceiversGone() { End(&receivers_gone_, senders_); }

  Atomic<uint32_t> receivers{1};

 private:
  // REQUIRES: the lock is held. The receiver to be woken for a sender nobody was promised.
  Waker Choose() {
    if (receivers_.empty() || waiting_senders_ <= promised_) return Waker();
    ++promised_;
    return receivers_.PopFront(WaitState::kGranted);
  }
  void End(bool* gone, WaitList& waiting) {
    WakeBatch batch;
    MutexLock lock(mutex_);
    *gone = true;
    while (true) {
      while (!waiting.empty() && !batch.full()) {
        if (&waiting == &senders_) --waiting_senders_;
        batch.Add(waiting.PopFront(WaitState::kClosed));
      }
      bool more = !waiting.empty();
      lock.Unlock();
      batch.WakeAll();
      if (!more) return;
      lock.Lock();
    }
  }

  Mutex mutex_;
  WaitList senders_;
  WaitList receivers_;
  uint32_t waiting_senders_ = 0;
  uint32_t promised_ = 0;
  bool senders_gone_ = false;
  bool receivers_gone_ = false;
};

}  // namespace internal

template <typename T>
class RendezvousSender {
  using Queue = internal::RendezvousQueue<T>;
  using Block = internal::ChannelBlock<Queue>;

 public:
  class [[nodiscard]] SendFuture {
   public:
    SendFuture(Block* block, T value) : block_(block), value_(std::move(value)) {}
    // Movable until its first poll.
    SendFuture(SendFuture&& other) noexcept
        : block_(other.block_), value_(std::move(other.value_)) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~SendFuture() { block_->queue.WithdrawSend(node_); }

    Poll<Result<void>> poll(Context& context) noexcept {
      if (node_.state == internal::WaitState::kIdle && !context.SpendBudget()) return kPending;
      ZOKIO_DCHECK(node_.state != internal::WaitState::kDone,
                   "a Send was polled after it was ready");
      Poll<bool> taken = block_->queue.PollSend(node_, &value_, context);
      if (taken.pending()) return kPending;
      return taken.value() ? Result<void>() : Result<void>(internal::kChannelClosed);
    }

   private:
    Block* block_;
    T value_;
    typename Queue::SendNode node_;
  };

  explicit RendezvousSender(Block* block) : block_(block) {}
  RendezvousSender(const RendezvousSender& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->AddSender();
  }
  RendezvousSender(RendezvousSender&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  RendezvousSender& operator=(RendezvousSender other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~RendezvousSender() {
    if (block_ != nullptr) block_->DropSender();
  }

  SendFuture Send(T value) { return SendFuture(block_, std::move(value)); }

 private:
  Block* block_;
};

template <typename T>
class RendezvousReceiver {
  using Block = internal::ChannelBlock<internal::RendezvousQueue<T>>;

 public:
  class [[nodiscard]] RecvFuture {
   public:
    explicit RecvFuture(Block* block) : block_(block) {}
    // Movable until its first poll.
    RecvFuture(RecvFuture&& other) noexcept : block_(other.block_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~RecvFuture() { block_->queue.WithdrawRecv(node_); }

    Poll<Result<T>> poll(Context& context) noexcept {
      if (node_.state == internal::WaitState::kIdle && !context.SpendBudget()) return kPending;
      ZOKIO_DCHECK(node_.state != internal::WaitState::kDone,
                   "a Recv was polled after it was ready");
      std::optional<Poll<Result<T>>> answer;
      Poll<bool> got = block_->queue.PollRecv(
          node_, context, [&answer](T&& value) noexcept { answer.emplace(std::move(value)); });
      if (got.pending()) return kPending;
      if (answer) return *std::move(answer);
      return Poll<Result<T>>(internal::kChannelClosed);
    }

   private:
    Block* block_;
    internal::WaitNode node_;
  };

  explicit RendezvousReceiver(Block* block) : block_(block) {}
  RendezvousReceiver(const RendezvousReceiver& other) noexcept : block_(other.block_) {
    if (block_ == nullptr) return;
    block_->queue.receivers.fetch_add(1, memory_order_relaxed);
  }
  RendezvousReceiver(RendezvousReceiver&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  RendezvousReceiver& operator=(RendezvousReceiver other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~RendezvousReceiver() {
    if (block_ == nullptr || block_->queue.receivers.fetch_sub(1, memory_order_acq_rel) != 1) {
      return;
    }
    block_->queue.ReceiversGone();
    block_->Release();
  }

  RecvFuture Recv() { return RecvFuture(block_); }

 private:
  Block* block_;
};

template <typename T>
struct RendezvousChannel {
  RendezvousSender<T> sender;
  RendezvousReceiver<T> receiver;
};

template <typename T>
RendezvousChannel<T> MakeRendezvous() {
  auto* block = internal::ChannelBlock<internal::RendezvousQueue<T>>::Make();
  return RendezvousChannel<T>{RendezvousSender<T>(block), RendezvousReceiver<T>(block)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_RENDEZVOUS_H_
