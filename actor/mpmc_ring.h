// MpmcRing<T>: a bounded queue from many producers to many consumers, in batches.
//
// Each slot has a sequence number that says whose turn it is: equal to a position when free for the
// producer of that position, one more when full for its consumer. Both sides look how many
// slots in a row are theirs, claim those by one compare-and-swap and then work on them alone.
//
// Ownership: owns its slots and destroys what was not consumed.
// Thread-safety: any thread.
// Memory ordering: the side that is done with a slot releases its sequence, the next one acquires
//   it before it claims.
// Errors: a full ring takes less than it was offered and says how much.
// Cost: one compare-and-swap a batch, one load and one store an element, on each side.
// Source: D. Vyukov's bounded MPMC queue (2010), with claims of several slots.
#ifndef ZOKIO_ACTOR_MPMC_RING_H_
#define ZOKIO_ACTOR_MPMC_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "actor/internal/ring_slots.h"
#include "base/atomic.h"
#include "base/check.h"

namespace zokio {

template <typename T>
class MpmcRing {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>);

 public:
  // REQUIRES: capacity is a power of two, at least 2.
  explicit MpmcRing(size_t capacity) : slots_(capacity) {
    ZOKIO_CHECK(capacity >= 2, "free and full are told apart by one");
    for (size_t i = 0; i < capacity; ++i) std::construct_at(slots_.At(i), i);
  }
  MpmcRing(const MpmcRing&) = delete;
  MpmcRing& operator=(const MpmcRing&) = delete;
  ~MpmcRing() {
    while (Drain(SIZE_MAX, [](T&&) {}) != 0) {
    }
    for (size_t i = 0; i < capacity(); ++i) std::destroy_at(slots_.At(i));
  }

  size_t capacity() const { return slots_.capacity(); }

  // Any thread. False when full.
  bool TryPush(T value) {
    return TryPushBatch(1, [&](size_t) -> T { return std::move(value); }) != 0;
  }
  // Any thread. Builds `fill(0)`, `fill(1)`, ... in place, as many as fit; they stand together in
  // the queue. Returns how many. `fill` does not throw.
  template <typename Fill>
  size_t TryPushBatch(size_t count, Fill&& fill) {
    uint64_t first;
    const size_t n = Claim(tail_, count, 0, first);
    for (size_t i = 0; i < n; ++i) {
      Slot* slot = slots_.At(first + i);
      ::new (static_cast<void*>(slot->bytes)) T(fill(i));
      slot->sequence.store(first + i + 1, memory_order_release);
    }
    return n;
  }

  // Any thread. False when nothing is published.
  bool TryPop(T& out) {
    return Drain(1, [&](T&& value) { out = std::move(value); }) != 0;
  }
  // Any thread. Claims the oldest elements, at most `max`, and hands them to `consume(T&&)`;
  // returns how many. `consume` does not throw.
  template <typename Consume>
  size_t Drain(size_t max, Consume&& consume) {
    uint64_t first;
    const size_t n = Claim(head_, max, 1, first);
    for (size_t i = 0; i < n; ++i) {
      Slot* slot = slots_.At(first + i);
      T* value = slot->value();
      consume(std::move(*value));
      std::destroy_at(value);
      slot->sequence.store(first + i + capacity(), memory_order_release);
    }
    return n;
  }

  // Any thread: a hint, exact for who is alone with the ring.
  bool empty() const {
    return head_.load(memory_order_acquire) == tail_.load(memory_order_acquire);
  }

 private:
  struct Slot {
    explicit Slot(uint64_t position) : sequence(position) {}
    T* value() { return std::launder(reinterpret_cast<T*>(bytes)); }

    Atomic<uint64_t> sequence;
    alignas(T) std::byte bytes[sizeof(T)];
  };

  // Moves `position` over as many slots, at most `max`, as stand at their position plus `offset`.
  size_t Claim(Atomic<uint64_t>& position, size_t max, uint64_t offset, uint64_t& first) {
    const size_t limit = std::min(max, capacity());
    first = position.load(memory_order_relaxed);
    while (true) {
      size_t n = 0;
      uint64_t sequence = 0;
      for (; n < limit; ++n) {
        sequence = slots_.At(first + n)->sequence.load(memory_order_acquire);
        if (sequence != first + n + offset) break;
      }
      if (n != 0) {
        if (position.compare_exchange_weak(first, first + n, memory_order_relaxed)) return n;
        continue;
      }
      // Behind: the other side has not been here. Ahead: somebody claimed it since.
      if (limit == 0 || sequence < first + offset) return 0;
      first = position.load(memory_order_relaxed);
    }
  }

  internal::RingSlots<Slot> slots_;
  alignas(64) Atomic<uint64_t> tail_{0};
  alignas(64) Atomic<uint64_t> head_{0};
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_MPMC_RING_H_
