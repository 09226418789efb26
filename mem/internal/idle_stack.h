// IdleStack<T>: per-thread heaps whose thread has ended, waiting for the next thread.
//
// Treiber's stack with a tag against ABA. An object is page-aligned and never unmapped, so its
// address takes 36 bits of the word (48-bit address space) and the tag 28; a push or pop would have
// to be overtaken by exactly 2^28 others to be fooled. Lock-free, so a fork in the middle of
// another thread's call leaves nothing locked in the child.
//
// Ownership: an object in the stack belongs to nobody; Pop makes it the caller's alone.
// Thread-safety: any thread.
// Memory ordering: Push releases, Pop acquires: all that the last owner did is visible to the next.
// Cost: one compare-and-swap when uncontended; once per life of a thread.
// Source: R. K. Treiber, "Systems programming: coping with parallelism", 1986.
#ifndef ZOKIO_MEM_INTERNAL_IDLE_STACK_H_
#define ZOKIO_MEM_INTERNAL_IDLE_STACK_H_

#include <cstdint>

#include "base/atomic.h"

namespace zokio::mem_internal {

// T has a member `Atomic<T*> next_idle`.
template <typename T>
class IdleStack {
 public:
  constexpr IdleStack() = default;

  void Push(T* object) {
    uint64_t head = head_.load(memory_order_relaxed);
    uint64_t pushed;
    do {
      object->next_idle.store(ObjectOf(head), memory_order_relaxed);
      pushed = Pack(object, TagOf(head) + 1);
    } while (
        !head_.compare_exchange_weak(head, pushed, memory_order_release, memory_order_relaxed));
  }

  // nullptr where the stack is empty.
  T* Pop() {
    uint64_t head = head_.load(memory_order_acquire);
    while (true) {
      T* object = ObjectOf(head);
      if (object == nullptr) return nullptr;
      // Stale where another thread popped it meanwhile; then the exchange fails.
      T* next = object->next_idle.load(memory_order_relaxed);
      if (head_.compare_exchange_weak(head, Pack(next, TagOf(head) + 1), memory_order_acquire,
                                      memory_order_acquire)) {
        return object;
      }
    }
  }

 private:
  static constexpr int kPageBits = 12;
  static constexpr int kTagBits = 28;
  static constexpr uint64_t kTagMask = (uint64_t{1} << kTagBits) - 1;

  static T* ObjectOf(uint64_t word) {
    return reinterpret_cast<T*>((word >> kTagBits) << kPageBits);
  }
  static uint64_t TagOf(uint64_t word) { return word & kTagMask; }
  static uint64_t Pack(T* object, uint64_t tag) {
    const uint64_t address = reinterpret_cast<uintptr_t>(object);
    return (address >> kPageBits << kTagBits) | (tag & kTagMask);
  }

  Atomic<uint64_t> head_{0};
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_IDLE_STACK_H_
