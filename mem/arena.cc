#include "mem/arena.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace zokio {
namespace {

constexpr size_t kFirstBlock = 1024;
constexpr size_t kFirstMapped = size_t{64} << 10;
constexpr size_t kLargestBlock = size_t{1} << 20;

}  // namespace

Arena::~Arena() {
  RunDestructors();
  while (blocks_ != nullptr) FreeBlock(std::exchange(blocks_, blocks_->next));
}

void Arena::FreeBlock(Block* block) {
  mem_internal::Unpoison(block, block->size);
  reserved_ -= block->size;
  source_ == nullptr ? std::free(block) : source_->Unmap(block, block->size);
}

void Arena::Use(Block* block) {
  bump_ = reinterpret_cast<uintptr_t>(block + 1);
  end_ = reinterpret_cast<uintptr_t>(block) + block->size;
  mem_internal::Poison(block + 1, block->size - sizeof(Block));
}

void* Arena::AllocateSlow(size_t size, size_t alignment) {
  const size_t overhead = sizeof(Block) + alignment;
  if (size > SIZE_MAX / 2 || alignment > SIZE_MAX / 4) return nullptr;
  const size_t first = source_ == nullptr ? kFirstBlock : kFirstMapped;
  const size_t doubled = blocks_ == nullptr ? first : blocks_->size * 2;
  size_t block_size = std::max(std::min(doubled, kLargestBlock), size + overhead);
  const size_t left = bytes_max_ - reserved_;
  if (block_size > left) block_size = std::min(left, size + overhead);
  if (block_size < size + overhead) return nullptr;
  auto* block =
      static_cast<Block*>(source_ == nullptr ? std::malloc(block_size) : source_->Map(block_size));
  if (block == nullptr) return nullptr;
  reserved_ += block_size;
  block->size = block_size;
  block->next = blocks_;
  blocks_ = block;
  Use(block);
  return Allocate(size, alignment);
}

bool Arena::TryExtend(void* last, size_t old_size, size_t new_size) {
  const uintptr_t start = reinterpret_cast<uintptr_t>(last);
  if (start + old_size != bump_ || end_ - start < new_size) return false;
  bump_ = start + new_size;
  if (new_size > old_size) {
    mem_internal::Unpoison(static_cast<char*>(last) + old_size, new_size - old_size);
  } else {
    mem_internal::Poison(static_cast<char*>(last) + new_size, old_size - new_size);
  }
  return true;
}

void Arena::RunDestructors() {
  while (destructors_ != nullptr) {
    Destructor* destructor = std::exchange(destructors_, destructors_->next);
    destructor->destroy(destructor);
  }
}

void Arena::Reset() {
  RunDestructors();
  if (blocks_ == nullptr) return;
  Block* largest = blocks_;
  for (Block* block = blocks_; block != nullptr; block = block->next) {
    if (block->size > largest->size) largest = block;
  }
  while (blocks_ != nullptr) {
    Block* block = std::exchange(blocks_, blocks_->next);
    if (block != largest) FreeBlock(block);
  }
  largest->next = nullptr;
  blocks_ = largest;
  Use(largest);
}

void* ArenaResource::do_allocate(size_t size, size_t alignment) {
  void* memory = arena_.Allocate(size, alignment);
  ZOKIO_CHECK(memory != nullptr, "an arena's memory is exhausted");
  return memory;
}

void ArenaResource::do_deallocate(void* memory, size_t size, size_t) {
  mem_internal::Poison(memory, size);
}

bool ArenaResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace zokio
