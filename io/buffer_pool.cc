#include "io/buffer_pool.h"

#include <bit>
#include <new>

#include "io/internal/thread_token.h"

namespace zokio::io {
namespace {

constexpr uint32_t kLine = 64;
constexpr uint32_t kCapacityMax = 32768;  // the kernel's limit of a provided-buffer ring

uint32_t RoundCapacity(uint32_t wanted) {
  return std::bit_ceil(wanted < 32 ? 32 : wanted > kCapacityMax ? kCapacityMax : wanted);
}

// Whom unpooled buffers name: it belongs to no thread and to nobody. Never destroyed.
BufferPool* NoPool() {
  static BufferPool* const none = new BufferPool(nullptr, 1, 1);
  return none;
}

}  // namespace

BufferPool::BufferPool(Owner* owner, uint32_t buffer_size, uint32_t buffers_max, uint16_t first_id)
    : owner_(owner),
      buffer_size_(buffer_size),
      first_id_(first_id),
      capacity_(RoundCapacity(buffers_max)) {
  ZOKIO_CHECK(buffer_size > 0, "buffers need a size");
  blocks_ = std::make_unique_for_overwrite<BufferBlock[]>(capacity_);
  free_.reserve(capacity_);
  chunks_.reserve(capacity_ / kChunkLargeBuffers + 1);
}

BufferPool::~BufferPool() = default;

bool BufferPool::Grow() {
  if (made_ >= capacity_) return false;
  const size_t stride = (size_t{buffer_size_} + kLine - 1) / kLine * kLine + kLine;
  const uint32_t count = first_id_ == kLargeIds ? kChunkLargeBuffers : kChunkBuffers;
  uint8_t* chunk = new (std::nothrow) uint8_t[stride * count];
  if (chunk == nullptr) return false;
  chunks_.emplace_back(chunk);
  for (uint32_t i = 0; i < count; ++i) {
    BufferBlock& block = blocks_[made_ + i];
    block = BufferBlock{};
    block.pool = this;
    block.data = chunk + i * stride;
    block.id = static_cast<uint16_t>(first_id_ + made_ + i);
  }
  for (uint32_t i = count; i > 0; --i) {
    free_.push_back(static_cast<uint16_t>(first_id_ + made_ + i - 1));
  }
  made_ += count;
  return true;
}

BufferBlock* BufferPool::NewUnpooled(uint32_t size) {
  auto* memory = new (std::nothrow) uint8_t[sizeof(BufferBlock) + size];
  if (memory == nullptr) return nullptr;
  auto* block = new (memory) BufferBlock{};
  block->pool = NoPool();
  block->data = memory + sizeof(BufferBlock);
  return block;
}

BufferBlock* BufferPool::Take() {
  if (free_.empty() && !DrainRemote() && !Grow()) return nullptr;
  BufferBlock* block = this->block(free_.back());
  free_.pop_back();
  block->length = 0;
  block->offset = 0;
  return block;
}

void BufferPool::Return(BufferBlock* block) {
  BufferPool* pool = block->pool;
  if (__builtin_expect(pool->home_thread_.load(memory_order_relaxed) == ThreadToken(), 1)) {
    pool->free_.push_back(block->id);
    return;
  }
  pool->ReturnRemote(block);
}

void BufferPool::ReturnRemote(BufferBlock* block) {
  // The moment the block is pushed, the pool may go: its owner must not.
  Owner* owner = owner_;
  if (owner == nullptr) {
    delete[] reinterpret_cast<uint8_t*>(block);
    return;
  }
  owner->Retain();
  const bool closed = !remote_.Push(block);
  if (!closed && starved_.load(memory_order_seq_cst)) owner->Unpark();
  owner->Release(closed ? 2 : 1);
}

bool BufferPool::DrainRemote() {
  BufferBlock* block = remote_.TakeAll();
  if (block == nullptr) return false;
  while (block != nullptr) {
    BufferBlock* next = block->link;
    free_.push_back(block->id);
    block = next;
  }
  return true;
}

int64_t BufferPool::Close() {
  home_thread_.store(0, memory_order_relaxed);
  for (BufferBlock* block = remote_.Close(); block != nullptr;) {
    BufferBlock* next = block->link;
    free_.push_back(block->id);
    block = next;
  }
  return int64_t{made_} - static_cast<int64_t>(free_.size());
}

}  // namespace zokio::io
