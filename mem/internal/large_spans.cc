#include "mem/internal/large_spans.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "mem/internal/sanitizer.h"
#include "mem/internal/segment.h"
#include "mem/internal/segment_source.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {

// Lies right before the block.
struct alignas(64) LargeSpans::Header {
  Header* next;  // in its bin
  char* slots_begin;
  size_t slots;
  size_t usable;  // committed for the block: what its pages may hold
  size_t room;    // what the slots have room for
};

namespace {

// A span of so many slots is filled, or it would have been smaller; below, a huge page for the
// first byte costs a hundred small faults.
constexpr size_t kHugeSlotsMin = 3;
constexpr size_t kBinsStart = size_t{64} << 10;
// From here on pages are moved: a copy would fault as many fresh ones in.
constexpr size_t kMovedMin = size_t{1} << 20;

// 64 KiB up, eight to a doubling, whole pages.
constexpr size_t RoundToBin(size_t size) {
  const int shift = std::bit_width(size - 1) - 4;
  return (((size - 1) >> shift) + 1) << shift;
}

}  // namespace

// Before the block: the segment's page, the header, and what the alignment may take.
size_t LargeSpans::HeadFor(size_t alignment) {
  return kPageSize + sizeof(Header) + std::max(alignment, size_t{64});
}

uint32_t LargeSpans::BinFor(size_t size) {
  const size_t rounded = RoundToBin(std::max(size, kBinsStart + 1));
  const int shift = std::bit_width(rounded - 1) - 4;
  return static_cast<uint32_t>((shift - 13) * 8) + static_cast<uint32_t>((rounded - 1) >> shift) -
         8;
}

uint32_t LargeSpans::BinOf(size_t usable) { return BinFor(usable); }

LargeSpans::Header* LargeSpans::HeaderOf(const void* block) {
  return reinterpret_cast<Header*>(const_cast<char*>(static_cast<const char*>(block))) - 1;
}

void* LargeSpans::Allocate(size_t size, size_t alignment, bool* reused) {
  if (alignment > kAlignmentMax || size > SIZE_MAX / 4) return nullptr;
  if (void* block = TakeCached(size, alignment)) {
    *reused = true;
    return block;
  }
  return AllocateSlot(size, alignment);
}

void* LargeSpans::TakeCached(size_t size, size_t alignment) {
  const uint32_t first = BinFor(size);
  if (first >= kBins || alignment > 64 || filled_ == 0) return nullptr;
  const uint64_t above = filled_ >> first;
  uint32_t bin = first + (above == 0 ? 0 : static_cast<uint32_t>(std::countr_zero(above)));
  const bool fits = above != 0 && bin <= first + 8;
  if (!fits) {
    // None of up to twice the size. Any slot has the room, so one of another size serves before
    // the cache outgrows its use: the next larger without its end, or the largest of the smaller.
    if (cached_bytes_ < kCachedBytesAmple) return nullptr;
    if (above == 0) bin = 63 - static_cast<uint32_t>(std::countl_zero(filled_));
  }
  Header* header = bins_[bin];
  const size_t usable = RoundToBin(std::max(size, kBinsStart + 1));
  if (header->room < usable) return nullptr;
  bins_[bin] = header->next;
  if (header->next == nullptr) filled_ &= ~(uint64_t{1} << bin);
  cached_bytes_ -= header->usable;
  void* block = header + 1;
  if (!fits) SetUsable(header, usable);
  Unpoison(block, size);
  return block;
}

// Pages wholly behind a nearer end go back to the kernel.
void LargeSpans::SetUsable(Header* header, size_t usable) {
  if (usable < header->usable) {
    const uintptr_t block = reinterpret_cast<uintptr_t>(header + 1);
    const uintptr_t begin = RoundUp(block + usable, kPageSize);
    const uintptr_t end = (block + header->usable) & ~(kPageSize - 1);
    if (end > begin) ReleaseNow(reinterpret_cast<void*>(begin), end - begin);
  }
  header->usable = usable;
}

