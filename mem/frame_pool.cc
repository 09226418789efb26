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

[[gnu::noinline]] void* RefillFine(uint32_t size_class) {
  return AllocateUncommonOrDie(size_t{size_class} * 16);  // of the same class, also where it is 0
}

}  // namespace

[[gnu::noinline]] void* FramePool::TryAllocate(size_t size) { return AllocateUncommon(size); }

[[gnu::noinline]] void* FramePool::AllocateAny(size_t size) { return AllocateUncommonOrDie(size); }

[[gnu::noinline]] void FramePool::FreeAny(void* block, size_t size) noexcept {
  if (!kPooled || size > kFrameSizeMax) return ToSystem(block);
  FrameHeap::Free(block, size);
}

// Each within as few lines of code as can be: by g++ a coroutine's life is 0.6 ns shorter for it.
[[gnu::noinline, gnu::aligned(64)]] void* FramePool::AllocateFine(uint32_t size_class) {
  static_assert(FineClass(kFineMax) == mem_internal::FrameClassOf(kFineMax));
  void* block = FrameHeap::TakeCached(size_class);
  return block != nullptr ? block : RefillFine(size_class);
}

[[gnu::noinline, gnu::aligned(64)]] void FramePool::FreeFine(void* block,
                                                             uint32_t size_class) noexcept {
  FrameHeap::FreeOfClass(block, size_class);
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
