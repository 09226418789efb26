// Inbox: where envelopes enter a loop from threads that have no ring to it.
// WakeFlag: whether the loop must be woken after something was put where it looks.
//
// The protocol of a loop and its senders:
//   sender:  put the message (inbox or ring), then Raise(); if that says so, wake the loop's task
//   loop:    found nothing: Lower(), look everywhere once more; if there is something, Raise() and
//            go on, else answer pending
// Both sides change the same word by read-modify-writes. Either the sender's comes first: then the
// loop's second look sees the message; or the loop's: then the sender is told to wake it.
//
// Ownership: an Inbox holds envelopes; its owner drains it before the end.
// Thread-safety: Push, Raise by any thread; TakeAll, Lower by the loop.
// Memory ordering: Push releases and TakeAll acquires the head; Raise and Lower are acquire and
//   release, so that what was published before one is seen after the other.
// Cost: Push one compare-and-swap, Raise one exchange.
#ifndef ZOKIO_ACTOR_INTERNAL_INBOX_H_
#define ZOKIO_ACTOR_INTERNAL_INBOX_H_

#include <cstdint>
#include <utility>

#include "base/atomic.h"

namespace zokio::internal {

// Node has a member `Node* next`.
template <typename Node>
class Inbox {
 public:
  void Push(Node* node) {
    Node* head = head_.load(memory_order_relaxed);
    do {
      node->next = head;
    } while (!head_.compare_exchange_weak(head, node, memory_order_release, memory_order_relaxed));
  }

  // All that is there, linked by `next`, oldest first.
  Node* TakeAll() {
    if (empty()) return nullptr;
    Node* newest = head_.exchange(nullptr, memory_order_acquire);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* next = newest->next;
      newest->next = oldest;
      oldest = std::exchange(newest, next);
    }
    return oldest;
  }

  bool empty() const { return head_.load(memory_order_relaxed) == nullptr; }

 private:
  alignas(64) Atomic<Node*> head_{nullptr};
};

// Raised: the loop is awake, or somebody is about to wake it.
class WakeFlag {
 public:
  // True when the caller must wake the loop.
  [[nodiscard]] bool Raise() { return !raised_.exchange(true, memory_order_acq_rel); }
  void Lower() { raised_.exchange(false, memory_order_acq_rel); }

 private:
  alignas(64) Atomic<bool> raised_{true};
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_INBOX_H_
