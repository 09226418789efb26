#include "tools/testing/heap_count.h"

#include <malloc.h>

#include <cerrno>
#include <cstddef>

#include "base/atomic.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZOKIO_ALIGNED_UNSEEN 1
#endif
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZOKIO_SANITIZER_ALLOCATES 1
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace zokio::testing {
namespace {

struct SharedCount {
  Atomic<uint64_t> allocations{0};
  Atomic<uint64_t> allocated_bytes{0};
  Atomic<uint64_t> frees{0};
  Atomic<uint64_t> freed_bytes{0};
};

constinit thread_local HeapCount this_thread;
constinit SharedCount process;

void CountAllocation(size_t bytes) {
  ++this_thread.allocations;
  this_thread.allocated_bytes += bytes;
  process.allocations.fetch_add(1, memory_order_relaxed);
  process.allocated_bytes.fetch_add(bytes, memory_order_relaxed);
}

void CountFree(size_t bytes) {
  ++this_thread.frees;
  this_thread.freed_bytes += bytes;
  process.frees.fetch_add(1, memory_order_relaxed);
  process.freed_bytes.fetch_add(bytes, memory_order_relaxed);
}

}  // namespace

HeapCount HeapCount::ThisThread() { return this_thread; }

HeapCount HeapCount::Process() {
  return {process.allocations.load(memory_order_relaxed),
          process.allocated_bytes.load(memory_order_relaxed),
          process.frees.load(memory_order_relaxed), process.freed_bytes.load(memory_order_relaxed)};
}

bool HeapCount::CountsAligned() {
#ifdef ZOKIO_ALIGNED_UNSEEN
  return false;
#else
  return true;
#endif
}

#ifdef ZOKIO_SANITIZER_ALLOCATES

namespace {

void OnMalloc(const volatile void* block, size_t) {
  CountAllocation(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}

void OnFree(const volatile void* block) {
  if (block != nullptr) CountFree(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}

[[maybe_unused]] const int hooks_installed =
    __sanitizer_install_malloc_and_free_hooks(&OnMalloc, &OnFree);

}  // namespace

#else

namespace {

void* Counted(void* block) {
  if (block != nullptr) CountAllocation(malloc_usable_size(block));
  return block;
}

}  // namespace

#endif

}  // namespace zokio::testing

#ifndef ZOKIO_SANITIZER_ALLOCATES

// The program's own definitions take precedence over glibc's, which stay reachable by these names.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void __libc_free(void* block);

void* malloc(size_t size) noexcept { return zokio::testing::Counted(__libc_malloc(size)); }

void* calloc(size_t count, size_t size) noexcept {
  return zokio::testing::Counted(__libc_calloc(count, size));
}

void* realloc(void* block, size_t size) noexcept {
  const size_t old_bytes = block == nullptr ? 0 : malloc_usable_size(block);
  void* moved = __libc_realloc(block, size);
  // With size 0, glibc frees and returns null; on failure the old block stays.
  if (block != nullptr && (moved != nullptr || size == 0)) zokio::testing::CountFree(old_bytes);
  return zokio::testing::Counted(moved);
}

void* memalign(size_t alignment, size_t size) noexcept {
  return zokio::testing::Counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) noexcept { return memalign(alignment, size); }

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void* made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void free(void* block) noexcept {
  if (block != nullptr) zokio::testing::CountFree(malloc_usable_size(block));
  __libc_free(block);
}
}  // extern "C"

#endif  // ZOKIO_SANITIZER_ALLOCATES
