// RingInbox: a bounded ring by which all threads send to one, and a list for what must not be
// refused when that is full.
//
// Once the list is in use all who would push add to it, until its owner has found it empty; the
// owner gives out a taken list only after all that stood in the ring when it took it. So what one
// thread pushes comes in its order, whichever way it went.
//
// Ownership: holds pointers to nodes (with a member `Node* next`), which belong to whoever takes
//   them.
// A thread that is held up while it pushes does not keep the owner busy: until that is published,
// there is nothing to take. So whoever pushes wakes the owner afterwards, each time.
//
// Thread-safety: TryPush and Push by any thread, Drain, empty and settled by the owner.
// Memory ordering: as MpscRing; `spilled` is set and cleared under the lock of the list.
// Cost: that of the ring, and one load; a short lock where it is full.
#ifndef ZOKIO_ACTOR_INTERNAL_RING_INBOX_H_
#define ZOKIO_ACTOR_INTERNAL_RING_INBOX_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "actor/mpsc_ring.h"
#include "base/atomic.h"
#include "base/mutex.h"

namespace zokio::internal {

template <typename Node>
class RingInbox {
 public:
  // REQUIRES: capacity is a power of two.
  explicit RingInbox(size_t capacity) : ring_(capacity) {}

  // False when it is full.
  bool TryPush(Node* node) { return !spilled_.load(memory_order_acquire) && ring_.TryPush(node); }
  void Push(Node* node) {
    if (TryPush(node)) return;
    MutexLock lock(mutex_);
    spilled_.store(true, memory_order_release);
    node->next = nullptr;
    (head_ == nullptr ? head_ : tail_->next) = node;
    tail_ = node;
  }

  // Hands over what is there; returns how much.
  template <typename Take>
  size_t Drain(Take&& take) {
    if (held_ == nullptr && spilled_.load(memory_order_acquire)) TakeList();
    size_t taken = ring_.Drain(SIZE_MAX, [&](Node*&& node) { take(node); });
    // Somebody may be between claiming a slot and filling it.
    if (held_ == nullptr || ring_.consumed() < held_after_) return taken;
    for (Node* node = std::exchange(held_, nullptr); node != nullptr; ++taken) {
      take(std::exchange(node, node->next));
    }
    return taken;
  }

  // Nothing can be taken now.
  bool empty() const {
    if (ring_.ready()) return false;
    if (held_ != nullptr) return ring_.consumed() < held_after_;
    return !spilled_.load(memory_order_acquire);
  }
  // Nor does anything stand behind what somebody is still pushing. So what was pushed by who was
  // heard of since was taken.
  bool settled() const {
    return held_ == nullptr && !spilled_.load(memory_order_acquire) && ring_.empty();
  }

 private:
  void TakeList() {
    MutexLock lock(mutex_);
    held_ = std::exchange(head_, nullptr);
    if (held_ == nullptr) {
      spilled_.store(false, memory_order_release);
    } else {
      held_after_ = ring_.claimed();
    }
  }

  MpscRing<Node*> ring_;
  // The owner's alone: a list that was taken, and how much of the ring comes before it.
  Node* held_ = nullptr;
  uint64_t held_after_ = 0;
  alignas(64) Mutex mutex_;
  Node* head_ = nullptr;
  Node* tail_ = nullptr;  // valid while there is a head
  Atomic<bool> spilled_{false};
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_RING_INBOX_H_
