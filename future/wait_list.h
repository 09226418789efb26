// WaitNode, WaitList, WakeBatch: the intrusive queue in which futures wait for a primitive.
//
// A node lives in the future that waits, so waiting allocates nothing. The primitive's lock guards
// the list and every field of the nodes in it; a future that may be in a list takes that lock
// before it goes on or dies, whatever the node's state: so whoever granted it has left the node
// *and* the primitive's critical section, and both may be destroyed.
//
// Wakers are moved into a WakeBatch under the lock and called after it was released.
//
// Thread-safety: none of its own.  Cost: constant per operation.
#ifndef ZOKIO_FUTURE_WAIT_LIST_H_
#define ZOKIO_FUTURE_WAIT_LIST_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "future/waker.h"

namespace zokio::internal {

// Set when it enters a list, and not before: most waits are over before they begin.
struct WaitLink {
  WaitLink* previous;
  WaitLink* next;
};

enum class WaitState : uint8_t {
  kIdle,     // never in a list
  kWaiting,  // in a list
  kGranted,  // taken out by the primitive, with what it waited for
  kClosed,   // taken out because the primitive closed
  kDone,     // the future has had its answer
};

// A node's state, which changes under the primitive's lock. Its future also looks at it without the
// lock, to learn whether it was ever queued or is done: those two states only the future itself
// enters, so that a relaxed load tells them for sure.
class WaitStateCell {
 public:
  WaitStateCell() = default;
  WaitStateCell(const WaitStateCell& other) : value_(WaitState{other}) {}
  WaitStateCell& operator=(const WaitStateCell&) = delete;

  // NOLINTNEXTLINE(google-explicit-constructor): it is a WaitState.
  operator WaitState() const { return value_.load(memory_order_relaxed); }
  WaitStateCell& operator=(WaitState state) {
    value_.store(state, memory_order_relaxed);
    return *this;
  }

 private:
  Atomic<WaitState> value_{WaitState::kIdle};
};

struct WaitNode : WaitLink {
  WaitNode() {}  // NOLINT(modernize-use-equals-default): leaves the links alone
  WaitNode(const WaitNode&) = delete;
  WaitNode& operator=(const WaitNode&) = delete;

  Waker waker;
  uint32_t need = 1;  // the primitive's own use: permits, a ticket
  WaitStateCell state;
};
static_assert(sizeof(void*) != 8 || sizeof(WaitNode) <= 48);

// First in, first out. Circular, so that a node leaves whichever list it is in.
class WaitList {
 public:
  WaitList() { root_.previous = root_.next = &root_; }
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList() { ZOKIO_CHECK(empty(), "a primitive was destroyed while futures wait for it"); }

  bool empty() const { return root_.next == &root_; }
  // REQUIRES: !empty().
  WaitNode* front() { return static_cast<WaitNode*>(root_.next); }

  // Appends `node` with a clone of `waker`.
  void PushBack(WaitNode* node, const Waker& waker) {
    node->waker = waker.Clone();
    node->state = WaitState::kWaiting;
    node->previous = root_.previous;
    node->next = &root_;
    root_.previous->next = node;
    root_.previous = node;
  }
  // As PushBack, but first in line: for one that had its turn for nothing.
  void PushFront(WaitNode* node, const Waker& waker) {
    node->waker = waker.Clone();
    node->state = WaitState::kWaiting;
    node->previous = &root_;
    node->next = root_.next;
    root_.next->previous = node;
    root_.next = node;
  }
  static void Remove(WaitNode* node) {
    node->previous->next = node->next;
    node->next->previous = node->previous;
  }
  // Takes the first node out, into `state`; the caller wakes what it returns, outside the lock.
  Waker PopFront(WaitState state) {
    WaitNode* node = front();
    Remove(node);
    node->state = state;
    return std::move(node->waker);
  }
  // Moves all nodes of `other` here.  REQUIRES: empty().
  void TakeAll(WaitList& other) {
    if (other.empty()) return;
    root_ = other.root_;
    root_.previous->next = root_.next->previous = &root_;
    other.root_.previous = other.root_.next = &other.root_;
  }

 private:
  WaitLink root_;
};

// Gives a waiting node the waker of the latest poll. The replaced one is returned, to be dropped
// outside the lock.
inline Waker RefreshWaker(WaitNode& node, const Waker& waker) {
  if (node.waker.WillWake(waker)) return Waker();
  return std::exchange(node.waker, waker.Clone());
}

// Wakers collected under a lock.
class WakeBatch {
 public:
  bool full() const { return count_ == kCapacity; }
  // REQUIRES: !full().
  void Add(Waker waker) { wakers_[count_++] = std::move(waker); }
  // Outside the lock.
  void WakeAll() {
    for (size_t i = 0; i < count_; ++i) std::move(wakers_[i]).Wake();
    count_ = 0;
  }

 private:
  static constexpr size_t kCapacity = 16;
  size_t count_ = 0;
  Waker wakers_[kCapacity];
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_WAIT_LIST_H_
