// ChannelReceiver<T, Queue>: the single receiving end of a channel, whatever holds the messages.
//
// MpscReceiver and UnboundedReceiver are this class; mpsc.h and unbounded.h say what they promise.
//
// A Queue has: Receive(limit, sink), Wait(waker) and StopWaiting() as MpscRing, and may have its
// ReceiveBatch; Close();
// exhausted(): closed and nothing more will come; batch_limit(): the most messages one Receive
// gives; SendersGone().
#ifndef ZOKIO_FUTURE_CHANNEL_RECEIVER_H_
#define ZOKIO_FUTURE_CHANNEL_RECEIVER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/polled_once.h"
#include "mem/frame_pool.h"

namespace zokio {

namespace internal {

// What both ends share: the queue and how many there are of each.
template <typename Queue>
struct ChannelBlock {
  template <typename... Args>
  explicit ChannelBlock(Args... args) : queue(args...) {}

  template <typename... Args>
  static ChannelBlock* Make(Args... args) {
    return ::new (FramePool::Allocate(sizeof(ChannelBlock))) ChannelBlock(args...);
  }
  void Release() {
    if (references.fetch_sub(1, memory_order_acq_rel) != 1) return;
    this->~ChannelBlock();
    FramePool::Free(this, sizeof(ChannelBlock));
  }
  void AddSender() { senders.fetch_add(1, memory_order_relaxed); }
  void DropSender() {
    if (senders.fetch_sub(1, memory_order_acq_rel) != 1) return;
    queue.SendersGone();
    Release();
  }
  // While it is one, the sender that asks is alone. Acquire: what the others did is over.
  bool SenderIsAlone() const { return senders.load(memory_order_acquire) == 1; }

  Atomic<uint32_t> senders{1};
  Atomic<uint32_t> references{2};  // the receiver, and the senders together
  Queue queue;
};

// Gives messages by the range, which a vector takes with one look at its capacity.
template <typename Queue>
concept ReceivesBatches = requires { typename Queue::Iterator; };

inline constexpr Error kChannelClosed{ErrorCode::kClosed, "channel"};
inline constexpr Error kChannelFull{ErrorCode::kWouldBlock, "channel"};
inline constexpr Error kChannelEmpty{ErrorCode::kWouldBlock, "channel"};

}  // namespace internal

template <typename T, typename Queue>
class ChannelReceiver {
  using Block = internal::ChannelBlock<Queue>;

 public:
  class [[nodiscard]] RecvFuture {
   public:
    explicit RecvFuture(ChannelReceiver* receiver) : receiver_(receiver) {}
    // Movable until its first poll.
    RecvFuture(RecvFuture&& other) noexcept : receiver_(other.receiver_) {
      ZOKIO_DCHECK(!other.waiting_, "moved after its first poll");
    }
    ~RecvFuture() {
      if (waiting_) receiver_->block_->queue.StopWaiting();
    }

    Poll<Result<T>> poll(Context& context) noexcept {
      once_.Check("a Recv was polled after it was ready");
      std::optional<Poll<Result<T>>> answer;
      auto keep = [&answer](T&& value) noexcept { answer.emplace(std::move(value)); };
      Poll<size_t> count = receiver_->PollReceive(
          context, [&keep](Queue& queue) noexcept { return queue.Receive(1, keep); });
      waiting_ = count.pending();
      if (count.pending()) return kPending;
      once_.Answered();
      if (count.value() == 0) return Poll<Result<T>>(internal::kChannelClosed);
      return *std::move(answer);
    }

   private:
    ChannelReceiver* receiver_;
    bool waiting_ = false;
    internal::PolledOnce once_;
  };

