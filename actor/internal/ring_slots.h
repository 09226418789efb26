// RingSlots<T>: raw memory for the elements of a ring; whoever owns it constructs and destroys
// them.
#ifndef ZOKIO_ACTOR_INTERNAL_RING_SLOTS_H_
#define ZOKIO_ACTOR_INTERNAL_RING_SLOTS_H_

#include <cstddef>
#include <cstdint>
#include <new>

#include "base/check.h"

namespace zokio::internal {

template <typename T>
class RingSlots {
  static constexpr std::align_val_t kAlignment{alignof(T) > 64 ? alignof(T) : 64};

 public:
  explicit RingSlots(size_t capacity)
      : mask_(capacity - 1),
        slots_(static_cast<T*>(::operator new(capacity * sizeof(T), kAlignment))) {
    ZOKIO_CHECK(capacity != 0 && (capacity & mask_) == 0, "a ring's capacity is a power of two");
  }
  RingSlots(const RingSlots&) = delete;
  RingSlots& operator=(const RingSlots&) = delete;
  ~RingSlots() { ::operator delete(slots_, kAlignment); }

  T* At(uint64_t position) const { return slots_ + (position & mask_); }
  size_t capacity() const { return static_cast<size_t>(mask_ + 1); }

 private:
  const uint64_t mask_;
  T* const slots_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_RING_SLOTS_H_
