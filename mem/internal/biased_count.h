// BiasedCount: a reference count that costs its owner's thread no atomic operation.
//
// Two counts make one: `biased`, plain, changed by the owning thread alone, and `shared`, atomic,
// changed by all others; the references that exist are their sum. No code runs when a reference
// moves between threads, so a reference counted in one may be dropped in the other, and `shared`
// can become negative. Then only the owner can tell whether references are left: whoever makes
// `shared` negative queues the count to its owner, which merges both counts into the shared one.
// The owner also merges when its own count reaches zero. From then on every thread uses `shared`,
// and who takes it to zero frees.
//
//   shared word:  count << 2 | queued << 1 | merged
//   queued        the count lies in its owner's queue; only who takes it out may free it
//
// The owner is a token, unique to one life of a thread. When the thread ends its queue closes; a
// count that would be queued there is merged by the thread that found it closed: nobody else can
// touch `biased` then.
//
// Thread-safety: any thread may clone and drop the references it holds.
// Memory ordering: a drop releases, the drop that frees acquires: what any holder did with the
//   object is visible to who frees it. The closing of a queue releases what its owner counted.
// Cost: about 1 ns for the owner's clone and drop, a compare-and-swap for another thread's.
// Source: J. Choi, T. Shull, J. Torrellas, "Biased reference counting", PACT 2018; the closing
//   queue is ours.
#ifndef ZOKIO_MEM_INTERNAL_BIASED_COUNT_H_
#define ZOKIO_MEM_INTERNAL_BIASED_COUNT_H_

#include <cstdint>

#include "base/atomic.h"

namespace zokio::mem_internal {

class BiasedCount;

// One thread's queue of counts to merge. Lives for ever: it is passed from thread to thread.
class MergeQueue {
 public:
  constexpr MergeQueue() = default;

  // False where the queue is closed: the caller merges.
  bool Push(BiasedCount* count);
  // The owner's: all that was pushed.
  BiasedCount* TakeAll();
  bool Empty() const { return head_.load(memory_order_relaxed) == nullptr; }
  // The owning thread ends: as TakeAll, and Push fails from now on.
  BiasedCount* Close() { return head_.exchange(Closed(), memory_order_acq_rel); }
  // The next thread begins.  REQUIRES: closed, and this caller's alone.
  void Open() { head_.store(nullptr, memory_order_release); }

 private:
  static BiasedCount* Closed() { return reinterpret_cast<BiasedCount*>(uintptr_t{1}); }

  Atomic<BiasedCount*> head_{nullptr};
};

class BiasedCount {
 public:
  // With one reference, owned by the thread of `token`; 0 for none.
  BiasedCount(uint64_t token, MergeQueue* queue)
      : owner_(token),
        queue_(queue),
        biased_(token == 0 ? 0 : 1),
        shared_(token == 0 ? kOne | kMerged : 0) {}

  void Clone(uint64_t my_token) {
    if (owner_.load(memory_order_relaxed) == my_token && my_token != 0) [[likely]] {
      ++biased_;
    } else {
      shared_.fetch_add(kOne, memory_order_relaxed);
    }
  }

  // True where this was the last reference: the caller frees.
  [[nodiscard]] bool Drop(uint64_t my_token) {
    if (owner_.load(memory_order_relaxed) == my_token && my_token != 0) [[likely]] {
      return --biased_ == 0 && MergeEmptied();
    }
    return DropShared();
  }

  // Merges a count that was taken from a queue. True where no reference is left.
  [[nodiscard]] bool MergeQueued() {
    owner_.store(0, memory_order_relaxed);
    const int32_t biased = biased_;
    biased_ = 0;
    int32_t shared = shared_.load(memory_order_relaxed);
    int32_t merged;
    do {
      merged = ((shared + biased * kOne) & ~kQueued) | kMerged;
    } while (
        !shared_.compare_exchange_weak(shared, merged, memory_order_acq_rel, memory_order_relaxed));
    return (merged & ~kMerged) == 0;
  }

  // Whether the caller's reference is the only one; may answer false for a thread that does not
  // own the count.
  bool Unique(uint64_t my_token) const {
    const int32_t shared = shared_.load(memory_order_acquire);
    if (owner_.load(memory_order_relaxed) == my_token && my_token != 0) {
      return biased_ * kOne + (shared & ~kQueued) == kOne;
    }
    return shared == (kOne | kMerged);
  }

  BiasedCount* next_queued = nullptr;

 private:
  static constexpr int32_t kMerged = 1;
  static constexpr int32_t kQueued = 2;
  static constexpr int32_t kOne = 4;

  // The owner's last reference went: others decide from now on.
  bool MergeEmptied() {
    owner_.store(0, memory_order_relaxed);  // after the exchange the object may be gone
    int32_t shared = shared_.load(memory_order_relaxed);
    while (!shared_.compare_exchange_weak(shared, shared | kMerged, memory_order_acq_rel,
                                          memory_order_relaxed)) {
    }
    return shared == 0;  // neither counted nor queued
  }

  [[gnu::noinline]] bool DropShared() {
    int32_t shared = shared_.load(memory_order_relaxed);
    int32_t dropped;
    do {
      dropped = shared - kOne;
      if (dropped < 0) dropped |= kQueued;  // a merged count is never negative
    } while (!shared_.compare_exchange_weak(shared, dropped, memory_order_acq_rel,
                                            memory_order_relaxed));
    if ((dropped & kQueued) != 0) {
      if ((shared & kQueued) != 0) return false;  // it lies there already
      return !queue_->Push(this) && MergeQueued();
    }
    return dropped == kMerged;
  }

  Atomic<uint64_t> owner_;  // written by the owner alone; 0 once merged
  MergeQueue* queue_;
  int32_t biased_;
  Atomic<int32_t> shared_;
};

inline bool MergeQueue::Push(BiasedCount* count) {
  BiasedCount* head = head_.load(memory_order_acquire);
  do {
    if (head == Closed()) return false;
    count->next_queued = head;
  } while (!head_.compare_exchange_weak(head, count, memory_order_acq_rel, memory_order_acquire));
  return true;
}

inline BiasedCount* MergeQueue::TakeAll() {
  return Empty() ? nullptr : head_.exchange(nullptr, memory_order_acq_rel);
}

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_BIASED_COUNT_H_
