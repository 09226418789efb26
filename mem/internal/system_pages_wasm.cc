// The floor under every pool where there is no mmap: wasm memory, which only grows. What is
// unmapped is kept in a list by address, joined with its neighbours, and handed out again, zeroed.

#if defined(__wasm__)

#include <cstring>

#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

constexpr size_t kWasmPageSize = size_t{64} << 10;

// The head of a free range, in its own first bytes. One thread: nothing guards the list.
struct FreeRange {
  size_t size;
  FreeRange* next;

  char* begin() { return reinterpret_cast<char*>(this); }
  char* end() { return begin() + size; }
};

FreeRange* free_ranges = nullptr;

char* AlignUp(char* address, size_t alignment) {
  return reinterpret_cast<char*>(RoundUp(reinterpret_cast<uintptr_t>(address), alignment));
}

void Give(char* begin, char* end) {
  if (begin == end) return;
  FreeRange** link = &free_ranges;
  FreeRange* before = nullptr;
  while (*link != nullptr && (*link)->begin() < begin) {
    before = *link;
    link = &before->next;
  }
  FreeRange* range = reinterpret_cast<FreeRange*>(begin);
  *range = FreeRange{static_cast<size_t>(end - begin), *link};
  *link = range;
  if (range->next != nullptr && range->end() == range->next->begin()) {
    range->size += range->next->size;
    range->next = range->next->next;
  }
  if (before != nullptr && before->end() == range->begin()) {
    before->size += range->size;
    before->next = range->next;
  }
}

// The first free range that holds `size` bytes at `alignment`, cut out of the list.
char* TakeFree(size_t size, size_t alignment) {
  for (FreeRange** link = &free_ranges; *link != nullptr; link = &(*link)->next) {
    char* begin = (*link)->begin();
    char* end = (*link)->end();
    char* wanted = AlignUp(begin, alignment);
    if (wanted > end || static_cast<size_t>(end - wanted) < size) continue;
    *link = (*link)->next;
    Give(begin, wanted);
    Give(wanted + size, end);
    return wanted;
  }
  return nullptr;
}

bool Grow(size_t size) {
  const size_t pages = RoundUp(size, kWasmPageSize) / kWasmPageSize;
  const size_t old_pages = __builtin_wasm_memory_grow(0, pages);
  if (old_pages == SIZE_MAX) return false;
  char* begin = reinterpret_cast<char*>(old_pages * kWasmPageSize);
  Give(begin, begin + pages * kWasmPageSize);
  return true;
}

}  // namespace

void* MapPages(size_t size) { return MapAligned(size, kPageSize); }

void* MapAligned(size_t size, size_t alignment) {
  size = RoundUp(size, kPageSize);
  char* pages = TakeFree(size, alignment);
  if (pages == nullptr) {
    if (size + alignment < size || !Grow(size + alignment)) return nullptr;
    pages = TakeFree(size, alignment);
  }
  std::memset(pages, 0, size);
  return pages;
}

void UnmapPages(void* pages, size_t size) {
  char* begin = static_cast<char*>(pages);
  Give(begin, begin + RoundUp(size, kPageSize));
}

void* RemapPages(void* pages, size_t old_size, size_t new_size) {
  old_size = RoundUp(old_size, kPageSize);
  new_size = RoundUp(new_size, kPageSize);
  char* begin = static_cast<char*>(pages);
  if (new_size <= old_size) {
    Give(begin + new_size, begin + old_size);
    return pages;
  }
  void* moved = MapPages(new_size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, pages, old_size);
  Give(begin, begin + old_size);
  return moved;
}

bool MovePages(void*, size_t, void*) { return false; }

void SetHugePages(bool) {}

void AdviseHuge(void*, size_t) {}

void AdviseSmall(void*, size_t) {}

void ReleaseLazily(void*, size_t) {}

// Nothing goes back to the host, but what is read afterwards is zero, as with a fresh page.
void ReleaseNow(void* pages, size_t size) { std::memset(pages, 0, size); }

size_t ReleaseCounted(void* pages, size_t size) {
  ReleaseNow(pages, size);
  return 0;
}

}  // namespace zokio::mem_internal

#endif  // defined(__wasm__)
