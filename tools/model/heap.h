// Heap: what a modelled body allocates with `new`, so that leaks and wrong frees are seen.
//
// A bump arena that is reset after each execution: addresses are the same in every repetition,
// freed memory is not handed out again within one execution (so a dangling pointer is recognised),
// and an execution that is given up in its middle leaves nothing behind.
// Thread-safety: one thread allocates; Contains from any.
#ifndef ZOKIO_TOOLS_MODEL_HEAP_H_
#define ZOKIO_TOOLS_MODEL_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace zokio::model {

class Heap {
 public:
  struct Block {
    char* begin = nullptr;
    size_t size = 0;
    bool freed = false;
    bool internal = false;  // the checker's own, e.g. a thread-local: never a leak
    int thread = 0;
    uint32_t step = 0;  // steps made before it was allocated
    int freed_by = 0;
    uint32_t freed_step = 0;
  };

  // The one heap of the process; its address range is reserved at the first use.
  static Heap& Get();
  static bool Contains(const void* address) {
    const auto distance = reinterpret_cast<uintptr_t>(address) - base_;
    return distance < kCapacity && base_ != 0;
  }

  // Null when the arena is full.
  void* Allocate(size_t size, size_t alignment, int thread, uint32_t step);
  // The block that begins at or holds the address; null if none does.
  Block* Find(const void* address);
  void Reset();

  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  static constexpr size_t kCapacity = size_t{64} << 20;
  static inline uintptr_t base_ = 0;

  Heap();

  char* next_ = nullptr;
  std::vector<Block> blocks_;  // by ascending address
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_HEAP_H_
