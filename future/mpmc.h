// Mpmc<T>: a bounded channel from many senders to many receivers; each message goes to one.
//
//   auto [sender, receiver] = zokio::MakeMpmc<Job>(64);
//   co_await sender.Send(job);
//   zokio::Result<Job> job = co_await receiver.Recv();
//
// Messages leave in the order in which they came. Fair on both sides: waiting senders and waiting
// receivers are served first come, first served.
//
// End: once all senders are gone, or an end called Close, receivers get what was sent and then
//   kClosed, and sending fails with kClosed; so it does once all receivers are gone.
// Ownership: the ends hold the channel; copy them. A future borrows its end.
// Thread-safety: every end by one thread at a time.
// Memory ordering: what was done before a Send is seen after the Recv of its message.
// Cancellation: a dropped Send has not sent; a dropped Recv has received nothing, and the message
// it
//   would have got goes to the next.
// Cost: no allocation after MakeMpmc. A message is four read-modify-writes and two short locks, in
//   which it is moved: moving it must not use the channel.
#ifndef ZOKIO_FUTURE_MPMC_H_
#define ZOKIO_FUTURE_MPMC_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/mutex.h"
#include "base/result.h"
#include "future/channel_receiver.h"
#include "future/semaphore_core.h"

namespace zokio {

namespace internal {

template <typename T>
class MpmcQueue {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                "a message must move without throwing: send a std::unique_ptr");

 public:
  explicit MpmcQueue(uint32_t capacity) : space(capacity), ring_(capacity) {
    ZOKIO_CHECK(capacity > 0, "capacity of a channel");
  }

  // REQUIRES: one unit of `space`. False when closed.
  bool Push(T& value) {
    {
      MutexLock lock(mutex_);
      if (closed_) return false;
      ring_[(first_ + count_) % ring_.size()].emplace(std::move(value));
      ++count_;
    }
    items.Release(1);
    return true;
  }
  // REQUIRES: `limit` units of `items`, or it is closed.
  template <typename Sink>
  size_t Pop(size_t limit, Sink&& sink) {
    size_t taken = 0;
    {
      MutexLock lock(mutex_);
      for (; taken < limit && count_ != 0; ++taken, --count_) {
        sink(*std::move(ring_[first_]));
        ring_[first_].reset();
        first_ = (first_ + 1) % ring_.size();
      }
    }
    if (taken != 0) space.Release(static_cast<uint32_t>(taken));
    return taken;
  }
  void Close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    space.Close();
    items.Close();
  }
  void SendersGone() { Close(); }

  SemaphoreCore space;
  SemaphoreCore items{0};
  Atomic<uint32_t> receivers{1};

 private:
  Mutex mutex_;
  std::vector<std::optional<T>> ring_;
  size_t first_ = 0;
  size_t count_ = 0;
  bool closed_ = false;
};

}  // namespace internal

template <typename T>
class MpmcSender {
  using Block = internal::ChannelBlock<internal::MpmcQueue<T>>;

 public:
  class [[nodiscard]] SendFuture {
   public:
    SendFuture(Block* block, T value) : block_(block), value_(std::move(value)) {}
    // Movable until its first poll.
    SendFuture(SendFuture&& other) noexcept
        : block_(other.block_), value_(std::move(other.value_)) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~SendFuture() { block_->queue.space.Withdraw(node_); }

    Poll<Result<void>> poll(Context& context) noexcept {
      Poll<bool> room = block_->queue.space.PollAcquire(node_, context);
      if (room.pending()) return kPending;
      if (!room.value() || !block_->queue.Push(value_)) {
        return Result<void>(internal::kChannelClosed);
      }
      return Result<void>();
    }

   private:
    Block* block_;
    T value_;
    internal::WaitNode node_;
  };

