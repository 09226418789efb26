// FramePool: where coroutine frames and spawned-task blocks come from.
//
// Size classes of 16 bytes up to 1 KiB and of an eighth of a doubling above, up to 16 KiB; larger
// blocks go to the system's allocator. A block freed on the thread that allocated it goes back to
// that thread's magazine; freed elsewhere, it is batched and returned to its owner.
//
// Under ASan and TSan every block passes through to malloc, so that each frame has its own
// redzones and history; `mem`'s own test runs it pooled.
//
// Thread-safety: any thread; Free may be called on another thread than Allocate.
// Memory ordering: what a thread wrote to a block before Free is visible to whoever gets it next.
// Errors: exhausted memory fails a CHECK that says how much was asked for (a coroutine has no way
//   to report it).
// Cost: about 2 ns for the pair where both calls are on one thread, without an atomic
//   read-modify-write; elsewhere one compare-and-swap for each 64 blocks. What was carved stays in
//   the pool: it is bounded by the most blocks of each class that lived at once.
// Fork: the child keeps the forking thread's heap; those of other threads are lost to it.
#ifndef ZOKIO_MEM_FRAME_POOL_H_
#define ZOKIO_MEM_FRAME_POOL_H_

#include <cstddef>
#include <cstdint>

#include "mem/internal/sanitizer.h"

namespace zokio {

struct FramePoolStats {
  uint64_t allocations = 0;         // calls, of this thread
  uint64_t reused = 0;              // of these, served by a block that had been freed before
  uint64_t remote_frees = 0;        // blocks of this thread that others freed and that came back
  uint64_t system_allocations = 0;  // chunks and large blocks taken from the system
};

class FramePool {
 public:
  // 16-byte aligned, at least `size` bytes. In line is only what folds away where the size is a
  // constant, as a frame's is.
  static void* Allocate(size_t size) {
    if (kFine && size <= kFineMax) return AllocateFine(FineClass(size));
    return AllocateAny(size);
  }
  // As Allocate; nullptr where memory is exhausted.
  static void* TryAllocate(size_t size);
  // REQUIRES: `size` is what was asked for.
  static void Free(void* block, size_t size) noexcept {
    if (kFine && size <= kFineMax) return FreeFine(block, FineClass(size));
    FreeAny(block, size);
  }

  // Takes back what other threads freed, and sends off what this thread batched for them. The
  // scheduler calls it by its hooks; allocation does so itself when a magazine runs dry.
  static void DrainRemote();
  // This thread ends: gives its magazines to whoever comes next. Called by the pool itself at
  // thread exit; a block may still be freed afterwards.
  static void FlushThread();

  static FramePoolStats ThreadStats();

 private:
  // Under a sanitizer every frame shall have its own redzones and history. Under the model checker,
  // too, and nothing may be left in a magazine for the next execution.
#ifdef ZOKIO_MODEL
  static constexpr bool kFine = false;
#else
  static constexpr bool kFine = !mem_internal::kAddressSanitizer && !mem_internal::kThreadSanitizer;
#endif
  static constexpr size_t kFineMax = 1024;
  static constexpr uint32_t FineClass(size_t size) {
    return static_cast<uint32_t>((size + 15) / 16);
  }

  // Calls in any case: a coroutine must not keep a thread's address over a suspension.
  static void* AllocateFine(uint32_t size_class);
  static void FreeFine(void* block, uint32_t size_class) noexcept;
  static void* AllocateAny(size_t size);
  static void FreeAny(void* block, size_t size) noexcept;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_FRAME_POOL_H_
