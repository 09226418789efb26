// Replaces the global operators new and delete by the tiered allocator, for programs that link
// //mem:replace_new_delete. malloc stays as it is.

#include <cstddef>
#include <new>

#include "base/check.h"
#include "mem/allocator.h"
#include "mem/internal/fast_path.h"

namespace {

using zokio::mem_internal::FreeFast;

// As the standard asks: handlers first, then std::bad_alloc.
template <typename Allocation>
[[gnu::cold, gnu::noinline]] void* Retry(Allocation&& allocation) {
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

inline void* New(size_t size) {
  void* block = zokio::Allocate(size);
  if (block == nullptr) [[unlikely]]
    return Retry([size] { return zokio::Allocate(size); });
  return block;
}

inline void* NewAligned(size_t size, std::align_val_t alignment) {
  const size_t bytes = static_cast<size_t>(alignment);
  void* block = zokio::AllocateAligned(size, bytes);
  if (block == nullptr) [[unlikely]] {
    return Retry([=] { return zokio::AllocateAligned(size, bytes); });
  }
  return block;
}

}  // namespace

void* operator new(size_t size) { return New(size); }
void* operator new[](size_t size) { return New(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return zokio::Allocate(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return zokio::Allocate(size); }
void* operator new(size_t size, std::align_val_t alignment) { return NewAligned(size, alignment); }
void* operator new[](size_t size, std::align_val_t alignment) {
  return NewAligned(size, alignment);
}
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return zokio::AllocateAligned(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return zokio::AllocateAligned(size, static_cast<size_t>(alignment));
}

void operator delete(void* block) noexcept { FreeFast(block); }
void operator delete[](void* block) noexcept { FreeFast(block); }
void operator delete(void* block, size_t size) noexcept { FreeFast(block, size); }
void operator delete[](void* block, size_t size) noexcept { FreeFast(block, size); }
void operator delete(void* block, const std::nothrow_t&) noexcept { FreeFast(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { FreeFast(block); }
// Without the size the block is found by its address, whatever its alignment.
void operator delete(void* block, std::align_val_t) noexcept { FreeFast(block); }
void operator delete[](void* block, std::align_val_t) noexcept { FreeFast(block); }
void operator delete(void* block, size_t size, std::align_val_t alignment) noexcept {
  zokio::FreeAligned(block, size, static_cast<size_t>(alignment));
}
void operator delete[](void* block, size_t size, std::align_val_t alignment) noexcept {
  zokio::FreeAligned(block, size, static_cast<size_t>(alignment));
}
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  FreeFast(block);
}
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  FreeFast(block);
}