  explicit MpmcSender(Block* block) : block_(block) {}
  MpmcSender(const MpmcSender& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->AddSender();
  }
  MpmcSender(MpmcSender&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  MpmcSender& operator=(MpmcSender other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~MpmcSender() {
    if (block_ != nullptr) block_->DropSender();
  }

  SendFuture Send(T value) { return SendFuture(block_, std::move(value)); }
  // kWouldBlock when it is full or others wait; `value` is moved from only on success.
  Result<void> TrySend(T&& value) {
    if (!block_->queue.space.TryAcquire(1)) {
      return block_->queue.space.closed() ? internal::kChannelClosed : internal::kChannelFull;
    }
    if (!block_->queue.Push(value)) return internal::kChannelClosed;
    return Result<void>();
  }
  void Close() { block_->queue.Close(); }

 private:
  Block* block_;
};

template <typename T>
class MpmcReceiver {
  using Block = internal::ChannelBlock<internal::MpmcQueue<T>>;

 public:
  class [[nodiscard]] RecvFuture {
   public:
    explicit RecvFuture(Block* block) : block_(block) {}
    // Movable until its first poll.
    RecvFuture(RecvFuture&& other) noexcept : block_(other.block_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~RecvFuture() { block_->queue.items.Withdraw(node_); }

    Poll<Result<T>> poll(Context& context) noexcept {
      if (block_->queue.items.PollAcquire(node_, context).pending()) return kPending;
      std::optional<Poll<Result<T>>> answer;
      block_->queue.Pop(1, [&answer](T&& value) noexcept { answer.emplace(std::move(value)); });
      if (answer) return *std::move(answer);
      return Poll<Result<T>>(internal::kChannelClosed);
    }

   private:
    Block* block_;
    internal::WaitNode node_;
  };

  class [[nodiscard]] RecvManyFuture {
   public:
    RecvManyFuture(Block* block, std::vector<T>* out, size_t limit)
        : block_(block), out_(out), limit_(limit) {}
    // Movable until its first poll.
    RecvManyFuture(RecvManyFuture&& other) noexcept
        : block_(other.block_), out_(other.out_), limit_(other.limit_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~RecvManyFuture() { block_->queue.items.Withdraw(node_); }

    Poll<size_t> poll(Context& context) noexcept {
      internal::SemaphoreCore& items = block_->queue.items;
      Poll<bool> open = items.PollAcquire(node_, context);
      if (open.pending()) return kPending;
      size_t count = limit_;
      if (open.value()) {
        // The first was waited for; what else is there, unless others wait for it.
        uint64_t more = std::min<uint64_t>(limit_ - 1, items.available());
        while (more != 0 && !items.TryAcquire(static_cast<uint32_t>(more))) more /= 2;
        count = 1 + more;
      }
      return block_->queue.Pop(count, [this](T&& value) { out_->push_back(std::move(value)); });
    }

   private:
    Block* block_;
    std::vector<T>* out_;
    size_t limit_;
    internal::WaitNode node_;
  };

  explicit MpmcReceiver(Block* block) : block_(block) {}
  MpmcReceiver(const MpmcReceiver& other) noexcept : block_(other.block_) {
    if (block_ == nullptr) return;
    block_->queue.receivers.fetch_add(1, memory_order_relaxed);
  }
  MpmcReceiver(MpmcReceiver&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  MpmcReceiver& operator=(MpmcReceiver other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~MpmcReceiver() {
    if (block_ == nullptr || block_->queue.receivers.fetch_sub(1, memory_order_acq_rel) != 1) {
      return;
    }
    block_->queue.Close();
    std::vector<T> dropped;  // outside the lock
    block_->queue.Pop(std::numeric_limits<size_t>::max(),
                      [&dropped](T&& value) { dropped.push_back(std::move(value)); });
    block_->Release();
  }

  RecvFuture Recv() { return RecvFuture(block_); }
  // Appends at least one message and at most `limit` to `out`; how many. 0: closed and empty.
  // REQUIRES: limit > 0.
  RecvManyFuture RecvMany(std::vector<T>* out, size_t limit) {
    ZOKIO_CHECK(limit > 0, "a RecvMany of no messages would tell of an end");
    return RecvManyFuture(block_, out, limit);
  }
  // kWouldBlock when it is empty or others wait, kClosed when it is closed and empty.
  Result<T> TryRecv() {
    bool closed = block_->queue.items.closed();
    if (!closed && !block_->queue.items.TryAcquire(1)) return internal::kChannelEmpty;
    std::optional<Result<T>> answer;
    block_->queue.Pop(1, [&answer](T&& value) noexcept { answer.emplace(std::move(value)); });
    return answer ? *std::move(answer) : Result<T>(internal::kChannelClosed);
  }
  void Close() { block_->queue.Close(); }

 private:
  Block* block_;
};

template <typename T>
struct MpmcChannel {
  MpmcSender<T> sender;
  MpmcReceiver<T> receiver;
};

template <typename T>
MpmcChannel<T> MakeMpmc(uint32_t capacity) {
  auto* block = internal::ChannelBlock<internal::MpmcQueue<T>>::Make(capacity);
  return MpmcChannel<T>{MpmcSender<T>(block), MpmcReceiver<T>(block)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_MPMC_H_