  class [[nodiscard]] RecvManyFuture {
   public:
    RecvManyFuture(ChannelReceiver* receiver, std::vector<T>* out, size_t limit)
        : receiver_(receiver), out_(out), limit_(limit) {}
    // Movable until its first poll.
    RecvManyFuture(RecvManyFuture&& other) noexcept
        : receiver_(other.receiver_), out_(other.out_), limit_(other.limit_) {
      ZOKIO_DCHECK(!other.waiting_, "moved after its first poll");
    }
    ~RecvManyFuture() {
      if (waiting_) receiver_->block_->queue.StopWaiting();
    }

    Poll<size_t> poll(Context& context) noexcept {
      once_.Check("a RecvMany was polled after it was ready");
      size_t room = std::min<size_t>(limit_, receiver_->block_->queue.batch_limit());
      if (out_->capacity() - out_->size() < room) {
        out_->reserve(std::max(2 * out_->capacity(), out_->size() + room));
      }
      Poll<size_t> count = receiver_->PollReceive(
          context, [this, room](Queue& queue) noexcept { return Append(queue, room); });
      waiting_ = count.pending();
      return once_.Pass(count);
    }

   private:
    size_t Append(Queue& queue, size_t room) noexcept {
      // A range is inserted only where it could also be assigned.
      if constexpr (internal::ReceivesBatches<Queue> && std::is_move_assignable_v<T>) {
        return queue.ReceiveBatch(
            room, [this](auto first, auto last) { out_->insert(out_->end(), first, last); });
      } else {
        return queue.Receive(room, [this](T&& value) { out_->push_back(std::move(value)); });
      }
    }

    ChannelReceiver* receiver_;
    std::vector<T>* out_;
    size_t limit_;
    bool waiting_ = false;
    internal::PolledOnce once_;
  };

  explicit ChannelReceiver(Block* block) : block_(block) {}
  ChannelReceiver(ChannelReceiver&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  ChannelReceiver& operator=(ChannelReceiver&& other) noexcept {
    if (this != &other) {
      Drop();
      block_ = std::exchange(other.block_, nullptr);
    }
    return *this;
  }
  ~ChannelReceiver() { Drop(); }

  RecvFuture Recv() { return RecvFuture(this); }

  // Appends what is there, at least one message and at most `limit`, to `out`; how many. 0: closed
  // and empty. REQUIRES: limit > 0.
  RecvManyFuture RecvMany(std::vector<T>* out, size_t limit) {
    ZOKIO_CHECK(limit > 0, "a RecvMany of no messages would tell of an end");
    return RecvManyFuture(this, out, limit);
  }

  // kWouldBlock when it is empty, kClosed when it also is closed.
  Result<T> TryRecv() {
    bool ended = block_->senders.load(memory_order_acquire) == 0;
    std::optional<Result<T>> answer;
    block_->queue.Receive(1, [&answer](T&& value) noexcept { answer.emplace(std::move(value)); });
    if (answer) return *std::move(answer);
    return ended || block_->queue.exhausted() ? internal::kChannelClosed : internal::kChannelEmpty;
  }

  // No more can be sent; what was sent can still be received.
  void Close() { block_->queue.Close(); }

 private:
  // `receive` takes what is there and answers how many. 0 means closed and empty.
  template <typename Receive>
  Poll<size_t> PollReceive(Context& context, Receive&& receive) noexcept {
    if (!context.SpendBudget()) return kPending;
    Queue& queue = block_->queue;
    while (true) {
      if (size_t count = receive(queue)) return count;
      if (queue.exhausted()) return 0;
      // Registered first, then looked again: see AtomicWaker's protocol.
      if (!queue.Wait(context.waker())) continue;
      if (block_->senders.load(memory_order_acquire) != 0) break;
      return receive(queue);
    }
    context.RefundBudget();
    return kPending;
  }
  void Drop() {
    Block* block = std::exchange(block_, nullptr);
    if (block == nullptr) return;
    block->queue.Close();
    while (block->queue.Receive(64, [](T&&) noexcept {})) {
    }
    block->Release();
  }

  Block* block_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_CHANNEL_RECEIVER_H_
