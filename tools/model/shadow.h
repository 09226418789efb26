// Shadow: who touched which byte of plain memory last, so that data races on unannotated memory
// and uses of freed memory are seen.
//
// Filled by the hooks that the compiler's -fsanitize=thread puts before each access
// (tools/model/plain_access.cc stands in for that sanitizer's run-time library).
// Thread-safety: one thread.  Cost: about 10 ns an access.
#ifndef ZOKIO_TOOLS_MODEL_SHADOW_H_
#define ZOKIO_TOOLS_MODEL_SHADOW_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/model/object.h"
#include "tools/model/vector_clock.h"

namespace zokio::model {

class Shadow {
 public:
  // What an access collided with; `other` is kNobody if with nothing.
  struct Conflict {
    int other = kNobody;
    bool other_wrote = false;
    bool freed = false;
    const void* other_pc = nullptr;
  };

  Shadow() : cells_(size_t{1} << capacity_bits_) {}

  void Clear() {
    ++execution_;
    used_ = 0;
  }
  // `known`: the accessing thread's clock, its own time included.
  Conflict Access(uintptr_t address, size_t size, bool write, int thread, const VectorClock& known,
                  const void* pc);
  // The end of a block: as a write to all of it, after which every access is one to freed memory.
  Conflict Free(uintptr_t address, size_t size, int thread, const VectorClock& known,
                const void* pc);

 private:
  static constexpr int kGranule = 8;
  struct Cell {
    uintptr_t granule = 0;
    uint32_t execution = 0;
    bool freed = false;
    uint8_t written = 0;  // bytes that were
    uint8_t read_bytes[kThreadsMax] = {};
    uint8_t writer[kGranule] = {};  // by byte
    uint32_t write_epoch[kGranule] = {};
    uint32_t read_epoch[kThreadsMax] = {};
    const void* write_pc = nullptr;
    const void* read_pc[kThreadsMax] = {};
  };

  Cell& At(uintptr_t granule);
  void Grow();

  int capacity_bits_ = 12;
  uint32_t execution_ = 1;
  size_t used_ = 0;
  std::vector<Cell> cells_;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_SHADOW_H_
