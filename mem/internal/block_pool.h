// BlockPool: blocks of one size, for ObjectPool, which adds the type.
//
// Free blocks lie in one magazine, an array of pointers that is never shorter than the number of
// blocks carved: a free needs no bound check and touches no block. Chunks double from 16 KiB to
// 1 MiB as the pool grows.
//
// The magazine has a floor under which allocation does not reach without noticing. Trim puts the
// floor at the top; an allocation that meets it moves it down, each time by as much as before. What
// lies below the floor at the next Trim was not needed in between, so whole chunks of it go back to
// the kernel. The measure costs nothing: the floor is the bound that the fast path checks anyway.
//
// Thread-safety: one thread at a time, but FreeRemote from any thread.
// Memory ordering: see RemoteList.
// Errors: Allocate answers nullptr where memory or `blocks_max` is exhausted.
#ifndef ZOKIO_MEM_INTERNAL_BLOCK_POOL_H_
#define ZOKIO_MEM_INTERNAL_BLOCK_POOL_H_

#include <cstddef>
#include <cstdint>

#include "mem/internal/remote_list.h"
#include "mem/internal/sanitizer.h"

namespace zokio {

struct ObjectPoolStats {
  uint64_t allocations = 0;
  uint64_t reused = 0;        // of these, served by a block that had been freed before
  uint64_t remote_frees = 0;  // blocks that other threads freed and that were taken back
  size_t live = 0;            // handed out; those freed remotely count until taken back
  size_t cached = 0;          // free, ready to be handed out
  size_t bytes_mapped = 0;
  size_t bytes_trimmed = 0;  // given back to the kernel over the pool's life
};

namespace mem_internal {

class BlockPool {
 public:
  // REQUIRES: `alignment` is a power of two up to a page.
  BlockPool(size_t size, size_t alignment, size_t blocks_max);
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  void* Allocate() {
    void** top = top_;
    if (top == floor_) [[unlikely]]
      return AllocateSlow();
    ++allocations_;
    top_ = top - 1;
    void* block = top[-1];
    Unpoison(block, block_size_);
    return block;
  }

  void Free(void* block) {
    Poison(block, block_size_);
    void** top = top_;
    top_ = top + 1;
    *top = block;
  }

  // All or, where memory is exhausted, none.
  bool AllocateBatch(void** blocks, size_t count);
  void FreeBatch(void* const* blocks, size_t count);

  // From any thread; the block serves again after the next DrainRemote or dry magazine.
  void FreeRemote(void* block);
  void DrainRemote();

  // Gives back what was not needed since the last call; answers how many bytes.
  size_t Trim();

  // The chunks outlive the pool: somebody still uses blocks.
  void Abandon() { chunks_count_ = 0; }

  ObjectPoolStats Stats() const;

 private:
  struct Chunk {
    char* begin;
    size_t size;    // bytes mapped
    size_t carved;  // blocks that exist
    size_t free;    // used by Trim
  };

  void* AllocateSlow();
  void* Carve();
  bool AddChunk();
  bool Reserve(size_t blocks);
  bool AddChunkEntry(const Chunk& chunk);
  Chunk& ChunkOf(const void* block);
  size_t ReleaseFreeChunks(size_t surplus);

  void** top_ = nullptr;
  void** floor_ = nullptr;
  uint64_t allocations_ = 0;
  size_t block_size_;
  void** base_ = nullptr;
  size_t capacity_ = 0;  // of the magazine, in pointers
  size_t dug_ = 0;       // how far the floor went down since Trim
  size_t carved_ = 0;    // blocks that exist
  size_t blocks_max_;
  Chunk* chunks_ = nullptr;  // the last one is carved from; sorted only within Trim
  size_t chunks_count_ = 0;
  size_t chunks_capacity_ = 0;
  size_t next_chunk_size_;
  uint64_t fresh_ = 0;  // allocations that carved
  uint64_t remote_frees_ = 0;
  size_t bytes_mapped_ = 0;
  size_t bytes_trimmed_ = 0;
  alignas(64) RemoteList remote_;
};

}  // namespace mem_internal
}  // namespace zokio

#endif  // ZOKIO_MEM_INTERNAL_BLOCK_POOL_H_
