// Pages straight from the kernel: the floor under every pool of this package.
//
// Ownership: what a Map function returns is the caller's until Unmap; fresh pages are zero and
// cost nothing until touched (they are mapped without reservation of swap).
// Thread-safety: any thread.
// Errors: nullptr where the kernel refuses (address space, RLIMIT_AS, the mapping limit).
// Cost: one to three system calls; a first touch costs a page fault (about half a microsecond).
#ifndef ZOKIO_MEM_INTERNAL_SYSTEM_PAGES_H_
#define ZOKIO_MEM_INTERNAL_SYSTEM_PAGES_H_

#include <cstddef>
#include <cstdint>

namespace zokio::mem_internal {

inline constexpr size_t kPageSize = 4096;
inline constexpr size_t kHugePageSize = size_t{2} << 20;

constexpr size_t RoundUp(size_t value, size_t granule) {
  return (value + granule - 1) & ~(granule - 1);
}

// `size` is rounded up to whole pages.
void* MapPages(size_t size);
// REQUIRES: `alignment` is a power of two and at least a page.
void* MapAligned(size_t size, size_t alignment);
// REQUIRES: a range of whole pages inside what a Map function returned.
void UnmapPages(void* pages, size_t size);
// Grows or shrinks a mapping, moving it where needed; nullptr leaves the old one as it was.
void* RemapPages(void* pages, size_t old_size, size_t new_size);

// Moves the contents of whole pages to [to, to + size), which is mapped already; the old range
// stays mapped and is empty. False where the kernel cannot (before Linux 5.7): nothing has changed
// then.
bool MovePages(void* pages, size_t size, void* to);

// Asks for transparent huge pages, unless the program switched them off; a hint, so it cannot fail.
void AdviseHuge(void* pages, size_t size);
// For mappings to come.
void SetHugePages(bool use);
// Takes the request back.
void AdviseSmall(void* pages, size_t size);
// The kernel may take the contents when it needs memory (MADV_FREE): cheap to use again, but
// RSS falls only under pressure.
void ReleaseLazily(void* pages, size_t size);
// The contents are gone and RSS falls at once (MADV_DONTNEED): a later touch faults a zero page.
void ReleaseNow(void* pages, size_t size);
// The same; answers how many bytes were resident.
size_t ReleaseCounted(void* pages, size_t size);

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SYSTEM_PAGES_H_
