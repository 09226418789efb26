#include "mem/internal/block_pool.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/check.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

constexpr size_t kFirstChunk = 16 << 10;
constexpr size_t kLargestChunk = 1 << 20;
constexpr size_t kBlocksPerChunkMin = 8;
constexpr size_t kFloorStepMin = 64;
constexpr size_t kMagazineFirst = kPageSize / sizeof(void*);

}  // namespace

BlockPool::BlockPool(size_t size, size_t alignment, size_t blocks_max) : blocks_max_(blocks_max) {
  ZOKIO_CHECK(alignment <= kPageSize, "a pooled object is aligned to a page at most");
  block_size_ = RoundUp(std::max(size, sizeof(RemoteBlock)), std::max(alignment, size_t{8}));
  next_chunk_size_ = RoundUp(std::max(kFirstChunk, kBlocksPerChunkMin * block_size_), kPageSize);
}

BlockPool::~BlockPool() {
  for (size_t i = 0; i < chunks_count_; ++i) {
    UnregisterRoots(chunks_[i].begin, chunks_[i].size);
    Unpoison(chunks_[i].begin, chunks_[i].size);
    UnmapPages(chunks_[i].begin, chunks_[i].size);
  }
  if (chunks_ != nullptr) UnmapPages(chunks_, chunks_capacity_ * sizeof(Chunk));
  if (base_ != nullptr) UnmapPages(base_, capacity_ * sizeof(void*));
}

void* BlockPool::AllocateSlow() {
  if (floor_ == base_) DrainRemote();
  if (top_ == floor_) {
    if (floor_ == base_) {
      void* block = Carve();
      if (block == nullptr) return nullptr;
      ++allocations_;
      ++fresh_;
      Unpoison(block, block_size_);
      return block;
    }
    const size_t left = static_cast<size_t>(floor_ - base_);
    const size_t step = std::min(left, std::max(kFloorStepMin, dug_));
    floor_ -= step;
    dug_ += step;
  }
  return Allocate();
}

void* BlockPool::Carve() {
  if (carved_ >= blocks_max_ || !Reserve(carved_ + 1)) return nullptr;
  const auto full = [this] {
    const Chunk& chunk = chunks_[chunks_count_ - 1];
    return chunk.size / block_size_ == chunk.carved;
  };
  if ((chunks_count_ == 0 || full()) && !AddChunk()) return nullptr;
  Chunk& chunk = chunks_[chunks_count_ - 1];
  ++carved_;
  return chunk.begin + block_size_ * chunk.carved++;
}

// Room in the magazine for every block that exists.
bool BlockPool::Reserve(size_t blocks) {
  if (blocks <= capacity_) return true;
  const size_t grown = std::max(kMagazineFirst, capacity_ * 2);
  void* moved = capacity_ == 0
                    ? MapPages(grown * sizeof(void*))
                    : RemapPages(base_, capacity_ * sizeof(void*), grown * sizeof(void*));
  if (moved == nullptr) return false;
  void** base = static_cast<void**>(moved);
  top_ = base + (top_ - base_);
  floor_ = base + (floor_ - base_);
  base_ = base;
  capacity_ = grown;
  return true;
}

bool BlockPool::AddChunk() {
  void* pages = MapPages(next_chunk_size_);
  if (pages == nullptr) return false;
  if (!AddChunkEntry({static_cast<char*>(pages), next_chunk_size_, 0, 0})) {
    UnmapPages(pages, next_chunk_size_);
    return false;
  }
  RegisterRoots(pages, next_chunk_size_);
  Poison(pages, next_chunk_size_);
  bytes_mapped_ += next_chunk_size_;
  next_chunk_size_ = std::max(next_chunk_size_, std::min(next_chunk_size_ * 2, kLargestChunk));
  return true;
}

bool BlockPool::AddChunkEntry(const Chunk& chunk) {
  if (chunks_count_ == chunks_capacity_) {
    const size_t bytes = chunks_capacity_ * sizeof(Chunk);
    const size_t grown = bytes == 0 ? kPageSize : bytes * 2;
    void* moved = bytes == 0 ? MapPages(grown) : RemapPages(chunks_, bytes, grown);
    if (moved == nullptr) return false;
    chunks_ = static_cast<Chunk*>(moved);
    chunks_capacity_ = grown / sizeof(Chunk);
  }
  chunks_[chunks_count_++] = chunk;
  return true;
}

