#include "mem/internal/segment_source.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "mem/internal/sanitizer.h"
#include "mem/internal/segment.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

constexpr size_t kReserveSlots = 64;
constexpr size_t kKeptBytesMax = size_t{64} << 20;

// Adjacent free slots, described where nothing else lies: in a table of its own.
struct FreeSlots {
  char* begin;
  size_t slots;
  size_t used;                 // resident bytes at the front, 0 when clean; of single ones
  const void* heap = nullptr;  // who gave them, while they are not clean

  char* end() const { return begin + slots * kSegmentSize; }
};

struct Table {
  FreeSlots* entries = nullptr;
  size_t count = 0;
  size_t capacity = 0;

  // False where the table cannot grow.
  bool Reserve(size_t wanted);
  bool Push(FreeSlots slots) {
    if (!Reserve(count + 1)) return false;
    entries[count++] = slots;
    return true;
  }
  FreeSlots Pop() { return entries[--count]; }
};

struct Source {
  Mutex mutex;
  Table singles;  // the kept ones last
  Table spans;    // of two slots and more
  size_t kept_bytes = 0;
  char* fresh = nullptr;
  char* fresh_end = nullptr;
  size_t reserved = 0;
  size_t taken = 0;
};

Source& TheSource() {
  // Never destroyed: threads may free until the very end.
  alignas(Source) static unsigned char memory[sizeof(Source)];
  static Source* const source = [] {
    auto* made = new (memory) Source;
    pthread_atfork([] { TheSource().mutex.Lock(); }, [] { TheSource().mutex.Unlock(); },
                   [] { TheSource().mutex.Unlock(); });
    return made;
  }();
  return *source;
}

bool Table::Reserve(size_t wanted) {
  if (wanted <= capacity) return true;
  const size_t bytes = capacity * sizeof(FreeSlots);
  size_t grown = std::max(kPageSize, bytes);
  while (grown / sizeof(FreeSlots) < wanted) grown *= 2;
  void* moved = bytes == 0 ? MapPages(grown) : RemapPages(entries, bytes, grown);
  if (moved == nullptr) return false;
  entries = static_cast<FreeSlots*>(moved);
  capacity = grown / sizeof(FreeSlots);
  return true;
}

// The rest of these functions REQUIRE the lock.

// A table that cannot grow leaks address space, not memory.
void PushClean(Source& source, char* begin, size_t slots) {
  if (slots > 0) (slots == 1 ? source.singles : source.spans).Push({begin, slots, 0});
}

// From the end of the span that fits best.
char* TakeFromSpans(Source& source, size_t slots) {
  Table& spans = source.spans;
  FreeSlots* best = nullptr;
  for (FreeSlots* span = spans.entries; span != spans.entries + spans.count; ++span) {
    if (span->slots >= slots && (best == nullptr || span->slots < best->slots)) best = span;
  }
  if (best == nullptr) return nullptr;
  best->slots -= slots;
  char* const begin = best->end();
  if (best->slots < 2) {
    const FreeSlots rest = *best;
    *best = spans.Pop();
    PushClean(source, rest.begin, rest.slots);
  }
  return begin;
}

// Neighbours become spans: or those of one size would never serve a larger one.
void Merge(Source& source) {
  Table& spans = source.spans;
  if (!spans.Reserve(spans.count + source.singles.count)) return;
  while (source.singles.count > 0) spans.Push(source.singles.Pop());
  std::sort(spans.entries, spans.entries + spans.count,
            [](const FreeSlots& a, const FreeSlots& b) { return a.begin < b.begin; });
  size_t merged = 0;
  for (size_t i = 0; i < spans.count; ++i) {
    FreeSlots next = spans.entries[i];
    if (merged > 0 && spans.entries[merged - 1].end() == next.begin) {
      FreeSlots& before = spans.entries[merged - 1];
      for (FreeSlots* slot : {&before, &next}) {
        if (slot->used > 0) ReleaseNow(slot->begin, slot->used);
        source.kept_bytes -= slot->used;
        slot->used = 0;
      }
      before.slots += next.slots;
    } else {
      spans.entries[merged++] = next;
    }
  }
  spans.count = merged;
  for (bool kept : {false, true}) {
    size_t left = 0;
    for (size_t i = 0; i < spans.count; ++i) {
      const FreeSlots slots = spans.entries[i];
      if (slots.slots > 1 || (slots.used > 0) != kept) {
        spans.entries[left++] = slots;
      } else {
        source.singles.Push(slots);
      }
    }
    spans.count = left;
  }
}

