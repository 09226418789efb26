// Sequences of allocations and frees on the pooled heap, poisoned, every block kept and checked.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "mem/internal/tiered_heap.h"

namespace {

using zokio::mem_internal::ClassOf;
using zokio::mem_internal::kMediumMax;
using zokio::mem_internal::TieredHeap;

struct Block {
  unsigned char* bytes;
  size_t size;
  unsigned char stamp;
};

void Release(const Block& block) {
  ZOKIO_CHECK(block.bytes[0] == block.stamp && block.bytes[block.size - 1] == block.stamp,
              "a block lost its bytes");
  if (block.size > kMediumMax) {
    TieredHeap::FreeLarge(block.bytes);
  } else {
    TieredHeap::Free(block.bytes, ClassOf(block.size));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<Block> live;
  for (size_t i = 0; i + 2 < size; i += 3) {
    const size_t number = data[i + 1] | size_t{data[i + 2]} << 8;
    if (data[i] % 64 == 0) {
      TieredHeap::Current().Decay();
    } else if (data[i] % 2 == 0 || live.empty()) {
      const size_t bytes = 1 + (data[i] % 32 == 2 ? number * 20 : number >> (data[i] % 8));
      void* block = bytes > kMediumMax ? TieredHeap::AllocateLarge(bytes, 16)
                                       : TieredHeap::Allocate(ClassOf(bytes), bytes);
      ZOKIO_CHECK(block != nullptr, "no memory");
      live.push_back({static_cast<unsigned char*>(block), bytes, data[i]});
      live.back().bytes[0] = live.back().bytes[bytes - 1] = data[i];
    } else {
      const size_t victim = number % live.size();
      Release(live[victim]);
      live[victim] = live.back();
      live.pop_back();
    }
  }
  for (const Block& block : live) Release(block);
  return 0;
}
