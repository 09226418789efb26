// MemoryStats: where the process's memory is, cheaply and always.
//
// Bytes are told apart by what could be done about them: live ones are in use, cached ones serve
// the next allocation, reusable ones can serve any size, pinned ones are free but lie beside live
// ones in their runs. Hot paths count nothing: the figures are read off the structures themselves.
//
// Thread-safety: Collect looks at the calling thread's heap; the process-wide figures are exact
//   at some moment during the call.
// Cost: a walk over the thread's runs; for a page of metrics, not for a hot path.
#ifndef ZOKIO_MEM_MEMORY_STATS_H_
#define ZOKIO_MEM_MEMORY_STATS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mem/quota.h"

namespace zokio {

struct MemoryStats {
  struct Class {
    size_t block_size = 0;
    size_t live_bytes = 0;
    size_t cached_bytes = 0;
    size_t pinned_bytes = 0;
  };

  // Of the calling thread's heap.
  size_t live_bytes = 0;      // handed out, up to 64 KiB; what others freed counts until collected
  size_t cached_bytes = 0;    // in magazines and the cache of large spans
  size_t pinned_bytes = 0;    // free blocks in runs that hold live ones
  size_t reusable_bytes = 0;  // free pages
  uint64_t refills = 0;
  uint64_t blocks_refilled = 0;
  uint64_t blocks_flushed = 0;
  uint64_t remote_frees = 0;  // blocks of other threads' heaps that this one freed
  uint64_t large_allocations = 0;
  uint64_t large_reused = 0;
  std::vector<Class> classes;  // those with a run

  // Of the process.
  size_t reserved_bytes = 0;  // address space
  size_t mapped_bytes = 0;    // of it, in use by heaps and large spans
  std::vector<MemoryQuota::TagTotal> tags;

  static MemoryStats Collect();

  // A table for people.
  std::string ToText() const;
  std::string ToJson() const;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_MEMORY_STATS_H_
