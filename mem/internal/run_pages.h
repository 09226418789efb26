// RunPages: the buddy layer of one heap: runs of 2^n pages from segments, split and coalesced.
//
// A free run of order n lies at a page divisible by 2^n; freeing it looks at its buddy, the other
// half of the next larger run, and merges while that is free too. A segment that is free as a whole
// goes back to the source, but for one, so that a run that comes and goes does not move segments.
//
// Thread-safety: the heap's thread.
// Errors: nullptr where the source is exhausted.
// Cost: a few list operations; the pages' entries of a new run are written (2 bytes each).
#ifndef ZOKIO_MEM_INTERNAL_RUN_PAGES_H_
#define ZOKIO_MEM_INTERNAL_RUN_PAGES_H_

#include <cstddef>
#include <cstdint>

#include "mem/internal/segment.h"

namespace zokio::mem_internal {

class RunPages {
 public:
  constexpr RunPages() = default;

  // A run of 2^order pages in state kUsed, its other fields the caller's to fill.
  PageRun* Allocate(uint32_t order, TieredHeap* owner);
  void Free(PageRun* run);

  // Gives the pages of free runs back to the kernel; answers how many bytes were resident.
  size_t Decay();
  // Of a segment some of whose pages went back: no huge pages any more, or the kernel would sooner
  // or later fill the holes to make them whole, and no pages of its head that describe nothing.
  // Ends when the segment is full again.
  static void Thin(Segment* segment);

  template <typename Visit>
  void ForEachRun(Visit&& visit) {
    for (Segment* segment = segments_; segment != nullptr; segment = segment->next) {
      for (uint32_t page = kHeaderPages; page < kSegmentPages;) {
        PageRun& run = segment->runs[page];
        page += 1u << run.order;
        if (run.state == RunState::kUsed) visit(run);
      }
    }
  }

  size_t segments() const { return segments_count_; }
  // Of all segments: pages in no used run.
  size_t free_pages() const { return free_pages_; }

 private:
  static constexpr uint32_t kOrders = 8;  // up to 2 MiB: larger ones cannot lie beside the header

  static void TrimHead(Segment* segment);
  void PushFree(PageRun* run, uint32_t order);
  void RemoveFree(PageRun* run);
  bool AddSegment(TieredHeap* owner);
  void ReturnSegment(Segment* segment);

  PageRun* free_[kOrders] = {};
  uint32_t free_orders_ = 0;  // bit n: free_[n] is not empty
  uint32_t segments_count_ = 0;
  uint32_t empty_segments_ = 0;
  size_t free_pages_ = 0;
  Segment* segments_ = nullptr;
};

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_RUN_PAGES_H_
