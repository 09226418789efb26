// LargeSpans: blocks above 64 KiB, each in 4 MiB slots of its own, and a thread's cache of them.
//
// A freed span keeps its pages and waits in a bin of its size (eight bins a doubling); a request
// takes one of up to twice its size, and once the cache is ample one of any size, before it asks
// for a fresh slot. What exceeds the cache's limit
// goes to the source, which keeps some and returns the rest to the kernel.
//
// A span's bytes start behind its header, at an offset that varies from slot to slot: slots lie
// 4 MiB apart, and equal offsets would compete for the same sets of caches and TLBs.
//
// Thread-safety: one thread; a span may be freed into another thread's cache.
// Errors: nullptr where memory is exhausted, or for an alignment above 1 MiB.
// Cost: some 5 ns when the cache serves.
#ifndef ZOKIO_MEM_INTERNAL_LARGE_SPANS_H_
#define ZOKIO_MEM_INTERNAL_LARGE_SPANS_H_

#include <cstddef>
#include <cstdint>

namespace zokio::mem_internal {

class LargeSpans {
 public:
  static constexpr size_t kAlignmentMax = size_t{1} << 20;

  constexpr LargeSpans() = default;

  // REQUIRES: size > 0; `alignment` a power of two.
  void* Allocate(size_t size, size_t alignment, bool* reused);
  // `heap` is whose this is: see SegmentSource::Give.
  void Free(void* block, const void* heap);
  // Everything cached goes to the source; answers how many bytes that returned to the kernel.
  size_t Flush(const void* heap);

  // What fits in the block.
  static size_t UsableSize(const void* block);
  // Grows or shrinks without moving; false where the slot does not allow it.
  static bool TryResize(void* block, size_t size);

  // Grows beyond the slots: the pages move to others, the bytes are not copied. nullptr where that
  // does not pay or cannot be; the block is as it was then.
  static void* Move(void* block, size_t size);

  size_t cached_bytes() const { return cached_bytes_; }

 private:
  struct Header;
  // 64 KiB to 4 MiB, eight bins a doubling.
  static constexpr uint32_t kBins = 48;
  static constexpr size_t kCachedBytesMax = size_t{64} << 20;
  static constexpr size_t kCachedBytesAmple = size_t{16} << 20;

  static uint32_t BinFor(size_t size);   // the first whose spans all fit
  static uint32_t BinOf(size_t usable);  // the one a span of this size waits in
  static size_t HeadFor(size_t alignment);
  static Header* HeaderOf(const void* block);
  static size_t GiveSlots(Header* header, const void* heap);
  static void SetUsable(Header* header, size_t usable);
  void* AllocateSlot(size_t size, size_t alignment);
  void* TakeCached(size_t size, size_t alignment);

  Header* bins_[kBins] = {};
  uint64_t filled_ = 0;  // bit n: bin n is not empty
  size_t cached_bytes_ = 0;
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_LARGE_SPANS_H_
