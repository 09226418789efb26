// BufferBlock: what Buffers of the same bytes share, and the thread's part in counting them.
#ifndef ZOKIO_MEM_INTERNAL_BUFFER_BLOCK_H_
#define ZOKIO_MEM_INTERNAL_BUFFER_BLOCK_H_

#include <cstddef>
#include <cstdint>

#include "base/atomic.h"
#include "base/thread_local.h"
#include "mem/internal/biased_count.h"

namespace zokio::mem_internal {

struct BufferBlock : BiasedCount {
  using BiasedCount::BiasedCount;

  size_t size = 0;  // of the bytes that follow, or of those adopted
  void (*release)(void*) = nullptr;
  void* context = nullptr;

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
};

// A queue that outlives the threads it serves.
struct BufferHome {
  MergeQueue queue;
  Atomic<BufferHome*> next_idle{nullptr};
};

struct BufferThread {
  uint64_t token = 0;  // unique to this thread's life; 0 before its first buffer and after its end
  BufferHome* home = nullptr;
  bool exited = false;
  uint8_t allocations = 0;  // a drain every 256
};
struct BufferThreadTag;
using MyBufferThread = ThreadLocal<BufferThread, BufferThreadTag>;

// Gives the calling thread a home and a token, unless it is at its end.
void JoinBufferHomes(BufferThread& thread);
// Merges what lies in the calling thread's queue.
void DrainBufferHome(BufferThread& thread);
void FreeBufferBlock(BufferBlock* block);

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_BUFFER_BLOCK_H_
