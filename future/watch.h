// Watch<T>: one value that changes; receivers see the latest, not every one.
//
//   auto [sender, receiver] = zokio::MakeWatch(Config{});
//   sender.Send(new_config);
//   while ((co_await receiver.Changed()).ok()) Apply(*receiver.Get());
//
// End: Changed fails with kClosed once all senders are gone and the last value was seen.
// Ownership: Get gives a share of the value that stays as it is for as long as it is held.
// Thread-safety: every end by one thread at a time; Send also by several.
// Memory ordering: what was done before a Send is seen after the Changed or Get that sees its
// value. Cancellation: a dropped Changed has seen nothing. Cost: Send one pooled block and a short
// lock; Get a short lock.
#ifndef ZOKIO_FUTURE_WATCH_H_
#define ZOKIO_FUTURE_WATCH_H_

#include <cstdint>
#include <utility>

#include "base/atomic.h"
#include "base/result.h"
#include "future/channel_receiver.h"
#include "future/shared_value.h"
#include "future/wait_queue.h"

namespace zokio {

namespace internal {

template <typename T>
struct WatchQueue {
  WatchQueue() = default;
  void SendersGone() {
    MutexLock lock(waiting.mutex());
    closed = true;
    waiting.GrantAll(lock);
  }

  WaitQueue waiting;  // its lock guards the rest
  SharedValue<T> value;
  uint64_t version = 0;
  bool closed = false;
};

}  // namespace internal

template <typename T>
class WatchReceiver {
  using Block = internal::ChannelBlock<internal::WatchQueue<T>>;

 public:
  class [[nodiscard]] ChangedFuture {
   public:
    explicit ChangedFuture(WatchReceiver* receiver) : receiver_(receiver) {}
    // Movable until its first poll.
    ChangedFuture(ChangedFuture&& other) noexcept : receiver_(other.receiver_) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~ChangedFuture() { receiver_->block_->queue.waiting.Withdraw(node_); }

    Poll<Result<void>> poll(Context& context) noexcept {
      internal::WatchQueue<T>& queue = receiver_->block_->queue;
      // Looked at each time: Get may have seen the value that woke this.
      if (node_.state == internal::WaitState::kGranted) {
        queue.waiting.Withdraw(node_);
        node_.state = internal::WaitState::kIdle;
      }
      Poll<void> there = queue.waiting.PollWait(
          node_, context, [&] { return receiver_->seen_ != queue.version || queue.closed; });
      if (there.pending()) return kPending;
      MutexLock lock(queue.waiting.mutex());
      if (receiver_->seen_ == queue.version) return Result<void>(internal::kChannelClosed);
      receiver_->seen_ = queue.version;
      return Result<void>();
    }

   private:
    WatchReceiver* receiver_;
    internal::WaitNode node_;
  };

  WatchReceiver(Block* block, uint64_t seen) : block_(block), seen_(seen) {}
  // The copy has seen what this one has.
  WatchReceiver(const WatchReceiver& other) noexcept : block_(other.block_), seen_(other.seen_) {
    if (block_ != nullptr) block_->references.fetch_add(1, memory_order_relaxed);
  }
  WatchReceiver(WatchReceiver&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), seen_(other.seen_) {}
  WatchReceiver& operator=(WatchReceiver other) noexcept {
    std::swap(block_, other.block_);
    seen_ = other.seen_;
    return *this;
  }
  ~WatchReceiver() {
    if (block_ != nullptr) block_->Release();
  }

  // Waits for a value later than the last one that Changed announced or Get gave.
  ChangedFuture Changed() { return ChangedFuture(this); }
  // The latest value; it counts as seen.
  SharedValue<T> Get() {
    MutexLock lock(block_->queue.waiting.mutex());
    seen_ = block_->queue.version;
    return block_->queue.value;
  }

 private:
  Block* block_;
  uint64_t seen_;
};

template <typename T>
class WatchSender {
  using Block = internal::ChannelBlock<internal::WatchQueue<T>>;

 public:
  explicit WatchSender(Block* block) : block_(block) {}
  WatchSender(const WatchSender& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->AddSender();
  }
  WatchSender(WatchSender&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  WatchSender& operator=(WatchSender other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~WatchSender() {
    if (block_ != nullptr) block_->DropSender();
  }

  void Send(T value) const {
    auto shared = SharedValue<T>::Make(std::move(value));
    internal::WatchQueue<T>& queue = block_->queue;
    MutexLock lock(queue.waiting.mutex());
    std::swap(queue.value, shared);  // the old one is dropped outside the lock
    ++queue.version;
    queue.waiting.GrantAll(lock);
  }
  // The current value counts as seen.
  WatchReceiver<T> Subscribe() const {
    MutexLock lock(block_->queue.waiting.mutex());
    block_->references.fetch_add(1, memory_order_relaxed);
    return WatchReceiver<T>(block_, block_->queue.version);
  }

 private:
  Block* block_;
};

template <typename T>
struct WatchChannel {
  WatchSender<T> sender;
  WatchReceiver<T> receiver;
};

// The first value counts as seen.
template <typename T>
WatchChannel<T> MakeWatch(T value) {
  auto* block = internal::ChannelBlock<internal::WatchQueue<T>>::Make();
  block->queue.value = SharedValue<T>::Make(std::move(value));
  return WatchChannel<T>{WatchSender<T>(block), WatchReceiver<T>(block, 0)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_WATCH_H_
