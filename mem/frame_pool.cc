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
using mem_internal::kFrameFineMax;
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

// Apart from the entries, so that these are leaves: a few instructions, no frame, one branch on the
// size.
[[gnu::noinline]] void* AllocateUncommon(size_t size) {
  if (!kPooled || size > kFrameSizeMax) return AllocateSystem(size);
  return FrameHeap::Allocate(size);
}

[[gnu::noinline]] void* AllocateUncommonOrDie(size_t size) {
  void* block = AllocateUncommon(size);
  return block != nullptr ? block : Exhausted(size);
}

[[gnu::noinline]] void FreeUncommon(void* block, size_t size) {
  if (!kPooled || size > kFrameSizeMax) return ToSystem(block);
  FrameHeap::Free(block, size);
}

inline void* TakeCached(size_t size) {
  if (!kPooled || size > kFrameFineMax) [[unlikely]]
    return nullptr;
  return FrameHeap::TakeCached(mem_internal::FrameClassOf(size), size);
}

}  // namespace

[[gnu::noinline]] void* FramePool::TryAllocate(size_t size) {
  void* block = TakeCached(size);
  return block != nullptr ? block : AllocateUncommon(size);
}

// Each within as few lines of code as can be: by g++ a coroutine's life is 0.6 ns shorter for it.
[[gnu::noinline, gnu::aligned(64)]] void* FramePool::Allocate(size_t size) {
  void* block = TakeCached(size);
  return block != nullptr ? block : AllocateUncommonOrDie(size);
}

[[gnu::noinline, gnu::aligned(64)]] void FramePool::Free(void* block, size_t size) {
  if (!kPooled || size > kFrameFineMax) [[unlikely]]
    return FreeUncommon(block, size);
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
