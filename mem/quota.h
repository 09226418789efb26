// MemoryQuota: what a task, an actor or a request may hold, counted and bounded.
//
// A quota has a name (its tag), a limit, and may have a parent, whose limit counts too: tasks
// within an actor within the process. Charging beyond any limit fails as a whole. MemoryStats
// (mem/memory_stats.h) lists the tags of all that live.
//
// Ownership: a parent outlives its children; a quota outlives what was allocated from it, and fails
//   a CHECK that names it and the bytes where something is left.
// Thread-safety: any thread.
// Memory ordering: none: the counts are statistics. What is held is exact once threads are joined;
//   a peak may miss what another thread gave back within the same moment.
// Errors: kOutOfRange names the operation where a limit would be exceeded, kOutOfMemory where there
//   is no memory at all.
// Cost: an atomic addition for each level, so charge by the buffer and not by the byte; a lock at a
//   quota's begin and at its end.
#ifndef ZOKIO_MEM_QUOTA_H_
#define ZOKIO_MEM_QUOTA_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/result.h"

namespace zokio {

class MemoryQuota {
 public:
  // Of all quotas of one tag that live.
  struct TagTotal {
    std::string tag;
    size_t quotas = 0;
    size_t bytes = 0;
    size_t bytes_peak = 0;  // the most that one of them held at once
    uint64_t refusals = 0;
  };

  // `tag` must live as long as the quota.
  explicit MemoryQuota(const char* tag, size_t bytes_max = SIZE_MAX, MemoryQuota* parent = nullptr);
  MemoryQuota(const MemoryQuota&) = delete;
  MemoryQuota& operator=(const MemoryQuota&) = delete;
  ~MemoryQuota();

  // From the tiered allocator.
  Result<void*> Allocate(size_t size);
  // REQUIRES: `size` is what was asked for, of this quota.
  void Free(void* block, size_t size);

  // For memory that comes from elsewhere.
  Result<void> Charge(size_t bytes);
  void Refund(size_t bytes);

  const char* tag() const { return tag_; }
  size_t bytes() const { return bytes_.load(memory_order_relaxed); }
  size_t bytes_max() const { return bytes_max_; }
  // The most that was held at once.
  size_t bytes_peak() const { return peak_.load(memory_order_relaxed); }
  // How often a limit of this quota refused.
  uint64_t refusals() const { return refusals_.load(memory_order_relaxed); }

  // By tag. A parent's bytes are those of its children and its own; those of children with their
  // parent's tag count once.
  static std::vector<TagTotal> Totals();

 private:
  struct Registry;
  static Registry& All();

  bool TryCharge(size_t bytes);
  void RaisePeak();

  const char* const tag_;
  const size_t bytes_max_;
  MemoryQuota* const parent_;
  Atomic<size_t> bytes_{0};
  Atomic<size_t> peak_{0};
  Atomic<uint64_t> refusals_{0};
  MemoryQuota* next_ = nullptr;  // in the registry
  MemoryQuota* prev_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_QUOTA_H_
