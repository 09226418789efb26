#include "mem/internal/tiered_heap.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "mem/internal/idle_stack.h"
#include "mem/internal/segment_source.h"
#include "mem/internal/system_pages.h"
#include "mem/internal/thread_exit.h"

namespace zokio::mem_internal {
namespace {

constinit IdleStack<TieredHeap> idle_heaps;

// A magazine starts with this many pointers and doubles when it runs dry.
constexpr size_t kMagazineFirst = 32;

constexpr size_t MagazinePointers() {
  size_t sum = 0;
  for (const ClassInfo& info : kClassTable) sum += info.magazine_max;
  return sum;
}

}  // namespace

constinit TieredHeap no_tiered_heap;

// Nobody's until the next thread; so is what it left with the source.
void TieredHeap::Retire(TieredHeap* heap) {
  SegmentSource::Disown(heap);
  idle_heaps.Push(heap);
}

TieredHeap* TieredHeap::Acquire() {
  if (TieredHeap* heap = idle_heaps.Pop()) return heap;
  const size_t heap_size = RoundUp(sizeof(TieredHeap), 64);
  void* pages = MapPages(heap_size + MagazinePointers() * sizeof(void*));
  if (pages == nullptr) return nullptr;
  auto* heap = new (pages) TieredHeap;
  heap->BuildMagazines();
  return heap;
}

void TieredHeap::BuildMagazines() {
  void** pointers =
      reinterpret_cast<void**>(reinterpret_cast<char*>(this) + RoundUp(sizeof(TieredHeap), 64));
  for (uint32_t i = 0; i < kClasses; ++i) {
    Magazine& magazine = magazines_[i];
    magazine.base = magazine.top = pointers;
    magazine.limit = pointers + std::min<size_t>(kMagazineFirst, kClassTable[i].magazine_max);
    pointers += kClassTable[i].magazine_max;
  }
}

TieredHeap* TieredHeap::Attach(TieredThread& thread) {
  TieredHeap* heap = Acquire();
  if (heap != nullptr && !thread.exited) {
    static const ThreadExit exit(&OnThreadExit);
    exit.Arm(heap);
    thread.heap = heap;
  }
  return heap;
}

void TieredHeap::OnThreadExit(void*) {
  FlushThread();
  MyTieredThread::GetInline().exited = true;
}

void TieredHeap::FlushThread() {
  TieredThread& thread = MyTieredThread::GetInline();
  TieredHeap* heap = thread.heap;
  if (heap == &no_tiered_heap) return;
  thread.heap = &no_tiered_heap;
  heap->FlushAll();
  heap->large_.Flush(heap);
  heap->Drain();
  Retire(heap);
}

void* TieredHeap::AllocateSlow(uint32_t size_class, size_t size) {
  TieredThread& thread = MyTieredThread::GetInline();
  TieredHeap* heap = thread.heap;
  if (heap == &no_tiered_heap) heap = Attach(thread);
  if (heap == nullptr) return nullptr;
  Magazine& magazine = heap->magazines_[size_class];
  void* block = nullptr;
  if (magazine.top != magazine.base || heap->Refill(size_class)) {
    block = *--magazine.top;
    Unpoison(block, size);
  }
  if (heap != thread.heap) {  // borrowed by a thread at its end
    heap->Flush(size_class, static_cast<size_t>(magazine.top - magazine.base));
    Retire(heap);
  }
  return block;
}

void TieredHeap::FreeSlow(void* block, uint32_t size_class) {
  TieredThread& thread = MyTieredThread::GetInline();
  TieredHeap* heap = thread.heap;
  if (heap == &no_tiered_heap) heap = Attach(thread);
  if (heap == nullptr) return;  // no memory for a heap: the block is lost, the program goes on
  Magazine& magazine = heap->magazines_[size_class];
  if (magazine.top == magazine.limit) {
    heap->Flush(size_class, static_cast<size_t>(magazine.limit - magazine.base + 1) / 2);
  }
  *magazine.top++ = block;
  if (heap != thread.heap) {
    heap->Flush(size_class, static_cast<size_t>(magazine.top - magazine.base));
    Retire(heap);
  }
}

void TieredHeap::List(PageRun* run) {
  PageRun*& head = runs_[run->size_class];
  run->listed = true;
  run->prev = nullptr;
  run->next = head;
  if (head != nullptr) head->prev = run;
  head = run;
}

void TieredHeap::Unlist(PageRun* run) {
  run->listed = false;
  if (run->next != nullptr) run->next->prev = run->prev;
  (run->prev != nullptr ? run->prev->next : runs_[run->size_class]) = run->next;
}

PageRun* TieredHeap::NewRun(uint32_t size_class) {
  const ClassInfo& info = kClassTable[size_class];
  PageRun* run = pages_.Allocate(info.run_order, this);
  if (run == nullptr) return nullptr;
  run->block_size = info.size;
  run->blocks = static_cast<uint16_t>(info.blocks);
  run->free = run->blocks;
  run->decayed = 0;
  run->size_class = static_cast<uint8_t>(size_class);
  uint64_t* bits = run->bits();
  for (uint32_t left = info.blocks; left > 0; left -= std::min(left, 64u)) {
    *bits++ = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
  }
  List(run);
  return run;
}

// Half a magazine of blocks, the lowest addresses of the first runs on the list.
bool TieredHeap::Refill(uint32_t size_class) {
  Magazine& magazine = magazines_[size_class];
  const size_t capacity_max = kClassTable[size_class].magazine_max;
  const size_t capacity =
      std::min(capacity_max, 2 * static_cast<size_t>(magazine.limit - magazine.base));
  magazine.limit = magazine.base + capacity;
  const size_t wanted = (capacity + 1) / 2;

  void** const end = magazine.base + wanted;
  void** put = end;  // filled downwards: the lowest address is popped first
  if (runs_[size_class] == nullptr) Drain();
  while (put != magazine.base) {
    PageRun* run = runs_[size_class];
    if (run == nullptr) {
      if (put != end) break;
      run = NewRun(size_class);
      if (run == nullptr) break;
    }
    const uint32_t words = (run->blocks + 63u) / 64;
    char* const run_begin = run->begin();
    uint64_t* const run_bits = run->bits();
    for (uint32_t word = 0; word < words && put != magazine.base; ++word) {
      uint64_t bits = run_bits[word];
      if (bits == 0) continue;
      char* const first = run_begin + size_t{word} * 64 * run->block_size;
      uint16_t taken = 0;
      while (bits != 0 && put != magazine.base) {
        *--put = first + static_cast<size_t>(std::countr_zero(bits)) * run->block_size;
        bits &= bits - 1;
        ++taken;
      }
      run_bits[word] = bits;
      run->free = static_cast<uint16_t>(run->free - taken);
    }
    if (run->free == 0) Unlist(run);
  }
  const size_t got = static_cast<size_t>(end - put);
  if (put != magazine.base) std::memmove(magazine.base, put, got * sizeof(void*));
  magazine.top = magazine.base + got;
  ++stats_.refills;
  stats_.refilled += got;
  return got > 0;
}

inline void TieredHeap::SetFree(PageRun* run, uint64_t& word, uint64_t bits) {
  word |= bits;
  run->free = static_cast<uint16_t>(run->free + std::popcount(bits));
  if (run->free == run->blocks) [[unlikely]] {
    if (run->listed) Unlist(run);
    pages_.Free(run);
  } else if (!run->listed) [[unlikely]] {
    List(run);
  }
}

// The `count` blocks freed longest ago go to their runs.
void TieredHeap::Flush(uint32_t size_class, size_t count) {
  Magazine& magazine = magazines_[size_class];
  const ClassInfo info = kClassTable[size_class];
  const bool many = info.blocks > kFewBlocks;
  void** remote = magazine.base;  // those of other heaps gather at the front
  for (size_t i = 0; i < count; ++i) {
    void* block = magazine.base[i];
    Segment* segment = Segment::Of(block);
    if (segment->owner != this) {
      *remote++ = block;
      continue;
    }
    const uintptr_t offset = Segment::OffsetOf(block);
    const size_t page = segment->run_of[offset / kRunPage];
    PageRun* run = &segment->runs[page];
    // A block that was shrunk in place is freed as one of a smaller class.
    const bool shrunk = run->size_class != size_class;
    const uint32_t index =
        shrunk ? segment->IndexOf(block) : info.IndexAt(offset - page * kRunPage);
    uint64_t* bits = shrunk ? run->bits() : many ? segment->many_bits[page] : run->few_bits;
    SetFree(run, bits[index / 64], uint64_t{1} << (index % 64));
  }
  if (remote != magazine.base) {
    FlushRemote(magazine.base, static_cast<size_t>(remote - magazine.base));
  }
  const size_t kept = static_cast<size_t>(magazine.top - magazine.base) - count;
  std::memmove(magazine.base, magazine.base + count, kept * sizeof(void*));
  magazine.top = magazine.base + kept;
  ++stats_.flushes;
  stats_.flushed += count;
}

void TieredHeap::FlushRemote(void** blocks, size_t count) {
  stats_.remote_frees += count;
  TieredHeap* owner = nullptr;
  RemoteBlock* first = nullptr;
  RemoteBlock* last = nullptr;
  for (size_t i = 0; i < count;) {
    auto* message = static_cast<RemoteBlock*>(blocks[i]);
    Segment* segment = Segment::Of(message);
    PageRun* run = segment->RunOf(message);
    const ClassInfo& info = kClassTable[run->size_class];
    const uint32_t index = segment->IndexOf(message);
    uint64_t mask = uint64_t{1} << (index % 64);
    const bool carries = run->block_size >= sizeof(RemoteBlock);
    // Neighbours come one after the other: whoever allocated them got them so.
    const uint32_t first_of_word = index & ~63u;
    char* const word_begin = run->begin() + size_t{first_of_word} * run->block_size;
    const size_t word_bytes = size_t{std::min(64u, run->blocks - first_of_word)} * run->block_size;
    for (++i; carries && i < count; ++i) {
      const size_t offset = static_cast<size_t>(static_cast<char*>(blocks[i]) - word_begin);
      if (offset >= word_bytes) break;
      mask |= uint64_t{1} << info.IndexAt(offset);
    }
    Unpoison(message, carries ? sizeof(RemoteBlock) : sizeof(RemoteBlock*));
    if (carries) message->payload = mask;
    if (segment->owner != owner && first != nullptr) {
      owner->remote_.Push(first, last);
      first = nullptr;
    }
    owner = segment->owner;
    message->next = first;
    if (first == nullptr) last = message;
    first = message;
  }
  if (first != nullptr) owner->remote_.Push(first, last);
}

void TieredHeap::FlushAll() {
  for (uint32_t i = 0; i < kClasses; ++i) {
    const size_t count = static_cast<size_t>(magazines_[i].top - magazines_[i].base);
    if (count > 0) Flush(i, count);
  }
}

void TieredHeap::Drain() {
  RemoteBlock* message = remote_.TakeAll();
  while (message != nullptr) {
    RemoteBlock* next = message->next;
    Segment* segment = Segment::Of(message);
    PageRun* run = segment->RunOf(message);
    const uint32_t index = segment->IndexOf(message);
    const bool carries = run->block_size >= sizeof(RemoteBlock);
    const uint64_t mask = carries ? message->payload : uint64_t{1} << (index % 64);
    Poison(message, run->block_size);
    SetFree(run, run->bits()[index / 64], mask);
    message = next;
  }
}

// Whole pages under free blocks of a run that is in use: its bitmap tells, and no free block holds
// anything. The tail behind the last block goes with it: another class may have written there.
size_t TieredHeap::ReleaseFreePages(PageRun& run) {
  if (run.free == run.decayed || size_t{run.free} * run.block_size < kPageSize) return 0;
  run.decayed = run.free;
  const uintptr_t run_begin = reinterpret_cast<uintptr_t>(run.begin());
  const uint64_t* const bits = run.bits();
  size_t released = 0;
  uint32_t first = 0;  // of a stretch of free blocks
  for (uint32_t i = 0; i <= run.blocks; ++i) {
    if (i < run.blocks && (bits[i / 64] >> (i % 64) & 1) != 0) continue;
    const uintptr_t begin = run_begin + size_t{first} * run.block_size;
    const size_t free_end = i < run.blocks ? size_t{i} * run.block_size : kRunPage << run.order;
    const uintptr_t end = run_begin + free_end;
    const uintptr_t page = RoundUp(begin, kPageSize);
    const uintptr_t page_end = end & ~(kPageSize - 1);
    if (page < page_end) {
      // Counted: most of them went back the last time, when fewer blocks were free.
      released += ReleaseCounted(reinterpret_cast<void*>(page), page_end - page);
    }
    first = i + 1;
  }
  if (released > 0) RunPages::Thin(Segment::Of(&run));
  return released;
}

size_t TieredHeap::Decay() {
  FlushAll();
  for (uint32_t i = 0; i < kClasses; ++i) {
    Magazine& magazine = magazines_[i];
    magazine.limit = magazine.base + std::min<size_t>(kMagazineFirst, kClassTable[i].magazine_max);
  }
  Drain();
  size_t released = 0;
  pages_.ForEachRun([&](PageRun& run) { released += ReleaseFreePages(run); });
  released += pages_.Decay() + large_.Flush(this);
  return released + SegmentSource::Decay(this);
}

void* TieredHeap::AllocateLarge(size_t size, size_t alignment) {
  TieredThread& thread = MyTieredThread::GetInline();
  TieredHeap* heap = thread.heap;
  if (heap == &no_tiered_heap) heap = Attach(thread);
  if (heap == nullptr) return nullptr;
  ++heap->stats_.large_allocations;
  bool reused = false;
  void* block = heap->large_.Allocate(size, alignment, &reused);
  if (reused) ++heap->stats_.large_reused;
  if (heap != thread.heap) Retire(heap);
  return block;
}

void TieredHeap::FreeLarge(void* block) {
  TieredThread& thread = MyTieredThread::GetInline();
  TieredHeap* heap = thread.heap;
  if (heap == &no_tiered_heap) heap = Attach(thread);
  if (heap == nullptr) return;
  heap->large_.Free(block, heap);
  if (heap != thread.heap) {
    heap->large_.Flush(heap);
    Retire(heap);
  }
}

TieredClassStats TieredHeap::ClassStats(uint32_t size_class) {
  TieredClassStats stats;
  pages_.ForEachRun([&](const PageRun& run) {
    if (run.size_class != size_class) return;
    stats.run_bytes += size_t{run.blocks} * run.block_size;
    stats.free_bytes += size_t{run.free} * run.block_size;
  });
  const Magazine& magazine = magazines_[size_class];
  stats.cached_bytes =
      static_cast<size_t>(magazine.top - magazine.base) * kClassTable[size_class].size;
  return stats;
}

}  // namespace zokio::mem_internal
