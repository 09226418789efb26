#include "mem/internal/run_pages.h"

#include <bit>

#include "mem/internal/sanitizer.h"
#include "mem/internal/segment_source.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

constexpr uint32_t kFullBelow = kUsablePages / 8;  // free pages

}  // namespace

void RunPages::PushFree(PageRun* run, uint32_t order) {
  run->state = RunState::kFree;
  run->order = static_cast<uint8_t>(order);
  run->prev = nullptr;
  run->next = free_[order];
  if (run->next != nullptr) run->next->prev = run;
  free_[order] = run;
  free_orders_ |= 1u << order;
}

void RunPages::RemoveFree(PageRun* run) {
  if (run->next != nullptr) run->next->prev = run->prev;
  if (run->prev != nullptr) {
    run->prev->next = run->next;
  } else {
    free_[run->order] = run->next;
    if (run->next == nullptr) free_orders_ &= ~(1u << run->order);
  }
}

bool RunPages::AddSegment(TieredHeap* owner) {
  auto* segment = static_cast<Segment*>(SegmentSource::Take(1));
  if (segment == nullptr) return false;
  // The first segment of a heap may be all it needs; later ones are filled, and a huge page
  // spares 512 faults.
  if (segments_count_ > 0) AdviseHuge(segment, kSegmentSize);
  segment->kind = SegmentKind::kRuns;
  segment->owner = owner;
  segment->large = nullptr;
  segment->thinned = false;
  segment->free_pages = kUsablePages;
  segment->prev = nullptr;
  segment->next = segments_;
  if (segments_ != nullptr) segments_->prev = segment;
  segments_ = segment;
  ++segments_count_;
  ++empty_segments_;
  free_pages_ += kUsablePages;
  // A reused slot holds old descriptors.
  for (uint32_t page = 0; page < kSegmentPages; ++page) {
    segment->runs[page].state = RunState::kInner;
    segment->runs[page].order = 0;
  }
  RegisterRoots(segment->PageAt(kHeaderPages), kUsablePages * kRunPage);
  Poison(segment->PageAt(kHeaderPages), kUsablePages * kRunPage);
  for (uint32_t page = kHeaderPages; page < kSegmentPages;) {
    const uint32_t order = static_cast<uint32_t>(std::countr_zero(page));
    segment->runs[page].released = false;
    PushFree(&segment->runs[page], order);
    page += 1u << order;
  }
  return true;
}

void RunPages::ReturnSegment(Segment* segment) {
  size_t used = 0;
  for (uint32_t page = kHeaderPages; page < kSegmentPages;) {
    PageRun* run = &segment->runs[page];
    RemoveFree(run);
    page += 1u << run->order;
    if (!run->released) used = page * kRunPage;
  }
  if (segment->next != nullptr) segment->next->prev = segment->prev;
  (segment->prev != nullptr ? segment->prev->next : segments_) = segment->next;
  --segments_count_;
  --empty_segments_;
  free_pages_ -= kUsablePages;
  UnregisterRoots(segment->PageAt(kHeaderPages), kUsablePages * kRunPage);
  AdviseSmall(segment, kSegmentSize);  // whoever takes the slot next decides anew
  SegmentSource::Give(segment, 1, used, segment->owner);
}

PageRun* RunPages::Allocate(uint32_t order, TieredHeap* owner) {
  if ((free_orders_ >> order) == 0 && !AddSegment(owner)) return nullptr;
  uint32_t found = order + static_cast<uint32_t>(std::countr_zero(free_orders_ >> order));
  PageRun* run = free_[found];
  RemoveFree(run);
  Segment* segment = Segment::Of(run);
  const size_t page = segment->PageOf(run);
  while (found > order) {
    --found;
    PageRun* half = &segment->runs[page + (size_t{1} << found)];
    half->released = run->released;
    PushFree(half, found);
  }
  const uint32_t pages = 1u << order;
  if (segment->free_pages == kUsablePages) --empty_segments_;
  segment->free_pages -= pages;
  free_pages_ -= pages;
  if (segment->thinned && segment->free_pages < kFullBelow) [[unlikely]] {
    segment->thinned = false;
    AdviseHuge(segment, kSegmentSize);
  }
  run->order = static_cast<uint8_t>(order);
  run->state = RunState::kUsed;
  run->released = false;
  for (uint32_t i = 0; i < pages; ++i) segment->run_of[page + i] = static_cast<uint16_t>(page);
  return run;
}

void RunPages::Free(PageRun* run) {
  Segment* segment = Segment::Of(run);
  size_t page = segment->PageOf(run);
  uint32_t order = run->order;
  segment->free_pages += 1u << order;
  free_pages_ += 1u << order;
  bool released = false;
  run->state = RunState::kInner;
  while (order + 1 < kOrders) {
    PageRun* buddy = &segment->runs[page ^ (size_t{1} << order)];
    if (buddy->state != RunState::kFree || buddy->order != order) break;
    RemoveFree(buddy);
    buddy->state = RunState::kInner;
    released = released && buddy->released;
    page &= ~(size_t{1} << order);
    ++order;
  }
  run = &segment->runs[page];
  run->released = released;
  PushFree(run, order);
  if (segment->free_pages == kUsablePages && ++empty_segments_ > 1) ReturnSegment(segment);
}

size_t RunPages::Decay() {
  size_t released = 0;
  for (PageRun* list : free_) {
    for (PageRun* run = list; run != nullptr; run = run->next) {
      if (run->released) continue;
      Segment* segment = Segment::Of(run);
      const size_t bytes = kRunPage << run->order;
      // Parts of it may have gone back before they were merged.
      released += ReleaseCounted(segment->PageAt(segment->PageOf(run)), bytes);
      run->released = true;
      Thin(segment);
    }
  }
  return released;
}

void RunPages::Thin(Segment* segment) {
  if (segment->thinned) return;
  segment->thinned = true;
  AdviseSmall(segment, kSegmentSize);
  TrimHead(segment);
}

// A huge page made the whole head resident. What is not needed: the bits of stretches without a run
// of many blocks, and what lies behind them.
void RunPages::TrimHead(Segment* segment) {
  constexpr size_t kRow = sizeof(segment->many_bits[0]);
  constexpr uint32_t kRowsOfPage = kPageSize / kRow;
  char* const rows = reinterpret_cast<char*>(segment->many_bits);
  for (uint32_t first = 0; first < kSegmentPages; first += kRowsOfPage) {
    bool needed = false;
    for (uint32_t i = first; i < first + kRowsOfPage; ++i) {
      const PageRun& run = segment->runs[i];
      needed = needed || (run.state == RunState::kUsed && run.blocks > kFewBlocks);
    }
    if (!needed) ReleaseNow(rows + first * kRow, kPageSize);
  }
  char* const end = rows + kSegmentPages * kRow;
  ReleaseNow(end, static_cast<size_t>(segment->PageAt(kHeaderPages) - end));
}

}  // namespace zokio::mem_internal
