// ForkDeque: a worker's forked children that nobody runs yet.
//
// The owner pushes and pops at the bottom, newest first, which is the order in which it comes to
// them anyway; other workers steal at the top, oldest first, which are the largest pieces. Room is
// bounded: a fork that finds it full runs its children in turn.
//
// A pop moves the bottom down and then looks at the top; a steal reads the top and then the bottom.
// If both could miss each other's step, one child would run twice. The store-load order between is
// an AsymmetricFence: the owner, which pops for each fork, pays nothing; a thief, whose prey is
// mostly half of all that is left, pays a system call. What decides about the last entry is the
// compare-and-swap of the top, and a thief always takes by that.
//
// Ownership: none.
// Thread-safety: Push, Pop, PopIf by the owner; Steal and empty by any thread.
// Memory ordering: every store of the bottom releases, and Steal acquires it: what the owner did
//   before the push is seen by the thief. The swap of the top releases; the owner acquires it
//   before it writes a slot again. Positions are 64 bits and the top only grows.
// Cost: Push two stores, Pop two stores and two loads, no read-modify-write unless one entry is
//   left. Steal of something one membarrier and one swap.
// Source: Chase and Lev, "Dynamic circular work-stealing deque" (2005); Le et al. (2013) for the
//   orders; docs/decisions/0005-fork-deque-without-fence.md for the fence.
#ifndef ZOKIO_SCHED_FORK_DEQUE_H_
#define ZOKIO_SCHED_FORK_DEQUE_H_

#include <cstdint>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"

namespace zokio {

struct TaskHeader;

// The capacity is a parameter for the model checker alone.
template <uint32_t capacity>
class BasicForkDeque {
  static_assert((capacity & (capacity - 1)) == 0, "positions are masked");

 public:
  static constexpr uint32_t kCapacity = capacity;

  BasicForkDeque() = default;
  BasicForkDeque(const BasicForkDeque&) = delete;
  BasicForkDeque& operator=(const BasicForkDeque&) = delete;

  // Owner. False when full.
  bool Push(TaskHeader* task) {
    uint64_t bottom = bottom_.load(memory_order_relaxed);
    if (__builtin_expect(bottom - top_seen_ >= capacity, 0)) {
      top_seen_ = top_.load(memory_order_acquire);
      if (bottom - top_seen_ >= capacity) return false;
    }
    slots_[bottom & kMask].store(task, memory_order_relaxed);
    bottom_.store(bottom + 1, memory_order_release);
    return true;
  }

  // Owner. As PopIf, but may refuse the last entry: the part of it that is worth inlining.
  bool PopIfOfMany(TaskHeader* task) {
    uint64_t bottom = bottom_.load(memory_order_relaxed);
    uint64_t below = bottom - 1;
    if (slots_[below & kMask].load(memory_order_relaxed) != task) return false;
    bottom_.store(below, memory_order_release);
    AsymmetricFence::FastSide();
    if (__builtin_expect(top_.load(memory_order_relaxed) < below, 1)) return true;
    bottom_.store(bottom, memory_order_release);
    return false;
  }

  // Owner. Takes `task` if it is the newest entry and nobody has stolen it.
  bool PopIf(TaskHeader* task) {
    uint64_t bottom = bottom_.load(memory_order_relaxed);
    // The slot below an empty deque may still hold it: Take finds that out.
    if (slots_[(bottom - 1) & kMask].load(memory_order_relaxed) != task) return false;
    return Take(bottom);
  }

  // Owner. The newest entry, or null.
  TaskHeader* Pop() {
    uint64_t bottom = bottom_.load(memory_order_relaxed);
    if (top_.load(memory_order_relaxed) >= bottom) return nullptr;
    TaskHeader* task = slots_[(bottom - 1) & kMask].load(memory_order_relaxed);
    return Take(bottom) ? task : nullptr;
  }

  // Any other thread. The oldest entry; null when there is none or somebody else was faster.
  TaskHeader* Steal() {
    uint64_t top = top_.load(memory_order_acquire);
    if (top >= bottom_.load(memory_order_relaxed)) return nullptr;
    AsymmetricFence::SlowSide();
    if (top >= bottom_.load(memory_order_acquire)) return nullptr;
    TaskHeader* task = slots_[top & kMask].load(memory_order_relaxed);
    return top_.compare_exchange_strong(top, top + 1, memory_order_acq_rel, memory_order_relaxed)
               ? task
               : nullptr;
  }

  // Any thread: a hint.
  bool empty() const {
    return top_.load(memory_order_acquire) >= bottom_.load(memory_order_acquire);
  }

 private:
  static constexpr uint64_t kMask = capacity - 1;

  // The newest entry stands below `bottom`, if any is left.
  bool Take(uint64_t bottom) {
    uint64_t below = bottom - 1;
    bottom_.store(below, memory_order_release);
    AsymmetricFence::FastSide();
    uint64_t top = top_.load(memory_order_relaxed);
    if (__builtin_expect(top < below, 1)) return true;
    // The last one, or gone: the swap decides between us and a thief.
    bool won = top == below && top_.compare_exchange_strong(top, top + 1, memory_order_acq_rel,
                                                            memory_order_acquire);
    bottom_.store(bottom, memory_order_release);
    return won;
  }

  alignas(64) Atomic<uint64_t> top_{0};
  alignas(64) Atomic<uint64_t> bottom_{0};
  uint64_t top_seen_ = 0;  // the owner's last look at the top: never beyond it
  Atomic<TaskHeader*> slots_[capacity]{};
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_FORK_DEQUE_H_
