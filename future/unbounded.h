// Unbounded<T>: a channel from many senders to one receiver that is never full.
//
//   auto [sender, receiver] = zokio::MakeUnbounded<Event>();
//   sender.Send(event);                                       // never waits, from any thread
//   zokio::Result<Event> event = co_await receiver.Recv();
//
// Prefer MakeMpsc: what is never full grows until memory ends. Where the sender cannot wait (a
// callback, a destructor), this is the channel.
//
// End, ownership, thread-safety, memory ordering and cancellation are those of Mpsc; batches are
// taken by RecvMany, at most 64 at a time. Cost: one pooled block a message; sending is two
// read-modify-writes, receiving none. Source: D. Vyukov's intrusive multi-producer queue, with the
// wake-up in the link.
#ifndef ZOKIO_FUTURE_UNBOUNDED_H_
#define ZOKIO_FUTURE_UNBOUNDED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/result.h"
#include "future/atomic_waker.h"
#include "future/channel_receiver.h"
#include "mem/frame_pool.h"

namespace zokio {

namespace internal {

// A list from `head_`, whose message was taken already, to the node that `tail_` names. A sender
// swings the tail to its node and then links it to the one before; between the two the receiver
// sees the list end early. The receiver that waits marks the link at which it stopped, and whoever
// fills that link wakes it. Closing tags the tail, so that no sender gets in after it.
template <typename T>
class UnboundedQueue {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "a message must move without throwing: send a std::unique_ptr");
  static_assert(alignof(T) <= 16, "an over-aligned message: send a std::unique_ptr");

 public:
  UnboundedQueue() : head_(NewNode()), tail_(reinterpret_cast<uintptr_t>(head_)) {}
  UnboundedQueue(const UnboundedQueue&) = delete;
  UnboundedQueue& operator=(const UnboundedQueue&) = delete;
  ~UnboundedQueue() {
    Receive(SIZE_MAX, [](T&&) noexcept {});
    FreeNode(head_);
  }

  // False when it is closed; the value is dropped then.
  bool Send(T value) {
    Node* node = NewNode();
    std::construct_at(&node->value, std::move(value));
    uintptr_t tail = tail_.load(memory_order_relaxed);
    do {
      if ((tail & kClosed) != 0) {
        std::destroy_at(&node->value);
        FreeNode(node);
        return false;
      }
      // Acquire: the node before is constructed. Release: so is this one.
    } while (!tail_.compare_exchange_weak(tail, reinterpret_cast<uintptr_t>(node),
                                          memory_order_acq_rel, memory_order_relaxed));
    // The node before lives until it is linked: the receiver cannot pass it.
    auto& link = reinterpret_cast<Node*>(tail)->next;
    uintptr_t before = link.exchange(reinterpret_cast<uintptr_t>(node), memory_order_acq_rel);
    if (before == kReceiverWaits) receiver_.Wake();
    return true;
  }
  void SendersGone() { receiver_.Wake(); }

  template <typename Sink>
  size_t Receive(size_t limit, Sink&& sink) {
    size_t count = 0;
    while (count < limit) {
      uintptr_t next = head_->next.load(memory_order_acquire);
      if (next <= kReceiverWaits) break;
      Node* old = std::exchange(head_, reinterpret_cast<Node*>(next));
      FreeNode(old);
      sink(std::move(head_->value));
      std::destroy_at(&head_->value);
      ++count;
    }
    return count;
  }
  bool Wait(const Waker& waker) {
    receiver_.Register(waker);
    uintptr_t seen = 0;
    return head_->next.compare_exchange_strong(seen, kReceiverWaits, memory_order_acq_rel,
                                               memory_order_acquire) ||
           seen == kReceiverWaits;
  }
  void StopWaiting() { Waker dropped = receiver_.Take(); }
  void Close() { tail_.fetch_or(kClosed, memory_order_acq_rel); }
  bool exhausted() const {
    return tail_.load(memory_order_acquire) == (reinterpret_cast<uintptr_t>(head_) | kClosed);
  }
  size_t batch_limit() const { return 64; }

 private:
  static constexpr uintptr_t kReceiverWaits = 1;  // in a node's link
  static constexpr uintptr_t kClosed = 1;         // in the tail

  struct Node {
    Node() {}   // NOLINT(modernize-use-equals-default): the union
    ~Node() {}  // NOLINT(modernize-use-equals-default): the union
    Atomic<uintptr_t> next{0};
    union {
      T value;
    };
  };

  static Node* NewNode() { return ::new (FramePool::Allocate(sizeof(Node))) Node; }
  static void FreeNode(Node* node) {
    node->~Node();
    FramePool::Free(node, sizeof(Node));
  }

  Node* head_;  // receiver
  AtomicWaker receiver_;
  char padding_[64];
  Atomic<uintptr_t> tail_;
};

}  // namespace internal

template <typename T>
class UnboundedSender {
  using Block = internal::ChannelBlock<internal::UnboundedQueue<T>>;

 public:
  explicit UnboundedSender(Block* block) : block_(block) {}
  UnboundedSender(const UnboundedSender& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->AddSender();
  }
  UnboundedSender(UnboundedSender&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  UnboundedSender& operator=(UnboundedSender other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~UnboundedSender() {
    if (block_ != nullptr) block_->DropSender();
  }

  // kClosed when the receiver is gone; the value is dropped then. Also by several threads at once.
  Result<void> Send(T value) const {
    if (block_->queue.Send(std::move(value))) return Result<void>();
    return internal::kChannelClosed;
  }

 private:
  Block* block_;
};

template <typename T>
using UnboundedReceiver = ChannelReceiver<T, internal::UnboundedQueue<T>>;

template <typename T>
struct UnboundedChannel {
  UnboundedSender<T> sender;
  UnboundedReceiver<T> receiver;
};

template <typename T>
UnboundedChannel<T> MakeUnbounded() {
  auto* block = internal::ChannelBlock<internal::UnboundedQueue<T>>::Make();
  return UnboundedChannel<T>{UnboundedSender<T>(block), UnboundedReceiver<T>(block)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_UNBOUNDED_H_
