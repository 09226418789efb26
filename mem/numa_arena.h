// NumaArenaSource: pages of one memory node for an Arena.
//
//   NumaArenaSource pages(topology, placement.Choose(cpu));
//   Arena arena(SIZE_MAX, &pages);
//
// With a single node nothing is bound; where the kernel refuses to bind, the pages come from
// wherever it likes. Report says which of these it was.
//
// Ownership: outlives its arenas.
// Thread-safety: any thread.
// Errors: Map answers nullptr where memory is exhausted.
// Cost: two system calls a block.
#ifndef ZOKIO_MEM_NUMA_ARENA_H_
#define ZOKIO_MEM_NUMA_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/atomic.h"
#include "mem/arena.h"
#include "mem/numa_topology.h"

namespace zokio {

class NumaArenaSource final : public ArenaSource {
 public:
  // REQUIRES: `node` is an index into the topology's nodes.
  NumaArenaSource(const NumaTopology& topology, uint32_t node);

  void* Map(size_t size) override;
  void Unmap(void* block, size_t size) override;

  std::string Report() const;

 private:
  const uint32_t os_index_;
  const bool single_;
  Atomic<uint64_t> bytes_mapped_{0};  // ever
  Atomic<uint64_t> refusals_{0};      // of the kernel, to bind
};

}  // namespace zokio

#endif  // ZOKIO_MEM_NUMA_ARENA_H_
