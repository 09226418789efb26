// RunQueue: a worker's own ring of runnable tasks, from which other workers steal.
//
// First in, first out. The owner pushes at the tail by a plain store; everybody, the owner
// included, takes from the head by *claiming a batch*: copy up to n tasks, then move the head over
// them by one compare-and-swap. A copy is valid if and only if the swap succeeds, because a slot is
// written again only after the head has passed it, and positions are 64 bits and never repeat. So
// the owner pays one read-modify-write for a whole batch of its own tasks, and thieves take half.
//
// Ownership: none; a queued task is held by its own alive reference.
// Thread-safety: Push and Claim by the owner; Steal, size and empty by any thread.
// Memory ordering: Push publishes with a release store of the tail, which Claim and Steal acquire:
//   what the owner did before the push is seen by whoever runs the task. The swap of the head
//   releases; the owner's acquire of the head in Push makes a slot's reuse come after its copy.
// Cost: Push two stores (and a load of the head once a lap); Claim and Steal one swap.
// Source: the half-stealing ring of the Go and Tokio schedulers, with batch claims by the owner.
#ifndef ZOKIO_SCHED_RUN_QUEUE_H_
#define ZOKIO_SCHED_RUN_QUEUE_H_

#include <algorithm>
#include <cstdint>

#include "base/atomic.h"

namespace zokio {

struct TaskHeader;

// The capacity is a parameter for the model checker alone.
template <uint32_t capacity>
class BasicRunQueue {
  static_assert((capacity & (capacity - 1)) == 0, "positions are masked");

 public:
  static constexpr uint32_t kCapacity = capacity;

  BasicRunQueue() = default;
  BasicRunQueue(const BasicRunQueue&) = delete;
  BasicRunQueue& operator=(const BasicRunQueue&) = delete;

  // Owner. False when full.
  bool Push(TaskHeader* task) {
    uint64_t tail = tail_.load(memory_order_relaxed);
    if (tail - head_seen_ >= capacity) {
      head_seen_ = head_.load(memory_order_acquire);
      if (tail - head_seen_ >= capacity) return false;
    }
    slots_[tail & kMask].store(task, memory_order_relaxed);
    tail_.store(tail + 1, memory_order_release);
    return true;
  }

  // Owner. Takes the oldest tasks, at most `max`; returns how many. What stands in `out` beyond
  // that has no meaning (thieves may have it).
  uint32_t Claim(TaskHeader** out, uint32_t max) {
    uint64_t tail = tail_.load(memory_order_relaxed);
    uint64_t head = head_.load(memory_order_acquire);
    while (true) {
      uint32_t count = static_cast<uint32_t>(std::min<uint64_t>(tail - head, max));
      if (count == 0) return 0;
      if (Take(head, count, out)) return count;
    }
  }

  // Any thread. Takes the older half (rounded up), at most `max`; returns how many. Zero may also
  // mean that somebody else was faster.
  uint32_t Steal(TaskHeader** out, uint32_t max) {
    uint64_t head = head_.load(memory_order_acquire);
    uint64_t tail = tail_.load(memory_order_acquire);
    // The tail may be newer than the head by more than a lap; then the swap would fail anyway.
    if (tail <= head || tail - head > capacity) return 0;
    uint32_t count = static_cast<uint32_t>(std::min<uint64_t>((tail - head + 1) / 2, max));
    return Take(head, count, out) ? count : 0;
  }

  // Any thread: exact for the owner while nobody steals, a hint for others.
  uint32_t size() const {
    uint64_t head = head_.load(memory_order_acquire);
    uint64_t tail = tail_.load(memory_order_acquire);
    return tail <= head ? 0 : static_cast<uint32_t>(std::min<uint64_t>(tail - head, capacity));
  }
  bool empty() const { return size() == 0; }

  // How many were ever pushed, and how many taken: what stood in the queue at a moment is gone once
  // `taken` has reached what `pushed` was then. Any thread, as size.
  uint64_t pushed() const { return tail_.load(memory_order_acquire); }
  uint64_t taken() const { return head_.load(memory_order_acquire); }

 private:
  static constexpr uint64_t kMask = capacity - 1;

  // One attempt; on failure `head` is what was found instead.
  bool Take(uint64_t& head, uint32_t count, TaskHeader** out) {
    for (uint32_t i = 0; i < count; ++i) {
      out[i] = slots_[(head + i) & kMask].load(memory_order_relaxed);
    }
    return head_.compare_exchange_strong(head, head + count, memory_order_acq_rel,
                                         memory_order_acquire);
  }

  alignas(64) Atomic<uint64_t> head_{0};
  alignas(64) Atomic<uint64_t> tail_{0};
  uint64_t head_seen_ = 0;  // the owner's last look at the head: never beyond it
  Atomic<TaskHeader*> slots_[capacity]{};
};

using RunQueue = BasicRunQueue<256>;

}  // namespace zokio

#endif  // ZOKIO_SCHED_RUN_QUEUE_H_
