// Replaces the global operators new and delete by the tiered allocator, for programs that link
// //mem:replace_new_delete. malloc stays as it is.

#include <cstddef>

#include "mem/allocator.h"
#include "mem/internal/fast_path.h"
#include "mem/internal/new_operators.h"

namespace {

struct TieredNewHeap {
  static void* Allocate(size_t size) { return zokio::Allocate(size); }
  static void* AllocateAligned(size_t size, size_t alignment) {
    return zokio::AllocateAligned(size, alignment);
  }
  static void Free(void* block) { zokio::mem_internal::FreeFast(block); }
  static void Free(void* block, size_t size) { zokio::mem_internal::FreeFast(block, size); }
  static void FreeAligned(void* block, size_t size, size_t alignment) {
    zokio::FreeAligned(block, size, alignment);
  }
};

}  // namespace

ZOKIO_DEFINE_NEW_AND_DELETE(TieredNewHeap)
