#include "mem/internal/frame_heap.h"

#include <new>

#include "mem/internal/thread_exit.h"

namespace zokio::mem_internal {
namespace {

constinit IdleStack<FrameHeap> idle_heaps;

}  // namespace

constinit FrameHeap no_frame_heap;

// Gives the thread a heap to keep, or one to borrow where it is at its end.
FrameHeap* FrameHeap::Attach(FrameThread& thread) {
  FrameHeap* heap = Acquire();
  if (heap != nullptr && !thread.exited) {
    static const ThreadExit exit(&OnThreadExit);
    exit.Arm(heap);
    thread.heap = heap;
  }
  return heap;
}

// A heap that an ended thread left behind, or a new one.
FrameHeap* FrameHeap::Acquire() {
  if (FrameHeap* heap = idle_heaps.Pop()) {
    heap->allocations_ = heap->carved_ = heap->remote_frees_ = heap->chunks_mapped_ = 0;
    return heap;
  }
  void* pages = MapPages(sizeof(FrameHeap));
  if (pages == nullptr) return nullptr;
  return new (pages) FrameHeap;
}

void FrameHeap::OnThreadExit(void*) {
  FlushThread();
  MyFrameThread::GetInline().exited = true;
}

void FrameHeap::FlushThread() {
  FrameThread& thread = MyFrameThread::GetInline();
  FrameHeap* heap = thread.heap;
  if (heap == &no_frame_heap) return;
  heap->SendAll();
  thread.heap = &no_frame_heap;
  idle_heaps.Push(heap);
}

void* FrameHeap::AllocateSlow(uint32_t size_class, size_t size) {
  FrameThread& thread = MyFrameThread::GetInline();
  FrameHeap* heap = thread.heap;
  if (heap == &no_frame_heap) heap = Attach(thread);
  if (heap == nullptr) return nullptr;
  void* block = heap->Refill(size_class);
  if (block != nullptr) ++heap->allocations_;
  if (heap != thread.heap) idle_heaps.Push(heap);  // it was borrowed, and is another's from here on
  if (block == nullptr) return nullptr;
  Unpoison(block, size);
  return block;
}

void* FrameHeap::Refill(uint32_t size_class) {
  Magazine& magazine = magazines_[size_class];
  if (magazine.top == magazine.base) DrainRemote();
  return magazine.top != magazine.base ? *--magazine.top : Carve(size_class);
}

// A block that never was. One at a time: what is not needed yet is not touched.
void* FrameHeap::Carve(uint32_t size_class) {
  const size_t size = FrameClassSize(size_class);
  Magazine& magazine = magazines_[size_class];
  if (magazine.carved == magazine.capacity && !Grow(magazine)) return nullptr;
  if (static_cast<size_t>(bump_end_ - bump_) < size && !NewChunk()) return nullptr;
  ++magazine.carved;
  ++carved_;
  void* block = bump_;
  bump_ += size;
  return block;
}

bool FrameHeap::NewChunk() {
  void* pages = MapAligned(kChunkSize, kChunkSize);
  if (pages == nullptr) return false;
  // A thread that fills one chunk will fill more: from there on a fault is better paid once for
  // 2 MiB (54 us) than 512 times (841 us); a thread with a few frames keeps to small pages.
  if (chunks_++ > 0) AdviseHuge(pages, kChunkSize);
  ++chunks_mapped_;
  static_cast<Chunk*>(pages)->owner = this;
  bump_ = static_cast<char*>(pages) + kChunkHeader;
  bump_end_ = static_cast<char*>(pages) + kChunkSize;
  RegisterRoots(pages, kChunkSize);
  Poison(bump_, kChunkSize - kChunkHeader);
  return true;
}

bool FrameHeap::Grow(Magazine& magazine) {
  const size_t used = static_cast<size_t>(magazine.top - magazine.base);
  const size_t bytes = magazine.capacity * sizeof(void*);
  void* grown = magazine.capacity == 0 ? MapPages(kMagazineFirst * sizeof(void*))
                                       : RemapPages(magazine.base, bytes, 2 * bytes);
  if (grown == nullptr) return false;
  magazine.capacity = magazine.capacity == 0 ? kMagazineFirst : 2 * magazine.capacity;
  magazine.base = static_cast<void**>(grown);
  magazine.top = magazine.base + used;
  return true;
}

void FrameHeap::FreeRemote(FrameHeap* owner, void* block, uint32_t size_class) {
  auto* freed = static_cast<RemoteBlock*>(block);
  Poison(freed + 1, FrameClassSize(size_class) - sizeof(RemoteBlock));
  Unpoison(freed, sizeof(RemoteBlock));
  freed->next = nullptr;
  freed->payload = size_class;

  FrameThread& thread = MyFrameThread::GetInline();
  if (thread.heap == &no_frame_heap && !thread.exited) Attach(thread);
  if (thread.heap == &no_frame_heap) return owner->remote_.Push(freed, freed);
  FrameHeap& heap = *thread.heap;
  if (owner == &heap) return heap.TakeBack(freed);  // the heap that was just given
  Batch& batch = heap.outgoing_[(reinterpret_cast<uintptr_t>(owner) / kPageSize) % kOutgoing];
  if (batch.owner != owner) {
    heap.SendBatch(batch);
    batch.owner = owner;
  }
  freed->next = batch.first;
  batch.first = freed;
  if (batch.count++ == 0) batch.last = freed;
  if (batch.count == kBatchMax) heap.SendBatch(batch);
}

void FrameHeap::SendBatch(Batch& batch) {
  if (batch.count == 0) return;
  batch.owner->remote_.Push(batch.first, batch.last);
  batch.first = nullptr;
  batch.count = 0;
}

void FrameHeap::SendAll() {
  for (Batch& batch : outgoing_) SendBatch(batch);
}

void FrameHeap::TakeBack(RemoteBlock* block) {
  *magazines_[block->payload].top++ = block;
  ++remote_frees_;
  Poison(block, sizeof(RemoteBlock));
}

void FrameHeap::DrainRemote() {
  SendAll();
  RemoteBlock* block = remote_.TakeAll();
  while (block != nullptr) {
    RemoteBlock* next = block->next;
    TakeBack(block);
    block = next;
  }
}

FrameHeapStats FrameHeap::Stats() const {
  return {.allocations = allocations_,
          .reused = allocations_ - carved_,
          .remote_frees = remote_frees_,
          .chunks = chunks_mapped_};
}

}  // namespace zokio::mem_internal
