// Segment: 4 MiB of address space, aligned to its size, cut into runs of pages.
//
// Any block finds its segment by clearing low bits, there its run by the page's number, and there
// its own number by a multiplication. Whether a block is free is one bit in its run's descriptor,
// at the head of the segment: freeing touches no block, and blocks are found again in the order
// of their addresses.
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

enum class RunState : uint8_t {
  kInner,  // not the first page of anything
  kFree,   // pages of the buddy layer
  kUsed,   // blocks of a class
};

struct alignas(64) PageRun {
  char* begin;
  uint64_t reciprocal;
  uint32_t block_size;
  uint16_t blocks;
  uint16_t free;     // set bits of free_bits
  uint16_t decayed;  // kUsed: free blocks when whole free pages last went back
  uint8_t size_class;
  uint8_t order;
  RunState state;
  bool listed;    // among its heap's runs with free blocks
  bool released;  // kFree: its pages went back to the kernel
  PageRun* next;  // in the list of its class, or of free pages
  PageRun* prev;
  uint64_t free_bits[kBitWords];

  uint32_t IndexOf(const void* block) const {
    const uint64_t offset = static_cast<uint64_t>(static_cast<const char*>(block) - begin);
    return static_cast<uint32_t>(offset * reciprocal >> 40);
  }
};

enum class SegmentKind : uint32_t { kRuns = 1, kLarge = 2 };

struct Segment {
  SegmentKind kind;
  uint32_t free_pages;
  TieredHeap* owner;
  void* large;  // kLarge: the span's header
  Segment* next;
  Segment* prev;
  uint16_t run_of[kSegmentPages];
  PageRun runs[kSegmentPages];

  static Segment* Of(const void* block) {
    return reinterpret_cast<Segment*>(reinterpret_cast<uintptr_t>(block) & ~(kSegmentSize - 1));
  }
  PageRun* RunOf(const void* block) {
    const uintptr_t offset = reinterpret_cast<uintptr_t>(block) & (kSegmentSize - 1);
    return &runs[run_of[offset / kRunPage]];
  }
  char* PageAt(size_t page) { return reinterpret_cast<char*>(this) + page * kRunPage; }
  size_t PageOf(const PageRun* run) const { return static_cast<size_t>(run - runs); }
};

inline constexpr uint32_t kHeaderPages = (sizeof(Segment) + kRunPage - 1) / kRunPage;
inline constexpr uint32_t kUsablePages = kSegmentPages - kHeaderPages;

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SEGMENT_H_
