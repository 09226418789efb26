#include "mem/frame_pool.h"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "base/thread_local.h"
#include "mem/internal/frame_heap.h"
#include "mem/internal/sanitizer.h"

namespace zokio {
namespace {

using mem_internal::FrameHeap;
using mem_internal::kFrameSizeMax;

// Under a sanitizer every frame shall have its own redzones and history. Under the model checker,
// too, and nothing may be left in a magazine for the next execution.
#ifdef ZOKIO_MODEL
constexpr bool kPooled = false;
void* FromSystem(size_t size) { return ::operator new(size); }
void ToSystem(void* block) { ::operator delete(block); }
#else
constexpr bool kPooled = !mem_internal::kAddressSanitizer && !mem_internal::kThreadSanitizer;
void* FromSystem(size_t size) { return std::malloc(size); }
void ToSystem(void* block) { std::free(block); }
#endif

struct SystemCounts {
  uint64_t allocations = 0;
};
struct SystemCountsTag;
using MySystemCounts = ThreadLocal<SystemCounts, SystemCountsTag>;

[[gnu::noinline]] void* AllocateSystem(size_t size) {
  ++MySystemCounts::GetInline().allocations;
  return FromSystem(size);
}

[[gnu::cold, gnu::noinline]] void* Exhausted(size_t size) {
  char message[96];
  std::snprintf(message, sizeof(message), "no memory for a frame of %zu bytes", size);
  ZOKIO_CHECK(false, message);
  return nullptr;
}

}  // namespace

[[gnu::noinline]] void* FramePool::TryAllocate(size_t size) {
  if (!kPooled || size > kFrameSizeMax) [[unlikely]]
    return AllocateSystem(size);
  return FrameHeap::Allocate(size);
}

[[gnu::noinline]] void* FramePool::Allocate(size_t size) {
  void* block;
  if (!kPooled || size > kFrameSizeMax) [[unlikely]] {
    block = AllocateSystem(size);
  } else {
    block = FrameHeap::Allocate(size);
  }
  return block != nullptr ? block : Exhausted(size);
}

[[gnu::noinline]] void FramePool::Free(void* block, size_t size) {
  if (!kPooled || size > kFrameSizeMax) [[unlikely]]
    return ToSystem(block);
  FrameHeap::Free(block, size);
}

[[gnu::noinline]] void FramePool::DrainRemote() {
  if (kPooled) FrameHeap::Current().DrainRemote();
}

[[gnu::noinline]] void FramePool::FlushThread() {
  if (kPooled) FrameHeap::FlushThread();
}

[[gnu::noinline]] FramePoolStats FramePool::ThreadStats() {
  const mem_internal::FrameHeapStats pooled = FrameHeap::Current().Stats();
  const uint64_t system = MySystemCounts::GetInline().allocations;
  return {.allocations = pooled.allocations + system,
          .reused = pooled.reused,
          .remote_frees = pooled.remote_frees,
          .system_allocations = pooled.chunks + system};
}

}  // namespace zokio
