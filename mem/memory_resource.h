// Adapters that put standard containers and classes on the tiered allocator.
//
//   std::pmr::vector<int> v(TieredResource());            polymorphic
//   std::vector<int, TieredAllocator<int>> v;             by type
//   class Session : public TieredNew<Session> { ... };    `new Session` and `delete`
//
// Thread-safety: as mem/allocator.h.
// Errors: exhausted memory fails a CHECK: these interfaces know exceptions only, and the library
//   throws none.
// Cost: a virtual call for TieredResource; nothing for the others.
#ifndef ZOKIO_MEM_MEMORY_RESOURCE_H_
#define ZOKIO_MEM_MEMORY_RESOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>

#include "base/check.h"
#include "mem/allocator.h"

namespace zokio {

// Lives for ever.
std::pmr::memory_resource* TieredResource();

template <typename T>
class TieredAllocator {
 public:
  using value_type = T;

  TieredAllocator() = default;
  template <typename U>
  // NOLINTNEXTLINE(google-explicit-constructor): the standard asks for it.
  TieredAllocator(const TieredAllocator<U>&) {}

  T* allocate(size_t count) {
    ZOKIO_CHECK(count <= SIZE_MAX / sizeof(T), "a container larger than the address space");
    void* memory = AllocateAligned(count * sizeof(T), alignof(T));
    ZOKIO_CHECK(memory != nullptr, "no memory for a container");
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t count) { FreeAligned(memory, count * sizeof(T), alignof(T)); }

  friend bool operator==(const TieredAllocator&, const TieredAllocator&) { return true; }
};

template <typename T>
class TieredNew {
 public:
  static void* operator new(size_t size) {
    void* memory = AllocateAligned(size, alignof(T));
    ZOKIO_CHECK(memory != nullptr, "no memory for an object");
    return memory;
  }
  static void* operator new(size_t, void* place) { return place; }
  static void operator delete(void* memory, size_t size) { FreeAligned(memory, size, alignof(T)); }
  static void operator delete(void*, void*) {}
};

}  // namespace zokio

#endif  // ZOKIO_MEM_MEMORY_RESOURCE_H_