void* LargeSpans::AllocateSlot(size_t size, size_t alignment) {
  const size_t usable = RoundToBin(std::max(size, kBinsStart + 1));
  const size_t head = HeadFor(alignment);
  const size_t slots = (usable + head + kSegmentSize - 1) / kSegmentSize;
  auto* begin = static_cast<char*>(SegmentSource::Take(slots));
  if (begin == nullptr) return nullptr;
  auto* segment = reinterpret_cast<Segment*>(begin);
  segment->kind = SegmentKind::kLarge;
  segment->owner = nullptr;

  // 31 pages and 61 lines: the two colours differ in period, so few slots agree in both.
  const size_t slack = slots * kSegmentSize - usable - head;
  const size_t slot = reinterpret_cast<uintptr_t>(begin) / kSegmentSize;
  const size_t colour = slot % 31 * kPageSize + slot % 61 * 64;
  uintptr_t block = reinterpret_cast<uintptr_t>(begin) + kPageSize + sizeof(Header);
  if (colour <= slack) block += colour;
  block = RoundUp(block, std::max(alignment, size_t{64}));
  auto* header = reinterpret_cast<Header*>(block) - 1;
  header->slots_begin = begin;
  header->slots = slots;
  header->usable = usable;
  header->room = static_cast<size_t>(begin + slots * kSegmentSize - reinterpret_cast<char*>(block));
  segment->large = reinterpret_cast<void*>(block);
  if (slots >= kHugeSlotsMin) AdviseHuge(begin, slots * kSegmentSize);
  RegisterRoots(reinterpret_cast<void*>(block), header->room);
  Poison(reinterpret_cast<void*>(block), header->room);
  Unpoison(reinterpret_cast<void*>(block), size);
  return reinterpret_cast<void*>(block);
}

void LargeSpans::Free(void* block, const void* heap) {
  Header* header = HeaderOf(block);
  const uint32_t bin = BinOf(header->usable);
  if (bin < kBins && cached_bytes_ + header->usable <= kCachedBytesMax) {
    Poison(block, header->room);
    cached_bytes_ += header->usable;
    header->next = bins_[bin];
    bins_[bin] = header;
    filled_ |= uint64_t{1} << bin;
    return;
  }
  GiveSlots(header, heap);
}

size_t LargeSpans::GiveSlots(Header* header, const void* heap) {
  char* const block = reinterpret_cast<char*>(header + 1);
  UnregisterRoots(block, header->room);
  const size_t used = static_cast<size_t>(block - header->slots_begin) + header->usable;
  if (header->slots >= kHugeSlotsMin) {
    AdviseSmall(header->slots_begin, header->slots * kSegmentSize);
  }
  return SegmentSource::Give(header->slots_begin, header->slots, used, heap);
}

size_t LargeSpans::Flush(const void* heap) {
  size_t returned = 0;
  for (uint32_t bin = 0; bin < kBins; ++bin) {
    while (Header* header = bins_[bin]) {
      bins_[bin] = header->next;
      returned += GiveSlots(header, heap);
    }
  }
  filled_ = 0;
  cached_bytes_ = 0;
  return returned;
}

void* LargeSpans::Move(void* block, size_t size) {
  Header* header = HeaderOf(block);
  if (header->usable < kMovedMin || size > SIZE_MAX / 4) return nullptr;
  const size_t usable = RoundToBin(size);
  // The block keeps its place within its page, so it needs a page more than a fresh one.
  const size_t slots = (usable + HeadFor(kPageSize) + kSegmentSize - 1) / kSegmentSize;
  auto* begin = static_cast<char*>(SegmentSource::Take(slots));
  if (begin == nullptr) return nullptr;
  char* const old_pages =
      reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(header) & ~(kPageSize - 1));
  const size_t offset = static_cast<size_t>(static_cast<char*>(block) - old_pages);
  const Header old = *header;
  const size_t old_room = old.room;
  const size_t bytes = RoundUp(offset + old.usable, kPageSize);
  Unpoison(block, old_room);
  if (!MovePages(old_pages, bytes, begin + kPageSize)) {
    SegmentSource::Give(begin, slots, 0, nullptr);
    return nullptr;
  }
  UnregisterRoots(block, old_room);
  if (old.slots >= kHugeSlotsMin) AdviseSmall(old.slots_begin, old.slots * kSegmentSize);
  SegmentSource::Give(old.slots_begin, old.slots, kPageSize, nullptr);

  char* const moved = begin + kPageSize + offset;
  auto* segment = reinterpret_cast<Segment*>(begin);
  segment->kind = SegmentKind::kLarge;
  segment->owner = nullptr;
  segment->large = moved;
  header = HeaderOf(moved);
  header->slots_begin = begin;
  header->slots = slots;
  header->usable = usable;
  header->room = static_cast<size_t>(begin + slots * kSegmentSize - moved);
  if (slots >= kHugeSlotsMin) AdviseHuge(begin, slots * kSegmentSize);
  RegisterRoots(moved, header->room);
  Poison(moved, header->room);
  Unpoison(moved, size);
  return moved;
}

size_t LargeSpans::UsableSize(const void* block) { return HeaderOf(block)->usable; }

bool LargeSpans::TryResize(void* block, size_t size) {
  Header* header = HeaderOf(block);
  if (size > header->room) return false;
  const size_t usable = std::min(RoundToBin(std::max(size, kBinsStart + 1)), header->room);
  if (size < header->usable / 2 || size > header->usable) SetUsable(header, usable);
  Poison(block, header->room);
  Unpoison(block, size);
  return true;
}

}  // namespace zokio::mem_internal
