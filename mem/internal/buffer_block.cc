#include "mem/internal/buffer_block.h"

#include <cstdlib>
#include <new>

#include "mem/frame_pool.h"
#include "mem/internal/idle_stack.h"
#include "mem/internal/system_pages.h"
#include "mem/internal/thread_exit.h"

namespace zokio::mem_internal {
namespace {

constinit IdleStack<BufferHome> idle_homes;
constinit Atomic<uint64_t> last_token{0};

void MergeAll(BiasedCount* count) {
  while (count != nullptr) {
    BiasedCount* next = count->next_queued;
    if (count->MergeQueued()) FreeBufferBlock(static_cast<BufferBlock*>(count));
    count = next;
  }
}

void LeaveBufferHomes(void*) {
  BufferThread& thread = MyBufferThread::GetInline();
  BufferHome* home = thread.home;
  thread = {.exited = true};
  if (home == nullptr) return;
  MergeAll(home->queue.Close());
  idle_homes.Push(home);
}

}  // namespace

void JoinBufferHomes(BufferThread& thread) {
  if (thread.exited) return;
  BufferHome* home = idle_homes.Pop();
  if (home != nullptr) {
    home->queue.Open();
  } else {
    void* page = MapPages(kPageSize);  // the idle stack wants page-aligned objects
    if (page == nullptr) return;       // then every count of this thread is a shared one
    home = new (page) BufferHome;
  }
  thread.home = home;
  thread.token = last_token.fetch_add(1, memory_order_relaxed) + 1;
  static const ThreadExit exit(&LeaveBufferHomes);
  exit.Arm(home);
}

void DrainBufferHome(BufferThread& thread) {
  if (thread.home != nullptr) MergeAll(thread.home->queue.TakeAll());
}

void FreeBufferBlock(BufferBlock* block) {
  if (block->release != nullptr) block->release(block->context);
  const size_t size = sizeof(BufferBlock) + (block->release == nullptr ? block->size : 0);
  block->~BufferBlock();
  FramePool::Free(block, size);
}

}  // namespace zokio::mem_internal
