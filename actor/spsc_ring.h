// SpscRing<T>: a bounded queue from one producer to one consumer, in batches.
//
//   SpscRing<Order> ring(1024);
//   ring.TryPushBatch(16, [&](size_t i) { return orders[i]; });     // producer
//   ring.Drain(256, [&](Order&& order) { book.Apply(order); });     // consumer
//
// A batch is written in place and published by one store; a drained batch is given back by one.
// `Stage` and `Publish` do the two steps of the producer apart.
//
// Ownership: owns its slots and destroys what was not consumed.
// Thread-safety: the producer's functions by one thread at a time, the consumer's by one.
// Memory ordering: Publish releases the tail, the consumer acquires it; Drain releases the head
//   after it destroyed what it consumed, the producer acquires it before it writes there again.
// Errors: a full ring takes less than it was offered and says how much.
// Cost: one load of the other side's line only when its last known position does not suffice.
// Source: L. Lamport 1977; cached positions and batches after the Disruptor (M. Thompson 2011).
#ifndef ZOKIO_ACTOR_SPSC_RING_H_
#define ZOKIO_ACTOR_SPSC_RING_H_

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
class SpscRing {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>);

 public:
  // REQUIRES: capacity is a power of two.
  explicit SpscRing(size_t capacity) : slots_(capacity) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;
  ~SpscRing() {
    Publish();
    Drain(SIZE_MAX, [](T&&) {});
  }

  size_t capacity() const { return slots_.capacity(); }

  // Producer. Writes one element that the consumer does not see before Publish. False when full.
  bool Stage(T value) {
    if (Room(1) == 0) return false;
    std::construct_at(slots_.At(staged_++), std::move(value));
    return true;
  }
  // Producer. Shows the consumer all that was staged.
  void Publish() {
    if (staged_ != tail_.load(memory_order_relaxed)) tail_.store(staged_, memory_order_release);
  }
  // Producer. How many elements are staged and not published.
  size_t staged() const { return static_cast<size_t>(staged_ - tail_.load(memory_order_relaxed)); }

  // Producer. False when full; what was staged before is published as well.
  bool TryPush(T value) {
    if (!Stage(std::move(value))) return false;
    Publish();
    return true;
  }
  // Producer. Builds `fill(0)`, `fill(1)`, ... in place, as many as fit, and publishes them
  // together. Returns how many. `fill` does not throw.
  template <typename Fill>
  size_t TryPushBatch(size_t count, Fill&& fill) {
    const size_t n = std::min(count, Room(count));
    const uint64_t at = staged_;
    for (size_t i = 0; i < n; ++i) ::new (static_cast<void*>(slots_.At(at + i))) T(fill(i));
    staged_ = at + n;
    if (n != 0) tail_.store(staged_, memory_order_release);
    return n;
  }

  // Consumer. False when empty.
  bool TryPop(T& out) {
    return Drain(1, [&](T&& value) { out = std::move(value); }) != 0;
  }
  // Consumer. Hands the oldest elements, at most `max`, to `consume(T&&)`; returns how many.
  // `consume` does not throw.
  template <typename Consume>
  size_t Drain(size_t max, Consume&& consume) {
    if (tail_seen_ - head_.load(memory_order_relaxed) < max) Observe();
    return DrainObserved(max, std::forward<Consume>(consume));
  }
  // Consumer. The two steps of Drain apart: looks what is published, and takes of that alone.
  void Observe() { tail_seen_ = tail_.load(memory_order_acquire); }
  template <typename Consume>
  size_t DrainObserved(size_t max, Consume&& consume) {
    const uint64_t head = head_.load(memory_order_relaxed);
    const uint64_t end = head + std::min<uint64_t>(tail_seen_ - head, max);
    for (uint64_t at = head; at != end; ++at) {
      T* value = slots_.At(at);
      consume(std::move(*value));
      std::destroy_at(value);
    }
    if (end != head) head_.store(end, memory_order_release);
    return static_cast<size_t>(end - head);
  }
  // Consumer. The element after `skip` others, or null: to prefetch what it points to. Within a
  // drain it counts from where that began.
  T* Peek(size_t skip) {
    const uint64_t at = head_.load(memory_order_relaxed) + skip;
    return at < tail_seen_ ? slots_.At(at) : nullptr;
  }

  // Any thread: a hint, exact for who is alone with the ring.
  bool empty() const {
    return head_.load(memory_order_acquire) == tail_.load(memory_order_acquire);
  }
  size_t size() const {
    const uint64_t head = head_.load(memory_order_acquire);
    return static_cast<size_t>(tail_.load(memory_order_acquire) - head);
  }

 private:
  // How many free slots there are, looked up anew where fewer than `wanted` are known.
  size_t Room(size_t wanted) {
    if (slots_.capacity() - (staged_ - head_seen_) < wanted) {
      head_seen_ = head_.load(memory_order_acquire);
    }
    return static_cast<size_t>(slots_.capacity() - (staged_ - head_seen_));
  }

  internal::RingSlots<T> slots_;
  alignas(64) Atomic<uint64_t> tail_{0};  // the producer's line
  uint64_t staged_ = 0;
  uint64_t head_seen_ = 0;
  alignas(64) Atomic<uint64_t> head_{0};  // the consumer's line
  uint64_t tail_seen_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_SPSC_RING_H_