bool BlockPool::AllocateBatch(void** blocks, size_t count) {
  if (static_cast<size_t>(top_ - floor_) >= count) [[likely]] {
    top_ -= count;
    std::memcpy(blocks, top_, count * sizeof(void*));
    allocations_ += count;
    if (kAddressSanitizer) {
      for (size_t i = 0; i < count; ++i) Unpoison(blocks[i], block_size_);
    }
    return true;
  }
  for (size_t i = 0; i < count; ++i) {
    blocks[i] = Allocate();
    if (blocks[i] == nullptr) {
      FreeBatch(blocks, i);
      return false;
    }
  }
  return true;
}

void BlockPool::FreeBatch(void* const* blocks, size_t count) {
  if (count == 0) return;
  if (kAddressSanitizer) {
    for (size_t i = 0; i < count; ++i) Poison(blocks[i], block_size_);
  }
  std::memcpy(top_, blocks, count * sizeof(void*));
  top_ += count;
}

void BlockPool::FreeRemote(void* block) {
  Poison(block, block_size_);
  Unpoison(block, sizeof(RemoteBlock));
  auto* freed = static_cast<RemoteBlock*>(block);
  remote_.Push(freed, freed);
}

void BlockPool::DrainRemote() {
  RemoteBlock* block = remote_.TakeAll();
  while (block != nullptr) {
    RemoteBlock* next = block->next;
    ++remote_frees_;
    Free(block);
    block = next;
  }
}

BlockPool::Chunk& BlockPool::ChunkOf(const void* block) {
  const auto after = std::upper_bound(chunks_, chunks_ + chunks_count_, block,
                                      [](const void* address, const Chunk& chunk) {
                                        return std::less<const void*>()(address, chunk.begin);
                                      });
  return after[-1];
}

size_t BlockPool::Trim() {
  DrainRemote();
  const size_t surplus = static_cast<size_t>(floor_ - base_);
  const size_t released = surplus * block_size_ < kPageSize ? 0 : ReleaseFreeChunks(surplus);
  floor_ = top_;
  dug_ = 0;
  bytes_trimmed_ += released;
  return released;
}

// Unmaps chunks without a live block, as long as at most `surplus` blocks go.
size_t BlockPool::ReleaseFreeChunks(size_t surplus) {
  Chunk* const end = chunks_ + chunks_count_;
  Chunk* const current = end - 1;
  char* const current_begin = current->begin;
  std::sort(chunks_, end, [](const Chunk& a, const Chunk& b) { return a.begin < b.begin; });
  for (Chunk* chunk = chunks_; chunk != end; ++chunk) chunk->free = 0;
  for (void** block = base_; block != top_; ++block) ++ChunkOf(*block).free;

  // Marks what goes by `carved` of none; the magazine keeps the others' blocks.
  const auto goes = [&](Chunk& chunk) {
    if (chunk.carved == 0 || chunk.free != chunk.carved || chunk.carved > surplus) return false;
    surplus -= chunk.carved;
    return true;
  };
  for (Chunk* chunk = chunks_; chunk != end; ++chunk) chunk->free = goes(*chunk) ? 1 : 0;
  top_ = std::remove_if(base_, top_, [&](void* block) { return ChunkOf(block).free == 1; });

  size_t released = 0;
  Chunk* const kept = std::remove_if(chunks_, end, [&](const Chunk& chunk) {
    if (chunk.free == 0) return false;
    UnregisterRoots(chunk.begin, chunk.size);
    Unpoison(chunk.begin, chunk.size);
    UnmapPages(chunk.begin, chunk.size);
    carved_ -= chunk.carved;
    released += chunk.size;
    return true;
  });
  chunks_count_ = static_cast<size_t>(kept - chunks_);
  bytes_mapped_ -= released;
  // The chunk that is carved from stays last.
  for (Chunk* chunk = chunks_; chunk != kept; ++chunk) {
    if (chunk->begin == current_begin) std::swap(*chunk, kept[-1]);
  }
  if (released > 0)
    next_chunk_size_ = RoundUp(std::max(kFirstChunk, next_chunk_size_ / 2), kPageSize);
  // Low addresses first: what lives gathers, so that the next Trim finds more.
  std::sort(base_, top_, std::greater<void*>());
  return released;
}

ObjectPoolStats BlockPool::Stats() const {
  const size_t cached = static_cast<size_t>(top_ - base_);
  return {.allocations = allocations_,
          .reused = allocations_ - fresh_,
          .remote_frees = remote_frees_,
          .live = carved_ - cached,
          .cached = cached,
          .bytes_mapped = bytes_mapped_,
          .bytes_trimmed = bytes_trimmed_};
}

}  // namespace zokio::mem_internal
