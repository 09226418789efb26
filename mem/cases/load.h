// What the comparison cases share: random sizes, CPU time, resident memory.
//
// Every case allocates by `operator new` and frees by sized `operator delete`, so one source
// measures whichever allocator the program is linked to.
#ifndef ZOKIO_MEM_CASES_LOAD_H_
#define ZOKIO_MEM_CASES_LOAD_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace zokio::mem_cases {

struct Outcome {
  double value;   // nanoseconds of CPU per pair, or a ratio
  uint64_t work;  // pairs that were done and verified
};

// Of the whole process.
double CpuNs();
double ResidentBytes();

// What the runtime's idle hook does; nothing in programs without one.
void IdleHook();

inline void* New(size_t size) {
  void* block = ::operator new(size);
  asm volatile("" : "+r"(block) : : "memory");  // the pair may not be optimised away
  return block;
}
inline void Delete(void* block, size_t size) { ::operator delete(block, size); }

// Log-uniform in [low, high).
inline std::vector<uint32_t> LogSizes(size_t count, double low, double high, uint64_t seed) {
  Random random(seed);
  std::vector<uint32_t> sizes(count);
  for (uint32_t& size : sizes) {
    const double u = static_cast<double>(random.Next() >> 11) * 0x1p-53;
    size = static_cast<uint32_t>(low * std::exp2(u * std::log2(high / low)));
  }
  return sizes;
}

// A live block whose first byte says that it is ours.
struct Slot {
  char* block = nullptr;
  uint32_t size = 0;

  void Fill(uint32_t bytes) {
    size = bytes;
    block = static_cast<char*>(New(bytes));
    *block = static_cast<char>(bytes);
  }
  // 1 where the block still held what was written, 0 where somebody overwrote it.
  uint64_t Empty() {
    const bool intact = *block == static_cast<char>(size);
    Delete(block, size);
    block = nullptr;
    return intact ? 1 : 0;
  }
};

Outcome SameSizeAtOnce(size_t size);
Outcome SameSizeBatch(size_t count, bool shuffled);
Outcome Replace(double low, double high, size_t live, size_t steps);
Outcome Batch1kTo5k();
Outcome ReplaceOnThreads(double low, double high, size_t live, size_t steps, int threads);
Outcome ProducerConsumer();
Outcome Larson(int threads);
Outcome ResidentAtPeak();
Outcome ResidentAfterShrink();
Outcome PagesAfterShrink();
Outcome ResidentAfterThinning();

// Known size, inline: what a general allocator is not asked.
Outcome PooledObject();
Outcome BareList();
Outcome PooledBatch();
Outcome BareMagazine();
Outcome PooledStack();
Outcome MappedStack();
Outcome PooledCoroutine();
Outcome MallocCoroutine();

struct NamedCase {
  std::string_view name;
  Outcome (*run)();
};
// What the program at hand can run.
std::span<const NamedCase> Cases();

}  // namespace zokio::mem_cases

#endif  // ZOKIO_MEM_CASES_LOAD_H_
