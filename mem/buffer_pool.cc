#include "mem/buffer_pool.h"

#include "base/check.h"
#include "mem/internal/sanitizer.h"
#include "mem/internal/system_pages.h"

namespace zokio {
namespace {

constexpr size_t kGranule = 512;
constexpr uint32_t kCountMax = 1u << 30;

}  // namespace

Result<std::unique_ptr<BufferPool>> BufferPool::Create(size_t buffer_size, uint32_t count) {
  if (buffer_size == 0 || count == 0) {
    return Error(ErrorCode::kInvalidArgument, "BufferPool::Create");
  }
  if (count > kCountMax || buffer_size > SIZE_MAX / 2 / count - kGranule) {
    return Error(ErrorCode::kOutOfRange, "BufferPool::Create");
  }
  const size_t size = mem_internal::RoundUp(buffer_size, kGranule);
  void* pages = mem_internal::MapPages(size * count);
  if (pages == nullptr) return Error(ErrorCode::kOutOfMemory, "BufferPool::Create");
  return std::unique_ptr<BufferPool>(new BufferPool(static_cast<uint8_t*>(pages), size, count));
}

BufferPool::BufferPool(uint8_t* bytes, size_t buffer_size, uint32_t count)
    : bytes_(bytes),
      buffer_size_(buffer_size),
      count_(count),
      free_count_(count),
      free_(count),
      next_remote_(count, kNone) {
  for (uint32_t i = 0; i < count; ++i) free_[i] = count - 1 - i;  // the first is taken first
  mem_internal::Poison(bytes_, Region().size());
}

BufferPool::~BufferPool() {
  Collect();
  ZOKIO_CHECK(free_count_ == count_, "a BufferPool died before all its buffers were put back");
  mem_internal::Unpoison(bytes_, Region().size());
  mem_internal::UnmapPages(bytes_, Region().size());
}

uint32_t BufferPool::Take() {
  if (free_count_ == 0) [[unlikely]] {
    Collect();
    if (free_count_ == 0) return kNone;
  }
  const uint32_t buffer = free_[--free_count_];
  mem_internal::Unpoison(Bytes(buffer).data(), buffer_size_);
  return buffer;
}

void BufferPool::Put(uint32_t buffer) {
  ZOKIO_DCHECK(buffer < count_ && free_count_ < count_, "no buffer of this pool");
  mem_internal::Poison(Bytes(buffer).data(), buffer_size_);
  free_[free_count_++] = buffer;
}

void BufferPool::PutRemote(uint32_t buffer) {
  uint32_t head = remote_.load(memory_order_relaxed);
  do {
    next_remote_[buffer] = head;
  } while (
      !remote_.compare_exchange_weak(head, buffer, memory_order_release, memory_order_relaxed));
}

// Takes the list as a whole, so there is no ABA.
void BufferPool::Collect() {
  uint32_t buffer = remote_.exchange(kNone, memory_order_acquire);
  while (buffer != kNone) {
    const uint32_t next = next_remote_[buffer];
    Put(buffer);
    buffer = next;
  }
}

std::vector<iovec> BufferPool::Iovecs() {
  std::vector<iovec> vectors(count_);
  for (uint32_t i = 0; i < count_; ++i) {
    vectors[i] = {bytes_ + size_t{i} * buffer_size_, buffer_size_};
  }
  return vectors;
}

}  // namespace zokio
