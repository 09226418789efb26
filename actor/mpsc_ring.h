// MpscRing<T>: a bounded queue from many producers to one consumer, in batches.
//
// Producers claim consecutive slots by one compare-and-swap, write them, and publish each slot by
// its own sequence number; the consumer takes slots in order as far as they are published. So
// a producer that is held up between claim and publish holds up what was claimed after it.
//
// Ownership: owns its slots and destroys what was not consumed.
// Thread-safety: TryPush and TryPushBatch by any thread, Drain and TryPop by one at a time.
// Memory ordering: a slot's sequence is released by its producer and acquired by the consumer; the
//   head is released after the consumed elements were destroyed and acquired by who claims again.
// Errors: a full ring takes less than it was offered and says how much.
// Cost: one compare-and-swap a batch and one store an element.
// Source: the multi-producer sequencer of the Disruptor (M. Thompson and others 2011).
#ifndef ZOKIO_ACTOR_MPSC_RING_H_
#define ZOKIO_ACTOR_MPSC_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "actor/internal/ring_slots.h"
#include "base/atomic.h"

namespace zokio {

template <typename T>
class MpscRing {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>);

 public:
  // REQUIRES: capacity is a power of two.
  explicit MpscRing(size_t capacity) : slots_(capacity) {
    for (size_t i = 0; i < capacity; ++i) std::construct_at(slots_.At(i));
  }
  MpscRing(const MpscRing&) = delete;
  MpscRing& operator=(const MpscRing&) = delete;
  ~MpscRing() {
    Drain(SIZE_MAX, [](T&&) {});
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
    uint64_t tail = tail_.load(memory_order_relaxed);
    size_t n;
    do {
      n = std::min(count, Room(tail, count));
      if (n == 0) return 0;
    } while (!tail_.compare_exchange_weak(tail, tail + n, memory_order_relaxed));
    for (size_t i = 0; i < n; ++i) {
      Slot* slot = slots_.At(tail + i);
      ::new (static_cast<void*>(slot->bytes)) T(fill(i));
      slot->sequence.store(tail + i + 1, memory_order_release);
    }
    return n;
  }

  // Consumer. False when nothing is published.
  bool TryPop(T& out) {
    return Drain(1, [&](T&& value) { out = std::move(value); }) != 0;
  }
  // Consumer. Hands the oldest elements, at most `max`, to `consume(T&&)`; returns how many.
  // `consume` does not throw.
  template <typename Consume>
  size_t Drain(size_t max, Consume&& consume) {
    const uint64_t head = head_.load(memory_order_relaxed);
    uint64_t at = head;
    for (; at - head < max; ++at) {
      Slot* slot = slots_.At(at);
      if (slot->sequence.load(memory_order_acquire) != at + 1) break;
      T* value = slot->value();
      consume(std::move(*value));
      std::destroy_at(value);
    }
    if (at != head) head_.store(at, memory_order_release);
    return static_cast<size_t>(at - head);
  }

  // Consumer. Whether there is something to take. Not where the oldest slot is claimed and not
  // published yet: then its producer, once it has published, is who knows more.
  bool ready() const {
    const uint64_t head = head_.load(memory_order_relaxed);
    return slots_.At(head)->sequence.load(memory_order_acquire) == head + 1;
  }
  // Consumer. How many elements were consumed since the beginning, and how many slots were claimed
  // by producers: all that happened before is among the first of those.
  uint64_t consumed() const { return head_.load(memory_order_relaxed); }
  uint64_t claimed() const { return tail_.load(memory_order_acquire); }

  // Any thread: a hint, exact for who is alone with the ring.
  bool empty() const {
    return head_.load(memory_order_acquire) == tail_.load(memory_order_acquire);
  }

 private:
  struct Slot {
    T* value() { return std::launder(reinterpret_cast<T*>(bytes)); }

    Atomic<uint64_t> sequence{0};  // position + 1 of what was published last
    alignas(T) std::byte bytes[sizeof(T)];
  };

  // Free slots after `tail`, looked up anew where fewer than `wanted` are known.
  size_t Room(uint64_t tail, size_t wanted) {
    uint64_t head = head_seen_.load(memory_order_acquire);
    // Either position may be newer than the other by more than a lap.
    if (tail < head || capacity() < tail - head + wanted) {
      head = head_.load(memory_order_acquire);
      head_seen_.store(head, memory_order_release);
    }
    if (tail < head) return wanted;  // `tail` is old: the swap fails
    return tail - head < capacity() ? static_cast<size_t>(capacity() - (tail - head)) : 0;
  }

  internal::RingSlots<Slot> slots_;
  alignas(64) Atomic<uint64_t> tail_{0};
  Atomic<uint64_t> head_seen_{0};  // never beyond the head
  alignas(64) Atomic<uint64_t> head_{0};
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_MPSC_RING_H_
