// Segment: 4 MiB of address space, aligned to its size, cut into runs of pages.
//
// Any block finds its segment by clearing low bits, there its run by the page's number, and there
// its own number by a multiplication. Whether a block is free is one bit, at the head of the
// segment: freeing touches no block, and blocks are found again in the order of their addresses.
//
// What stays resident after a peak are the heads of segments that keep a few blocks, so a head is
// small: a run is described in 64 bytes, which hold its bits too unless its blocks are many and
// small. Those have theirs in a table apart, whose pages are touched where such runs are.
//
// Thread-safety: a segment belongs to one heap, whose thread alone changes it. Other threads read
// what does not change while one of its blocks is allocated.
#ifndef ZOKIO_MEM_INTERNAL_SEGMENT_H_
#define ZOKIO_MEM_INTERNAL_SEGMENT_H_

#include <cstddef>
#include <cstdint>

#include "mem/internal/size_class.h"

namespace zokio::mem_internal {

class TieredHeap;

inline constexpr size_t kSegmentSize = size_t{4} << 20;
inline constexpr uint32_t kSegmentPages = kSegmentSize / kRunPage;
inline constexpr uint32_t kBitWords = kRunBlocksMax / 64;
inline constexpr uint32_t kFewBlocks = 256;  // what blocks of 256 bytes and more come to

enum class RunState : uint8_t {
  kInner,  // not the first page of anything
  kFree,   // pages of the buddy layer
  kUsed,   // blocks of a class
};

struct Segment;

struct alignas(64) PageRun {
  PageRun* next;  // in the list of its class, or of free pages
  PageRun* prev;
  uint32_t block_size;
  uint16_t blocks;
  uint16_t free;     // set bits
  uint16_t decayed;  // kUsed: free blocks when whole free pages last went back
  uint8_t size_class;
  uint8_t order;
  RunState state;
  bool listed;    // among its heap's runs with free blocks
  bool released;  // kFree: its pages went back to the kernel
  uint64_t few_bits[kFewBlocks / 64];

  char* begin() const;
  // One for each block, set where it is free.
  uint64_t* bits();
};
static_assert(sizeof(PageRun) == 64);

enum class SegmentKind : uint32_t { kRuns = 1, kLarge = 2 };

struct Segment {
  SegmentKind kind;
  uint32_t free_pages;
  TieredHeap* owner;
  void* large;  // kLarge: the span's header
  Segment* next;
  Segment* prev;
  bool thinned;  // pages of it went back to the kernel: see RunPages::Thin
  uint16_t run_of[kSegmentPages];
  PageRun runs[kSegmentPages];
  alignas(4096) uint64_t many_bits[kSegmentPages][kBitWords];

  static uintptr_t OffsetOf(const void* block) {
    return reinterpret_cast<uintptr_t>(block) & (kSegmentSize - 1);
  }
  static Segment* Of(const void* block) {
    return reinterpret_cast<Segment*>(reinterpret_cast<uintptr_t>(block) & ~(kSegmentSize - 1));
  }
  PageRun* RunOf(const void* block) { return &runs[run_of[OffsetOf(block) / kRunPage]]; }
  // Its number in its run. By the run's class: a block that was shrunk in place is freed as one of
  // a smaller class.
  uint32_t IndexOf(const void* block) const {
    const uintptr_t offset = OffsetOf(block);
    const size_t page = run_of[offset / kRunPage];
    return kClassTable[runs[page].size_class].IndexAt(offset - page * kRunPage);
  }
  char* PageAt(size_t page) { return reinterpret_cast<char*>(this) + page * kRunPage; }
  size_t PageOf(const PageRun* run) const { return static_cast<size_t>(run - runs); }
};

inline char* PageRun::begin() const {
  Segment* segment = Segment::Of(this);
  return segment->PageAt(segment->PageOf(this));
}

inline uint64_t* PageRun::bits() {
  if (blocks <= kFewBlocks) return few_bits;
  Segment* segment = Segment::Of(this);
  return segment->many_bits[segment->PageOf(this)];
}

inline constexpr uint32_t kHeaderPages = (sizeof(Segment) + kRunPage - 1) / kRunPage;
inline constexpr uint32_t kUsablePages = kSegmentPages - kHeaderPages;

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SEGMENT_H_
