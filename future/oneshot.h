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
// Cost: one pooled block; sending takes one read-modify-write and the wake; receiving none, and one
//   where it must wait.
#ifndef ZOKIO_FUTURE_ONESHOT_H_
#define ZOKIO_FUTURE_ONESHOT_H_

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/waker.h"
#include "mem/frame_pool.h"

namespace zokio {

namespace internal {

// One word: flags, below a count of the wakers left.
//   kWaker         the receiver's waker is there and the sender's to take
//   kSent          the value is constructed
//   kClosed        the sender gave up without a value
//   kReceiverGone  the receiver was dropped before it learnt of a value or the closing
// The last three are ends: who sets the first of them does not touch the block again, who finds it
// set destroys what is left and frees the block. So the sender copies the waker before it sets its
// flag, by a compare-and-swap that fails if the receiver was there meanwhile; the count tells a
// waker from the one before it.
template <typename T>
class OneshotBlock {
 public:
  static constexpr uint64_t kWaker = 1;
  static constexpr uint64_t kSent = 2;
  static constexpr uint64_t kClosed = 4;
  static constexpr uint64_t kReceiverGone = 8;
  static constexpr uint64_t kCount = 16;

  static OneshotBlock* Make() {
    return ::new (FramePool::Allocate(sizeof(OneshotBlock))) OneshotBlock;
  }
  static void Free(OneshotBlock* block) {
    block->~OneshotBlock();
    FramePool::Free(block, sizeof(OneshotBlock));
  }

  uint64_t state() const { return state_.load(memory_order_acquire); }

  // The sender's end. The receiver's waker, or empty; false in `heard` when the receiver is gone:
  // then the block is the caller's.
  Waker Finish(uint64_t how, bool* heard) {
    uint64_t seen = state_.load(memory_order_acquire);
    while ((seen & kReceiverGone) == 0) {
      const WakerVtable* vtable = nullptr;
      void* data = nullptr;
      if ((seen & kWaker) != 0) {
        vtable = waker_vtable_.load(memory_order_relaxed);
        data = waker_data_.load(memory_order_relaxed);
      }
      // Release: the value. Acquire: the waker's target.
      if (state_.compare_exchange_weak(seen, how, memory_order_acq_rel, memory_order_acquire)) {
        *heard = true;
        return vtable == nullptr ? Waker() : Waker(vtable, data);
      }
    }
    *heard = false;
    return Waker();
  }

  // The receiver's: leaves a clone of `waker`. The state after that: without an end, or with.
  uint64_t Register(const Waker& waker, uint64_t seen) {
    if ((seen & kWaker) != 0) {
      if (Left().WillWake(waker)) return seen;
      if (!state_.compare_exchange_strong(seen, seen - kWaker, memory_order_acq_rel,
                                          memory_order_acquire)) {
        return seen;
      }
      seen -= kWaker;
      DropLeft();
    }
    Waker clone = waker.Clone();
    waker_vtable_.store(clone.vtable(), memory_order_relaxed);
    waker_data_.store(clone.data(), memory_order_relaxed);
    if (state_.compare_exchange_strong(seen, (seen + kCount) | kWaker, memory_order_release,
                                       memory_order_acquire)) {
      clone.Release();
      return 0;
    }
    return seen;
  }

  // The receiver's end. True when the sender was there first: then the block is the caller's.
  bool Leave() {
    Borrowed left = Left();
    uint64_t before = state_.exchange(kReceiverGone, memory_order_acq_rel);
    if ((before & (kSent | kClosed)) != 0) {
      if ((before & kSent) != 0) std::destroy_at(&value);
      return true;
    }
    // The block may be gone by now.
    if ((before & kWaker) != 0) Waker dropped(left.vtable, left.data);
    return false;
  }

  union {
    T value;
  };

 private:
  // What was left last, without a share of it.
  struct Borrowed {
    bool WillWake(const Waker& waker) const {
      Waker borrowed(vtable, data);
      bool same = borrowed.WillWake(waker);
      borrowed.Release();
      return same;
    }
    const WakerVtable* vtable;
    void* data;
  };

  OneshotBlock() {}   // NOLINT(modernize-use-equals-default): the union
  ~OneshotBlock() {}  // NOLINT(modernize-use-equals-default): the union

  Borrowed Left() const {
    return {waker_vtable_.load(memory_order_relaxed), waker_data_.load(memory_order_relaxed)};
  }
  void DropLeft() {
    Borrowed left = Left();
    Waker dropped(left.vtable, left.data);
  }

  Atomic<uint64_t> state_{0};
  // Atomic because the sender may read what the receiver is replacing; it then notices.
  Atomic<const WakerVtable*> waker_vtable_{nullptr};
  Atomic<void*> waker_data_{nullptr};
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
    return block_ == nullptr || (block_->state() & Block::kReceiverGone) != 0;
  }

 private:
  // True when the receiver will learn of it.
  bool Finish(uint64_t how) {
    Block* block = std::exchange(block_, nullptr);
    bool heard;
    Waker waker = block->Finish(how, &heard);
    if (!heard) {
      if (how == Block::kSent) std::destroy_at(&block->value);
      Block::Free(block);
      return false;
    }
    std::move(waker).Wake();
    return true;
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

  Poll<Result<T>> poll(Context& context) noexcept(std::is_nothrow_move_constructible_v<T>) {
    ZOKIO_CHECK(block_ != nullptr, "a OneshotReceiver was polled after it was ready");
    uint64_t state = block_->state();
    if ((state & (Block::kSent | Block::kClosed)) == 0) {
      state = block_->Register(context.waker(), state);
    }
    if ((state & Block::kSent) != 0) {
      Poll<Result<T>> answer(std::move(block_->value));
      std::destroy_at(&block_->value);
      // The sender's last touch was its flag.
      Block::Free(std::exchange(block_, nullptr));
      return answer;
    }
    if ((state & Block::kClosed) != 0) {
      Block::Free(std::exchange(block_, nullptr));
      return Poll<Result<T>>(Error(ErrorCode::kClosed, "oneshot"));
    }
    return kPending;
  }

 private:
  void Drop() {
    Block* block = std::exchange(block_, nullptr);
    if (block->Leave()) Block::Free(block);
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
