#include "mem/internal/system_pages.h"

#if !defined(__wasm__)  // there: system_pages_wasm.cc

#include <sys/mman.h>

#include <algorithm>

#include "base/atomic.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

namespace zokio::mem_internal {

void* MapPages(size_t size) {
  void* pages = mmap(nullptr, RoundUp(size, kPageSize), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

void* MapAligned(size_t size, size_t alignment) {
  size = RoundUp(size, kPageSize);
  if (size + alignment < size) return nullptr;
  // Most often the kernel places a mapping right below the last one, so that a row of aligned
  // mappings stays aligned: try without the slack first.
  void* pages = MapPages(size);
  if (pages == nullptr) return nullptr;
  if ((reinterpret_cast<uintptr_t>(pages) & (alignment - 1)) == 0) return pages;
  UnmapPages(pages, size);

  pages = MapPages(size + alignment);
  if (pages == nullptr) return nullptr;
  char* begin = static_cast<char*>(pages);
  char* aligned = reinterpret_cast<char*>(RoundUp(reinterpret_cast<uintptr_t>(begin), alignment));
  if (aligned > begin) UnmapPages(begin, static_cast<size_t>(aligned - begin));
  const size_t tail = static_cast<size_t>(begin + size + alignment - (aligned + size));
  if (tail > 0) UnmapPages(aligned + size, tail);
  return aligned;
}

void UnmapPages(void* pages, size_t size) {
  // A partial unmap can fail at the limit of mappings; then the pages stay, unused.
  if (munmap(pages, RoundUp(size, kPageSize)) != 0) ReleaseNow(pages, RoundUp(size, kPageSize));
}

void* RemapPages(void* pages, size_t old_size, size_t new_size) {
  void* moved =
      mremap(pages, RoundUp(old_size, kPageSize), RoundUp(new_size, kPageSize), MREMAP_MAYMOVE);
  return moved == MAP_FAILED ? nullptr : moved;
}

bool MovePages(void* pages, size_t size, void* to) {
  return mremap(pages, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) !=
         MAP_FAILED;
}

namespace {
constinit Atomic<bool> huge_pages{true};
}  // namespace

void SetHugePages(bool use) { huge_pages.store(use, memory_order_relaxed); }

void AdviseHuge(void* pages, size_t size) {
  if (huge_pages.load(memory_order_relaxed)) (void)madvise(pages, size, MADV_HUGEPAGE);
}

void AdviseSmall(void* pages, size_t size) { (void)madvise(pages, size, MADV_NOHUGEPAGE); }

void ReleaseLazily(void* pages, size_t size) {
  if (madvise(pages, size, MADV_FREE) != 0) ReleaseNow(pages, size);
}

void ReleaseNow(void* pages, size_t size) { (void)madvise(pages, size, MADV_DONTNEED); }

size_t ReleaseCounted(void* pages, size_t size) {
  unsigned char resident[512];
  constexpr size_t kStretch = sizeof(resident) * kPageSize;
  size_t released = 0;
  for (size_t offset = 0; offset < size; offset += kStretch) {
    const size_t bytes = std::min(size - offset, kStretch);
    if (mincore(static_cast<char*>(pages) + offset, bytes, resident) != 0) continue;
    for (size_t page = 0; page < bytes / kPageSize; ++page) {
      released += (resident[page] & 1) * kPageSize;
    }
  }
  ReleaseNow(pages, size);  // in any case: what was swapped out goes too
  return released;
}

}  // namespace zokio::mem_internal

#endif  // !defined(__wasm__)
