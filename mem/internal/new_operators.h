// ZOKIO_DEFINE_NEW_AND_DELETE(Heap): the program's operators new and delete, of every form, by
// `Heap`, which has static Allocate(size), AllocateAligned(size, alignment), Free(block),
// Free(block, size) and FreeAligned(block, size, alignment). For one source file of a program.
#ifndef ZOKIO_MEM_INTERNAL_NEW_OPERATORS_H_
#define ZOKIO_MEM_INTERNAL_NEW_OPERATORS_H_

#include <cstddef>
#include <new>

#include "base/check.h"

namespace zokio::mem_internal {

// As the standard asks: handlers first, then std::bad_alloc.
template <typename Allocation>
[[gnu::cold, gnu::noinline]] void* RetryNew(Allocation&& allocation) {
  while (true) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) {
#ifdef __cpp_exceptions
      throw std::bad_alloc();
#else
      ZOKIO_CHECK(false, "operator new: memory is exhausted");
#endif
    }
    handler();
    if (void* block = allocation()) return block;
  }
}

template <typename Heap>
inline void* New(size_t size) {
  void* block = Heap::Allocate(size);
  if (block == nullptr) [[unlikely]]
    return RetryNew([size] { return Heap::Allocate(size); });
  return block;
}

template <typename Heap>
inline void* NewAligned(size_t size, std::align_val_t alignment) {
  const size_t bytes = static_cast<size_t>(alignment);
  void* block = Heap::AllocateAligned(size, bytes);
  if (block == nullptr) [[unlikely]] {
    return RetryNew([=] { return Heap::AllocateAligned(size, bytes); });
  }
  return block;
}

}  // namespace zokio::mem_internal

// Without the size a block is found by its address, whatever its alignment.
#define ZOKIO_DEFINE_NEW_AND_DELETE_FORMS(Heap, new_form, delete_form)                          \
  void* operator new_form(size_t size) { return ::zokio::mem_internal::New<Heap>(size); }       \
  void* operator new_form(size_t size, const std::nothrow_t&) noexcept {                        \
    return Heap::Allocate(size);                                                                \
  }                                                                                             \
  void* operator new_form(size_t size, std::align_val_t alignment) {                            \
    return ::zokio::mem_internal::NewAligned<Heap>(size, alignment);                            \
  }                                                                                             \
  void* operator new_form(size_t size, std::align_val_t alignment,                              \
                          const std::nothrow_t&) noexcept {                                     \
    return Heap::AllocateAligned(size, static_cast<size_t>(alignment));                         \
  }                                                                                             \
  void operator delete_form(void* block) noexcept { Heap::Free(block); }                        \
  void operator delete_form(void* block, size_t size) noexcept { Heap::Free(block, size); }     \
  void operator delete_form(void* block, const std::nothrow_t&) noexcept { Heap::Free(block); } \
  void operator delete_form(void* block, std::align_val_t) noexcept { Heap::Free(block); }      \
  void operator delete_form(void* block, size_t size, std::align_val_t alignment) noexcept {    \
    Heap::FreeAligned(block, size, static_cast<size_t>(alignment));                             \
  }                                                                                             \
  void operator delete_form(void* block, std::align_val_t, const std::nothrow_t&) noexcept {    \
    Heap::Free(block);                                                                          \
  }

#define ZOKIO_DEFINE_NEW_AND_DELETE(Heap)              \
  ZOKIO_DEFINE_NEW_AND_DELETE_FORMS(Heap, new, delete) \
  ZOKIO_DEFINE_NEW_AND_DELETE_FORMS(Heap, new[], delete[])

#endif  // ZOKIO_MEM_INTERNAL_NEW_OPERATORS_H_
