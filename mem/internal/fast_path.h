// The allocator's entry points, to be inlined into the few functions that are entries themselves:
// Allocate and Free, operator new and delete. Each is never inlined into a coroutine.
#ifndef ZOKIO_MEM_INTERNAL_FAST_PATH_H_
#define ZOKIO_MEM_INTERNAL_FAST_PATH_H_

#include <cstddef>
#include <cstdlib>

#include "mem/internal/sanitizer.h"
#include "mem/internal/segment.h"
#include "mem/internal/size_class.h"
#include "mem/internal/tiered_heap.h"

namespace zokio::mem_internal {

// Under a sanitizer every block shall have its own redzones and history.
inline constexpr bool kPooled = !kAddressSanitizer && !kThreadSanitizer;

inline void* AllocateFast(size_t size) {
  if (!kPooled) return std::malloc(size == 0 ? 1 : size);
  if (size > kMediumMax) [[unlikely]]
    return TieredHeap::AllocateLarge(size, 16);
  return TieredHeap::Allocate(ClassOf(size), size);
}

inline void FreeFast(void* block, size_t size) {
  if (!kPooled) return std::free(block);
  if (block == nullptr) [[unlikely]]
    return;
  if (size > kMediumMax) [[unlikely]]
    return TieredHeap::FreeLarge(block);
  TieredHeap::Free(block, ClassOf(size));
}

inline void FreeFast(void* block) {
  if (!kPooled) return std::free(block);
  if (block == nullptr) [[unlikely]]
    return;
  Segment* segment = Segment::Of(block);
  if (segment->kind == SegmentKind::kLarge) [[unlikely]]
    return TieredHeap::FreeLarge(block);
  TieredHeap::Free(block, segment->RunOf(block)->size_class);
}

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_FAST_PATH_H_
