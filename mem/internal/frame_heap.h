// FrameHeap: one thread's share of the frame pool, always pooled (FramePool decides when to).
//
// Blocks are carved from 2 MiB chunks, aligned to their size, whose header names the heap that
// owns them for ever. A free block of the owner lies in the magazine of its size class: an array of
// pointers, never shorter than the number of blocks carved, so that a free needs no bound check
// and touches no block. A block freed elsewhere is chained with others of the same owner, and
// pushed to the owner's RemoteList by the batch.
//
// Ownership: a heap belongs to one thread; at its end the heap goes to the idle stack and serves
// the next thread that starts. Chunks are never unmapped.
// Thread-safety: everything but `remote_` and `next_idle` is the owning thread's.
// Memory ordering: see RemoteList and IdleStack.
// Errors: Allocate answers nullptr where memory is exhausted.
#ifndef ZOKIO_MEM_INTERNAL_FRAME_HEAP_H_
#define ZOKIO_MEM_INTERNAL_FRAME_HEAP_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/atomic.h"
#include "base/thread_local.h"
#include "mem/internal/idle_stack.h"
#include "mem/internal/opaque.h"
#include "mem/internal/remote_list.h"
#include "mem/internal/sanitizer.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {

// Classes 0 to 64 are multiples of 16 bytes; above, eight to each doubling.
inline constexpr size_t kFrameSizeMax = 16384;
inline constexpr size_t kFrameFineMax = 1024;
inline constexpr uint32_t kFrameFineClasses = 65;
inline constexpr uint32_t kFrameClasses = kFrameFineClasses + 4 * 8;

// REQUIRES: size <= kFrameSizeMax.
constexpr uint32_t FrameClassOf(size_t size) {
  if (size <= kFrameFineMax) [[likely]]
    return static_cast<uint32_t>((size + 15) / 16);
  const int shift = std::bit_width(size - 1) - 4;
  return kFrameFineClasses + static_cast<uint32_t>((shift - 7) * 8) +
         static_cast<uint32_t>((size - 1) >> shift) - 8;
}

constexpr size_t FrameClassSize(uint32_t size_class) {
  if (size_class < kFrameFineClasses) return size_class == 0 ? 16 : size_class * size_t{16};
  const uint32_t above = size_class - kFrameFineClasses;
  return (size_t{above % 8} + 9) << (above / 8 + 7);
}

class FrameHeap;

// Of one thread; as in FramePoolStats.
struct FrameHeapStats {
  uint64_t allocations;
  uint64_t reused;
  uint64_t remote_frees;
  uint64_t chunks;
};

// What a thread knows of the pool.
struct FrameThread {
  FrameHeap* heap;
  bool exited;  // later calls of this thread borrow a heap for their duration

  constexpr FrameThread();
};

class FrameHeap {
 public:
  // Serves a thread that has no heap yet: every magazine is empty and it owns nothing.
  constexpr FrameHeap() = default;

  // These four use the calling thread's heap.
  static void* Allocate(size_t size);
  // What the magazine holds; nullptr where it is empty.
  static void* TakeCached(uint32_t size_class);
  static void Free(void* block, size_t size);
  static void FreeOfClass(void* block, uint32_t size_class);
  static FrameHeap& Current();

  void DrainRemote();
  static void FlushThread();
  FrameHeapStats Stats() const;

  Atomic<FrameHeap*> next_idle{nullptr};

 private:
  static constexpr size_t kChunkSize = kHugePageSize;
  static constexpr uint32_t kBatchMax = 64;  // a line transfer of 170 ns over 64 blocks
  static constexpr uint32_t kOutgoing = 8;   // owners with a batch in the making
  static constexpr size_t kMagazineFirst = kPageSize / sizeof(void*);

  struct Chunk {
    FrameHeap* owner;
  };
  static constexpr size_t kChunkHeader = 64;

  struct Magazine {
    void** top = nullptr;  // one past the block to hand out next
    void** base = nullptr;
    size_t capacity = 0;
    size_t carved = 0;  // blocks of this class that exist
  };

  struct Batch {
    FrameHeap* owner = nullptr;
    RemoteBlock* first = nullptr;
    RemoteBlock* last = nullptr;
    uint32_t count = 0;
  };

  static FrameHeap* OwnerOf(void* block) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(block);
    return reinterpret_cast<Chunk*>(address & ~(kChunkSize - 1))->owner;
  }

  static FrameHeap* Attach(FrameThread& thread);
  static FrameHeap* Acquire();
  static void OnThreadExit(void* heap);
  static void* AllocateSlow(uint32_t size_class, size_t size);
  static void FreeRemote(FrameHeap* owner, void* block, uint32_t size_class);

  void* Refill(uint32_t size_class);
  void* Carve(uint32_t size_class);
  bool NewChunk();
  bool Grow(Magazine& magazine);
  void SendBatch(Batch& batch);
  void SendAll();
  void TakeBack(RemoteBlock* block);

  Magazine magazines_[kFrameClasses];
  uint64_t allocations_ = 0;
  uint64_t carved_ = 0;
  uint64_t remote_frees_ = 0;
  uint64_t chunks_mapped_ = 0;
  char* bump_ = nullptr;
  char* bump_end_ = nullptr;
  uint32_t chunks_ = 0;
  Batch outgoing_[kOutgoing];
  // Written by others: a line of its own.
  alignas(64) RemoteList remote_;
};

// The heap of threads that have none.
extern FrameHeap no_frame_heap;
constexpr FrameThread::FrameThread() : heap(&no_frame_heap), exited(false) {}

struct FrameThreadTag;
using MyFrameThread = ThreadLocal<FrameThread, FrameThreadTag>;

inline FrameHeap& FrameHeap::Current() { return *MyFrameThread::GetInline().heap; }

inline void* FrameHeap::TakeCached(uint32_t size_class) {
  FrameHeap& heap = Current();
  Magazine& magazine = *Opaque(&heap.magazines_[size_class]);
  void** top = magazine.top;
  if (top == magazine.base) [[unlikely]]
    return nullptr;
  ++heap.allocations_;
  magazine.top = top - 1;
  void* block = top[-1];
  if (block == nullptr) __builtin_unreachable();  // spares the callers' test
  return block;
}

inline void* FrameHeap::Allocate(size_t size) {
  const uint32_t size_class = FrameClassOf(size);
  void* block = TakeCached(size_class);
  if (block == nullptr) return AllocateSlow(size_class, size);
  Unpoison(block, size);
  return block;
}

inline void FrameHeap::Free(void* block, size_t size) { FreeOfClass(block, FrameClassOf(size)); }

inline void FrameHeap::FreeOfClass(void* block, uint32_t size_class) {
  FrameHeap& heap = Current();
  FrameHeap* owner = OwnerOf(block);
  if (owner != &heap) [[unlikely]]
    return FreeRemote(owner, block, size_class);
  Poison(block, FrameClassSize(size_class));
  Magazine& magazine = *Opaque(&heap.magazines_[size_class]);
  void** top = magazine.top;
  magazine.top = top + 1;
  *top = block;
}

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_FRAME_HEAP_H_
