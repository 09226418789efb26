// operator new and delete of a modelled program: what a body allocates comes from the Heap, so
// that leaks, double frees and uses after free are verdicts. All else goes to malloc.
#include <cstdlib>
#include <new>

#include "tools/model/execution.h"
#include "tools/model/heap.h"

namespace {

using zokio::model::Execution;
using zokio::model::Heap;

void* Allocate(size_t size, size_t alignment) {
  if (Execution* execution = Execution::Current()) return execution->Allocate(size, alignment);
  size = size == 0 ? 1 : size;
  void* memory = alignment <= alignof(max_align_t)
                     ? std::malloc(size)
                     : std::aligned_alloc(alignment, (size + alignment - 1) & ~(alignment - 1));
  if (memory == nullptr) std::abort();
  return memory;
}

[[gnu::always_inline]] inline void Deallocate(void* memory) {
  if (memory == nullptr) return;
  if (!Heap::Contains(memory)) {
    std::free(memory);
  } else if (Execution* execution = Execution::Current()) {
    execution->Deallocate(memory, __builtin_return_address(0));
  } else if (Heap::Block* block = Heap::Get().Find(memory)) {
    block->freed = true;  // the checker itself lets go of something of the body's
  }
}

constexpr size_t kPlain = alignof(max_align_t);

}  // namespace

void* operator new(size_t size) { return Allocate(size, kPlain); }
void* operator new[](size_t size) { return Allocate(size, kPlain); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Allocate(size, kPlain); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Allocate(size, kPlain); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return Allocate(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { Deallocate(memory); }
void operator delete[](void* memory) noexcept { Deallocate(memory); }
void operator delete(void* memory, size_t) noexcept { Deallocate(memory); }
void operator delete[](void* memory, size_t) noexcept { Deallocate(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { Deallocate(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { Deallocate(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Deallocate(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { Deallocate(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { Deallocate(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { Deallocate(memory); }
