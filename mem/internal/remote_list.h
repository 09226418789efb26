// RemoteList: blocks that other threads freed, on their way back to their owner.
//
// Many threads push chains of blocks; one, the owner, takes all at once. The links lie in the
// blocks themselves, which nobody uses meanwhile.
//
// Thread-safety: Push from any thread; TakeAll by one thread at a time; Empty from any.
// Memory ordering: Push releases, TakeAll acquires: what was written to a block before it was
//   pushed is visible to who took it. TakeAll is an exchange, so there is no ABA.
// Cost: a compare-and-swap per chain, however long; an exchange per TakeAll.
#ifndef ZOKIO_MEM_INTERNAL_REMOTE_LIST_H_
#define ZOKIO_MEM_INTERNAL_REMOTE_LIST_H_

#include <cstdint>

#include "base/atomic.h"

namespace zokio::mem_internal {

// What a freed block holds while it travels. Blocks too small for the payload carry none.
struct RemoteBlock {
  RemoteBlock* next;
  uint64_t payload;  // the pool's: a size class, or which neighbours travel with it
};

class RemoteList {
 public:
  constexpr RemoteList() = default;

  // REQUIRES: `last` is reached from `first` by `next`; both belong to the caller.
  void Push(RemoteBlock* first, RemoteBlock* last) {
    RemoteBlock* head = head_.load(memory_order_relaxed);
    do {
      last->next = head;
    } while (!head_.compare_exchange_weak(head, first, memory_order_release, memory_order_relaxed));
  }

  // The chain pushed last comes first; nullptr where nothing was pushed.
  RemoteBlock* TakeAll() {
    if (Empty()) return nullptr;
    return head_.exchange(nullptr, memory_order_acquire);
  }

  bool Empty() const { return head_.load(memory_order_relaxed) == nullptr; }

 private:
  Atomic<RemoteBlock*> head_{nullptr};
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_REMOTE_LIST_H_
