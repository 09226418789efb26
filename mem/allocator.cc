#include "mem/allocator.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "mem/internal/fast_path.h"
#include "mem/internal/large_spans.h"
#include "mem/internal/segment.h"
#include "mem/internal/segment_source.h"
#include "mem/internal/size_class.h"
#include "mem/internal/system_pages.h"
#include "mem/internal/tiered_heap.h"

namespace zokio {
namespace {

using mem_internal::ClassOf;
using mem_internal::ClassSize;
using mem_internal::kMediumMax;
using mem_internal::kPooled;
using mem_internal::LargeSpans;
using mem_internal::Segment;
using mem_internal::SegmentKind;
using mem_internal::TieredHeap;

// The size whose class has blocks aligned to `alignment`, 0 where none has. A run starts at a page
// of 8 KiB, so its blocks are aligned to the largest power of two that divides their size.
size_t SizeForAlignment(size_t size, size_t alignment) {
  size = std::max(size, size_t{1});
  if (alignment <= 8) return size;
  size = (size + alignment - 1) & ~(alignment - 1);
  while (size <= kMediumMax && alignment <= 8192) {
    const size_t class_size = ClassSize(ClassOf(size));
    if (class_size % alignment == 0) return size;
    size = (class_size / alignment + 1) * alignment;
  }
  return 0;
}

// Whether a block may be freed as one of `size`: aligned requests take what its class then serves.
bool IsAlignedAs(const void* block, size_t size) {
  const size_t class_size = ClassSize(ClassOf(size));
  const size_t alignment = std::min(class_size & -class_size, size_t{8192});
  return (reinterpret_cast<uintptr_t>(block) & (alignment - 1)) == 0;
}

}  // namespace

[[gnu::noinline]] void* Allocate(size_t size) { return mem_internal::AllocateFast(size); }

[[gnu::noinline]] void Free(void* block, size_t size) { mem_internal::FreeFast(block, size); }

[[gnu::noinline]] void Free(void* block) { mem_internal::FreeFast(block); }

[[gnu::noinline]] void* AllocateAligned(size_t size, size_t alignment) {
  if (size > SIZE_MAX / 4 || alignment > LargeSpans::kAlignmentMax) return nullptr;
  if (!kPooled) {
    if (alignment <= alignof(std::max_align_t)) return Allocate(size);
    const size_t rounded = (std::max(size, size_t{1}) + alignment - 1) & ~(alignment - 1);
    return std::aligned_alloc(alignment, rounded);
  }
  const size_t class_size = SizeForAlignment(size, alignment);
  if (class_size != 0 && class_size <= kMediumMax) return Allocate(class_size);
  return TieredHeap::AllocateLarge(std::max(size, kMediumMax + 1), alignment);
}

void FreeAligned(void* block, size_t size, size_t alignment) {
  if (!kPooled) return std::free(block);
  if (block == nullptr) return;
  const size_t class_size = SizeForAlignment(size, alignment);
  if (class_size != 0 && class_size <= kMediumMax) return Free(block, class_size);
  TieredHeap::FreeLarge(block);
}

size_t UsableSize(const void* block) {
  if (!kPooled) return malloc_usable_size(const_cast<void*>(block));
  Segment* segment = Segment::Of(block);
  if (segment->kind == SegmentKind::kLarge) return LargeSpans::UsableSize(block);
  return segment->RunOf(block)->block_size;
}

void* Reallocate(void* block, size_t size) {
  if (!kPooled) return std::realloc(block, std::max(size, size_t{1}));
  if (block == nullptr) return Allocate(size);
  const size_t usable = UsableSize(block);
  if (Segment::Of(block)->kind == SegmentKind::kLarge) {
    if (size > kMediumMax && LargeSpans::TryResize(block, size)) return block;
    if (size > usable) {
      if (void* moved = LargeSpans::Move(block, size)) return moved;
    }
  } else if (size <= usable && size >= usable / 2 && IsAlignedAs(block, size)) {
    return block;  // it fits, and wastes less than half
  }
  void* moved = Allocate(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(size, usable));
  Free(block);
  return moved;
}

void DrainRemoteFrees() {
  if (kPooled) TieredHeap::Current().Drain();
}

size_t DecayMemory() {
  if (!kPooled) return 0;
  TieredHeap& heap = TieredHeap::Current();
  if (&heap == &mem_internal::no_tiered_heap) return mem_internal::SegmentSource::Decay(nullptr);
  return heap.Decay();
}

void FlushThreadMemory() {
  if (kPooled) TieredHeap::FlushThread();
}

void UseHugePages(bool use) { mem_internal::SetHugePages(use); }

}  // namespace zokio
