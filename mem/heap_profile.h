// HeapProfile: which call stacks hold how much memory, by samples, and what leaked.
//
// An allocator in front of the tiers that takes a sample about every `interval_bytes`, at random
// (the distances are exponential, so that no load's rhythm hides a site), records the call stack,
// and forgets it when the block is freed. Dump writes what is held in the legacy text format that
// `pprof` and `google-pprof` read; ReportLeaks, at exit, says what is still there.
//
//   HeapProfile& profile = *new HeapProfile;   // lives as long as its blocks
//   void* block = profile.Allocate(size);
//   profile.Free(block, size);
//   Write(profile.Dump());                     // google-pprof PROGRAM FILE
//
// It may be behind the program's own operator new (mem/replace_new_delete_modes.h): what it
// allocates for itself is no sample.
//
// Ownership: outlives its blocks; a block is freed by the profile that it came from.
// Thread-safety: any thread; one lock, taken for samples only.
// Memory ordering: the filter's counts are relaxed: a block's Free comes after its Allocate anyway.
// Errors: nullptr where memory is exhausted; where there is none for a sample's own record, what
//   the program's operator new does then.
// Cost: above the tiers an atomic addition, and at a free a look into a table of 16 KiB; a
//   sample costs some microseconds, most of it for the stack.
#ifndef ZOKIO_MEM_HEAP_PROFILE_H_
#define ZOKIO_MEM_HEAP_PROFILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/random.h"

namespace zokio {

struct HeapProfileOptions {
  size_t interval_bytes = 512 << 10;  // 1: every block is a sample
  uint64_t seed = 1;
};

class HeapProfile {
 public:
  explicit HeapProfile(HeapProfileOptions options = {});
  HeapProfile(const HeapProfile&) = delete;
  HeapProfile& operator=(const HeapProfile&) = delete;

  void* Allocate(size_t size);
  // REQUIRES: `alignment` is a power of two.
  void* AllocateAligned(size_t size, size_t alignment);
  void Free(void* block, size_t size);
  // Where the size is not known, whatever the alignment.
  void Free(void* block);
  void FreeAligned(void* block, size_t size, size_t alignment);

  size_t samples_live() const;
  // With the process's mappings, by which pprof finds the symbols.
  std::string Dump() const;
  // "HeapProfile: 3 samples stand for some 12345 bytes not freed" and the stacks with the most, on
  // standard error; answers how many samples. With an interval of 1 these are the leaks exactly.
  size_t ReportLeaks() const;

  // Around a fork, so that the child finds the lock free.
  void LockForFork() { mutex_.Lock(); }
  void UnlockAfterFork() { mutex_.Unlock(); }

 private:
  static constexpr size_t kFrames = 24;
  static constexpr size_t kFilter = 1 << 12;

  struct Sample {
    size_t size;
    std::vector<void*> stack;
  };
  struct Site {
    uint64_t objects = 0;
    uint64_t bytes = 0;
  };

  static size_t FilterIndex(const void* block) {
    const uint64_t hash = reinterpret_cast<uintptr_t>(block) * 0x9E3779B97F4A7C15u;
    return static_cast<size_t>(hash >> 52);
  }
  void* Count(void* block, size_t size);
  void Uncount(void* block);
  void Record(void* block, size_t size, uint64_t end);
  bool Claim(uint64_t end);
  void Forget(void* block);
  uint64_t NextDistance();

  const size_t interval_bytes_;
  // Bytes asked for so far: each block has a stretch of them, and is a sample where the next point
  // lies in it or was left behind by another one's.
  Atomic<uint64_t> allocated_{0};
  Atomic<uint64_t> next_sample_{0};        // written under the lock
  Atomic<uint32_t> filter_[kFilter] = {};  // how many samples have this hash
  mutable Mutex mutex_;
  Random random_;
  std::unordered_map<void*, Sample> samples_;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_HEAP_PROFILE_H_
