#include "mem/internal/segment_source.h"

#include <pthread.h>

#include "base/mutex.h"
#include "mem/internal/sanitizer.h"
#include "mem/internal/segment.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

constexpr size_t kReserveSlots = 64;
constexpr size_t kKeptBytesMax = size_t{64} << 20;

// A free slot, described where nothing else lies: in a table of its own.
struct FreeSlot {
  char* begin;
  size_t used;  // resident bytes at the front, 0 when clean
};

struct Source {
  Mutex mutex;
  FreeSlot* free = nullptr;  // the kept ones last
  size_t free_count = 0;
  size_t free_capacity = 0;
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

bool GrowTable(Source& source) {
  const size_t bytes = source.free_capacity * sizeof(FreeSlot);
  const size_t grown = bytes == 0 ? kPageSize : 2 * bytes;
  void* moved = bytes == 0 ? MapPages(grown) : RemapPages(source.free, bytes, grown);
  if (moved == nullptr) return false;
  source.free = static_cast<FreeSlot*>(moved);
  source.free_capacity = grown / sizeof(FreeSlot);
  return true;
}

// REQUIRES: the lock.
char* TakeFresh(Source& source, size_t slots) {
  const size_t bytes = slots * kSegmentSize;
  if (static_cast<size_t>(source.fresh_end - source.fresh) < bytes) {
    // What is left of the old reservation serves single slots.
    while (source.fresh < source.fresh_end) {
      if (source.free_count == source.free_capacity && !GrowTable(source)) break;
      source.free[source.free_count++] = {source.fresh, 0};
      source.fresh += kSegmentSize;
    }
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
  if (slots == 1 && source.free_count > 0) {
    const FreeSlot& slot = source.free[--source.free_count];
    source.kept_bytes -= slot.used;
    begin = slot.begin;
  } else {
    begin = TakeFresh(source, slots);
    if (begin == nullptr && slots == 1 && source.free_count > 0) {
      begin = source.free[--source.free_count].begin;
    }
  }
  if (begin != nullptr) source.taken += slots * kSegmentSize;
  return begin;
}

void SegmentSource::Give(void* slots_begin, size_t slots, size_t used) {
  char* begin = static_cast<char*>(slots_begin);
  Unpoison(begin, slots * kSegmentSize);
  Source& source = TheSource();
  const bool keep = slots == 1 && [&] {
    MutexLock lock(source.mutex);
    if (source.kept_bytes + used > kKeptBytesMax) return false;
    source.kept_bytes += used;
    return true;
  }();
  if (!keep) ReleaseNow(begin, slots * kSegmentSize);
  MutexLock lock(source.mutex);
  source.taken -= slots * kSegmentSize;
  for (size_t i = 0; i < slots; ++i) {
    // A table that cannot grow leaks address space, not memory.
    if (source.free_count == source.free_capacity && !GrowTable(source)) return;
    source.free[source.free_count++] = {begin + i * kSegmentSize, keep ? used : 0};
  }
}

size_t SegmentSource::Decay() {
  Source& source = TheSource();
  MutexLock lock(source.mutex);
  size_t released = 0;
  for (size_t i = 0; i < source.free_count; ++i) {
    FreeSlot& slot = source.free[i];
    if (slot.used == 0) continue;
    ReleaseNow(slot.begin, slot.used);
    released += slot.used;
    slot.used = 0;
  }
  source.kept_bytes = 0;
  return released;
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
