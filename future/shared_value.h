// SharedValue<T>: an immutable value with a reference count, in one pooled block.
//
// What broadcast and watch hand around, so that copying a T (user code) never happens under a lock.
//
// Thread-safety: the handle is a plain value; the value is shared and const.
#ifndef ZOKIO_FUTURE_SHARED_VALUE_H_
#define ZOKIO_FUTURE_SHARED_VALUE_H_

#include <cstdint>
#include <new>
#include <utility>

#include "base/atomic.h"
#include "mem/frame_pool.h"

namespace zokio {

template <typename T>
class SharedValue {
 public:
  SharedValue() = default;
  static SharedValue Make(T value) {
    SharedValue made;
    made.block_ = ::new (FramePool::Allocate(sizeof(Block))) Block{{1}, std::move(value)};
    return made;
  }
  SharedValue(const SharedValue& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, memory_order_relaxed);
  }
  SharedValue(SharedValue&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedValue& operator=(SharedValue other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedValue() {
    if (block_ == nullptr || block_->references.fetch_sub(1, memory_order_acq_rel) != 1) return;
    block_->~Block();
    FramePool::Free(block_, sizeof(Block));
  }

  explicit operator bool() const { return block_ != nullptr; }
  const T& operator*() const { return block_->value; }
  const T* operator->() const { return &block_->value; }

 private:
  static_assert(alignof(T) <= 16, "an over-aligned value: use a std::unique_ptr");

  struct Block {
    Atomic<uint32_t> references;
    T value;
  };
  Block* block_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SHARED_VALUE_H_
