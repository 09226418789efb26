// LoadTopology: the topology of this machine, as hwloc knows it.
//
// A target of its own, for it links hwloc; a scheduler without it takes each processor of its
// affinity mask for a core, and all for one node.
//
// Processors that the process may not use (its affinity mask, its cgroup's cpuset) do not count. A
// node without memory is one whose processors are far from all memory; a processor near several
// nodes belongs to the first of them that has memory.
//
// Thread-safety: any thread.  Cost: milliseconds: once at the start of a program.
// Errors: kInvalidArgument for a description that hwloc refuses, kOutOfMemory, kUnsupported where
//   hwloc finds no machine or no processor is left.
#ifndef ZOKIO_SCHED_HWLOC_TOPOLOGY_H_
#define ZOKIO_SCHED_HWLOC_TOPOLOGY_H_

#include "base/result.h"
#include "sched/topology.h"

namespace zokio {

Result<Topology> LoadTopology();

// Of a description in hwloc's synthetic format, such as "package:2 numa:4 l3:1 core:4 pu:2".
Result<Topology> LoadSyntheticTopology(const char* description);

}  // namespace zokio

#endif  // ZOKIO_SCHED_HWLOC_TOPOLOGY_H_
