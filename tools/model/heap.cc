#include "tools/model/heap.h"

#include <sys/mman.h>

#include <algorithm>

#include "base/check.h"

namespace zokio::model {

Heap& Heap::Get() {
  static Heap heap;
  return heap;
}

Heap::Heap() {
  void* memory = mmap(nullptr, kCapacity, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ZOKIO_CHECK(memory != MAP_FAILED, "address space for the modelled heap");
  base_ = reinterpret_cast<uintptr_t>(memory);
  next_ = static_cast<char*>(memory);
}

void* Heap::Allocate(size_t size, size_t alignment, int thread, uint32_t step) {
  alignment = std::max<size_t>(alignment, 16);
  uintptr_t begin = reinterpret_cast<uintptr_t>(next_);
  begin = (begin + alignment - 1) & ~(alignment - 1);
  if (size > kCapacity || begin + size + 16 > base_ + kCapacity) return nullptr;
  Block& block = blocks_.emplace_back();
  block.begin = reinterpret_cast<char*>(begin);
  block.size = size;
  block.thread = thread;
  block.step = step;
  next_ = block.begin + std::max<size_t>(size, 1);
  return block.begin;
}

Heap::Block* Heap::Find(const void* address) {
  auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), static_cast<const char*>(address),
                       [](const char* wanted, const Block& block) { return wanted < block.begin; });
  if (after == blocks_.begin()) return nullptr;
  Block& block = *(after - 1);
  const char* end = block.begin + std::max<size_t>(block.size, 1);
  return static_cast<const char*>(address) < end ? &block : nullptr;
}

void Heap::Reset() {
  blocks_.clear();
  next_ = reinterpret_cast<char*>(base_);
}

}  // namespace zokio::model
