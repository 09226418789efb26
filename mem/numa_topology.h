// NumaTopology: the memory nodes of this machine and the processors near each, as hwloc knows them.
//
// NumaPlacement decides on it, for a processor that asks, from which node memory shall come. Only
// nodes that have memory, and only processors that this process may use, count. Where a single
// node is left there is nothing to decide, and Report says so.
//
// Ownership: a plain value; hwloc's own tree is gone once it is loaded.
// Thread-safety: const after Load; NumaPlacement from any thread.
// Errors: kInvalidArgument for a description that hwloc refuses, kOutOfMemory, kUnsupported where
//   no node is left.
// Cost: Load takes milliseconds; a decision is a table look-up, for kInterleave an atomic addition.
#ifndef ZOKIO_MEM_NUMA_TOPOLOGY_H_
#define ZOKIO_MEM_NUMA_TOPOLOGY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/result.h"

namespace zokio {

struct NumaNode {
  uint32_t os_index;  // as the kernel numbers it
  uint64_t memory_bytes;
  std::vector<uint32_t> cpus;
};

class NumaTopology {
 public:
  // Of the machine, as far as the cgroup allows; the affinity mask is not looked at.
  static Result<NumaTopology> Load();
  // Of a description in hwloc's synthetic format, such as "numa:2 core:4 pu:2"; `cpus_allowed` as a
  // cpuset would restrict it, in hwloc's list format ("0-3,8"), nullptr for all.
  static Result<NumaTopology> LoadSynthetic(const char* description,
                                            const char* cpus_allowed = nullptr);

  // At least one, by rising os_index.
  const std::vector<NumaNode>& nodes() const { return nodes_; }
  // Which of nodes() is near; the first one for a processor that is not known.
  uint32_t NodeOfCpu(uint32_t cpu) const { return cpu < near_.size() ? near_[cpu] : 0; }

  // "2 nodes: 0 with 16 GiB and 4 processors, ..." or why placement makes no difference.
  std::string Report() const;

 private:
  NumaTopology() = default;
  static Result<NumaTopology> FromHwloc(void* topology, const char* cpus_allowed);

  std::vector<NumaNode> nodes_;
  std::vector<uint32_t> near_;  // by processor
};

enum class NumaPolicy {
  kLocal,       // the node of the processor that asks
  kInterleave,  // one after the other
  kBind,        // always the same
};

class NumaPlacement {
 public:
  // REQUIRES: `topology` outlives it; for kBind `node` is an index into its nodes.
  NumaPlacement(const NumaTopology& topology, NumaPolicy policy, uint32_t node = 0);

  // An index into the topology's nodes.
  uint32_t Choose(uint32_t cpu);

 private:
  const NumaTopology& topology_;
  const NumaPolicy policy_;
  const uint32_t node_;
  Atomic<uint32_t> next_{0};
};

}  // namespace zokio

#endif  // ZOKIO_MEM_NUMA_TOPOLOGY_H_