// What was never used, of this reservation or of another one.
char* TakeFresh(Source& source, size_t slots) {
  const size_t bytes = slots * kSegmentSize;
  if (static_cast<size_t>(source.fresh_end - source.fresh) < bytes) {
    PushClean(source, source.fresh,
              static_cast<size_t>(source.fresh_end - source.fresh) / kSegmentSize);
    source.fresh = source.fresh_end;
    Merge(source);
    if (char* begin = TakeFromSpans(source, slots)) return begin;
    size_t reserve = bytes < kReserveSlots * kSegmentSize ? kReserveSlots * kSegmentSize : bytes;
    void* pages = MapAligned(reserve, kSegmentSize);
    if (pages == nullptr && reserve > bytes) {
      reserve = bytes;
      pages = MapAligned(reserve, kSegmentSize);
    }
    if (pages == nullptr) return nullptr;
    source.reserved += reserve;
    source.fresh = static_cast<char*>(pages);
    source.fresh_end = source.fresh + reserve;
  }
  char* begin = source.fresh;
  source.fresh += bytes;
  return begin;
}

}  // namespace

void* SegmentSource::Take(size_t slots) {
  if (slots > SIZE_MAX / 4 / kSegmentSize) return nullptr;
  Source& source = TheSource();
  MutexLock lock(source.mutex);
  char* begin = nullptr;
  if (slots == 1 && source.singles.count > 0) {
    const FreeSlots slot = source.singles.Pop();
    source.kept_bytes -= slot.used;
    begin = slot.begin;
  } else {
    if (slots > 1) begin = TakeFromSpans(source, slots);
    if (begin == nullptr) begin = TakeFresh(source, slots);
  }
  if (begin != nullptr) source.taken += slots * kSegmentSize;
  return begin;
}

size_t SegmentSource::Give(void* slots_begin, size_t slots, size_t used, const void* heap) {
  char* begin = static_cast<char*>(slots_begin);
  Unpoison(begin, slots * kSegmentSize);
  Source& source = TheSource();
  if (slots == 1) {
    MutexLock lock(source.mutex);
    if (source.kept_bytes + used <= kKeptBytesMax && source.singles.Push({begin, 1, used, heap})) {
      source.kept_bytes += used;
      source.taken -= kSegmentSize;
      return 0;
    }
  }
  const size_t released = ReleaseCounted(begin, slots * kSegmentSize);
  MutexLock lock(source.mutex);
  source.taken -= slots * kSegmentSize;
  PushClean(source, begin, slots);
  return released;
}

size_t SegmentSource::Decay(const void* heap) {
  Source& source = TheSource();
  MutexLock lock(source.mutex);
  size_t released = 0;
  FreeSlots* const singles = source.singles.entries;
  size_t kept = source.singles.count;  // from there on: those that stay as they are, last
  for (size_t i = source.singles.count; i-- > 0;) {
    FreeSlots& slot = singles[i];
    if (slot.used > 0 && (slot.heap == heap || slot.heap == nullptr)) {
      released += ReleaseCounted(slot.begin, kSegmentSize);
      source.kept_bytes -= slot.used;
      slot.used = 0;
    }
    if (slot.used > 0) std::swap(slot, singles[--kept]);
  }
  return released;
}

void SegmentSource::Disown(const void* heap) {
  Source& source = TheSource();
  MutexLock lock(source.mutex);
  for (size_t i = 0; i < source.singles.count; ++i) {
    FreeSlots& slot = source.singles.entries[i];
    if (slot.heap == heap) slot.heap = nullptr;
  }
}

size_t SegmentSource::bytes_reserved() {
  MutexLock lock(TheSource().mutex);
  return TheSource().reserved;
}

size_t SegmentSource::bytes_taken() {
  MutexLock lock(TheSource().mutex);
  return TheSource().taken;
}

}  // namespace zokio::mem_internal
