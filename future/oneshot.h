// Oneshot<T>: one value from one sender to one receiver.
//
//   auto [sender, receiver] = zokio::MakeOneshot<int>();
//   std::move(sender).Send(42);                 // from any thread, never waits
//   zokio::Result<int> value = co_await receiver;
//
// Errors: the receiver gets kClosed when the sender was dropped without sending; Send answers false
//   (and drops the value) when the receiver is gone.
// Thread-safety: each end by one thread at a time, the two ends on any.
// Memory ordering: what the sender did before Send is seen after the receive.
// Cancellation: dropping either end closes the channel; a value sent and not received is dropped
//   with the receiver.
// Cost: one pooled block; sending takes three read-modify-writes and the wake, receiving one.
#ifndef ZOKIO_FUTURE_ONESHOT_H_
#define ZOKIO_FUTURE_ONESHOT_H_

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/result.h"
#include "future/atomic_waker.h"
#include "future/context.h"
#include "future/poll.h"
#include "mem/frame_pool.h"

namespace zokio {

namespace internal {

// One word of flags:
//   kSent          the value is constructed (sender; the receiver destroys it)
//   kClosed        the sender gave up without a value
//   kRefused       the receiver was dropped before it learnt of a value or the closing
//   kSenderGone    the sender will not touch the block again: set after it took the waker
//   kReceiverGone  likewise the receiver: set after the value is destroyed
// Of kSenderGone and kReceiverGone the later one frees the block. Of kSent and kRefused the later
// one destroys the value; where only kSent comes, the receiver does.
template <typename T>
struct OneshotBlock {
  static constexpr uint32_t kSent = 1;
  static constexpr uint32_t kClosed = 2;
  static constexpr uint32_t kSenderGone = 4;
  static constexpr uint32_t kReceiverGone = 8;
  static constexpr uint32_t kRefused = 16;

  OneshotBlock() {}   // NOLINT(modernize-use-equals-default): the union
  ~OneshotBlock() {}  // NOLINT(modernize-use-equals-default): the union

  static OneshotBlock* Make() {
    return ::new (FramePool::Allocate(sizeof(OneshotBlock))) OneshotBlock;
  }
  static void Free(OneshotBlock* block) {
    block->~OneshotBlock();
    FramePool::Free(block, sizeof(OneshotBlock));
  }

  Atomic<uint32_t> state{0};
  AtomicWaker receiver;
  union {
    T value;
  };
};

}  // namespace internal

template <typename T>
class OneshotSender {
  using Block = internal::OneshotBlock<T>;

 public:
  explicit OneshotSender(Block* block) : block_(block) {}
  OneshotSender(OneshotSender&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  OneshotSender& operator=(OneshotSender&& other) noexcept {
    if (this != &other) {
      if (block_ != nullptr) Finish(Block::kClosed);
      block_ = std::exchange(other.block_, nullptr);
    }
    return *this;
  }
  ~OneshotSender() {
    if (block_ != nullptr) Finish(Block::kClosed);
  }

  // False when the receiver is gone; the value is dropped then.
  bool Send(T value) && {
    ZOKIO_CHECK(block_ != nullptr, "Send on a sender that was used or moved from");
    std::construct_at(&block_->value, std::move(value));
    return Finish(Block::kSent);
  }

  // The sender as a pointer, for interfaces in C; Adopt makes it a sender again.
  void* Release() && { return std::exchange(block_, nullptr); }
  static OneshotSender Adopt(void* pointer) { return OneshotSender(static_cast<Block*>(pointer)); }

  // True once nobody waits for the value any more.
  bool receiver_gone() const {
    return block_ == nullptr || (block_->state.load(memory_order_acquire) & Block::kRefused) != 0;
  }

 private:
  // Publishes how it ended, then the end itself. True when the receiver will learn of it.
  bool Finish(uint32_t how) {
    Block* block = std::exchange(block_, nullptr);
    uint32_t before = block->state.fetch_or(how, memory_order_acq_rel);
    bool receiver_was_gone = (before & Block::kRefused) != 0;
    if (receiver_was_gone && how == Block::kSent) std::destroy_at(&block->value);
    Waker waker = block->receiver.Take();
    before = block->state.fetch_or(Block::kSenderGone, memory_order_acq_rel);
    if ((before & Block::kReceiverGone) != 0) Block::Free(block);
    std::move(waker).Wake();
    return !receiver_was_gone;
  }

  Block* block_;
};

template <typename T>
class [[nodiscard]] OneshotReceiver {
  using Block = internal::OneshotBlock<T>;

 public:
  explicit OneshotReceiver(Block* block) : block_(block) {}
  OneshotReceiver(OneshotReceiver&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)) {}
  OneshotReceiver& operator=(OneshotReceiver&& other) noexcept {
    if (this != &other) {
      if (block_ != nullptr) Drop();
      block_ = std::exchange(other.block_, nullptr);
    }
    return *this;
  }
  ~OneshotReceiver() {
    if (block_ != nullptr) Drop();
  }

  Poll<Result<T>> poll(Context& context) {
    ZOKIO_CHECK(block_ != nullptr, "a OneshotReceiver was polled after it was ready");
    uint32_t state = block_->state.load(memory_order_acquire);
    if ((state & (Block::kSent | Block::kClosed)) == 0) {
      block_->receiver.Register(context.waker());
      state = block_->state.load(memory_order_acquire);
    }
    if ((state & Block::kSent) != 0) {
      Result<T> value(std::move(block_->value));
      Drop();
      return Poll<Result<T>>(std::move(value));
    }
    if ((state & Block::kClosed) != 0) {
      Drop();
      return Poll<Result<T>>(Error(ErrorCode::kClosed, "oneshot"));
    }
    return kPending;
  }

 private:
  void Drop() {
    Block* block = std::exchange(block_, nullptr);
    uint32_t state = block->state.load(memory_order_acquire);
    if ((state & (Block::kSent | Block::kClosed)) == 0) {
      state = block->state.fetch_or(Block::kRefused, memory_order_acq_rel);
    }
    if ((state & Block::kSent) != 0) std::destroy_at(&block->value);
    // Last: from here on the sender may free the block.
    state = block->state.fetch_or(Block::kReceiverGone, memory_order_acq_rel);
    if ((state & Block::kSenderGone) != 0) Block::Free(block);
  }

  Block* block_;
};

template <typename T>
struct OneshotChannel {
  OneshotSender<T> sender;
  OneshotReceiver<T> receiver;
};

template <typename T>
OneshotChannel<T> MakeOneshot() {
  auto* block = internal::OneshotBlock<T>::Make();
  return OneshotChannel<T>{OneshotSender<T>(block), OneshotReceiver<T>(block)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_ONESHOT_H_
