// RemoteStack<T>: nodes handed from any thread to one; the lock-free list behind cross-thread
// requests, frees and buffer returns.
//
// Intrusive: a node is linked by its member `link`, so that handing over allocates nothing. The
// consumer takes everything at once, which is why the classic ABA problem of a lock-free pop does
// not arise. Closing is final: afterwards a push is refused and the node stays the pusher's.
//
// Ownership: a pushed node is the consumer's.
// Thread-safety: Push from any thread; TakeAll and Close by the consumer.
// Memory ordering: a push (sequentially consistent, so that "pushed, then looked whether the
//   consumer waits" is in order) is seen whole by the take that returns it (acquire).
// Cost: one compare-exchange a push; TakeAll of an empty stack is one load.
// Source: R. K. Treiber, "Systems programming: coping with parallelism", 1986.
#ifndef ZOKIO_IO_INTERNAL_REMOTE_STACK_H_
#define ZOKIO_IO_INTERNAL_REMOTE_STACK_H_

#include <cstdint>

#include "base/atomic.h"

namespace zokio::io {

template <typename T>
class RemoteStack {
 public:
  // False when closed.
  bool Push(T* node) {
    T* head = head_.load(memory_order_relaxed);
    do {
      if (head == Closed()) return false;
      node->link = head;
    } while (!head_.compare_exchange_weak(head, node, memory_order_seq_cst, memory_order_relaxed));
    return true;
  }

  bool empty() const { return head_.load(memory_order_seq_cst) == nullptr; }

  // All nodes, oldest first, linked by `link`.
  T* TakeAll() {
    if (empty()) return nullptr;
    return Reverse(head_.exchange(nullptr, memory_order_acquire));
  }

  // As TakeAll, for the last time.
  T* Close() { return Reverse(head_.exchange(Closed(), memory_order_acq_rel)); }

 private:
  static T* Closed() { return reinterpret_cast<T*>(uintptr_t{1}); }
  static T* Reverse(T* node) {
    if (node == Closed()) return nullptr;
    T* reversed = nullptr;
    while (node != nullptr) {
      T* next = node->link;
      node->link = reversed;
      reversed = node;
      node = next;
    }
    return reversed;
  }

  Atomic<T*> head_{nullptr};
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_REMOTE_STACK_H_
