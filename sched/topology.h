// Topology: the processors that this process may use, who shares a core, a cache, a memory node.
//
//   zokio::Result<zokio::Topology> machine = zokio::LoadTopology();   // sched/hwloc_topology.h
//   zokio::SchedulerOptions options;
//   options.affinity = zokio::Affinity::kCore;
//   options.topology = std::make_shared<zokio::Topology>(machine->Restricted({0, 1, 2, 3}));
//
// A description and nothing more: what follows from it for a scheduler is decided in placement.h,
// by functions of such a value, so that machines nobody has here can be decided about in tests.
//
// Ownership: a plain value.  Thread-safety: const functions from any thread.
#ifndef ZOKIO_SCHED_TOPOLOGY_H_
#define ZOKIO_SCHED_TOPOLOGY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace zokio {

// A hardware thread. Two are on the same core, cache or node where the numbers are the same.
struct Processor {
  int cpu = 0;   // as the kernel numbers it
  int core = 0;  // the others count from 0 over the whole machine
  int l2 = 0;    // the core's number where there is no such cache
  int l3 = 0;    // the node's number where there is no such cache
  int node = 0;  // index into Topology::nodes
};

struct MemoryNode {
  int os_index = 0;  // as the kernel numbers it
  uint64_t memory_bytes = 0;
};

// How near two processors are; the nearest first.
enum class Nearness { kCore, kL2, kL3, kNode, kRemote };

struct Topology {
  // Those that may be used; who shares something stands beside each other.
  std::vector<Processor> processors;
  // At least one. A node may have no processor that we may use, or no memory.
  std::vector<MemoryNode> nodes;
  // By node and node, 10 from a node to itself, as firmware tells it. Empty: all others are alike.
  std::vector<std::vector<int>> distances;
  // Who says so: "hwloc", "synthetic", "flat: nothing is known but the affinity mask".
  std::string origin;

  // Where nothing is known: each processor a core of its own, all on one node.
  static Topology Flat(const std::vector<int>& cpus);

  // The same machine with fewer processors: those of `cpus` that it has. For schedulers that share
  // a machine.
  Topology Restricted(const std::vector<int>& cpus) const;

  int Distance(int from_node, int to_node) const;
  // All nodes, `node` first, then by rising distance.
  std::vector<int> NodesByDistance(int node) const;
  // `node`, or the nearest one that has memory.
  int NearestMemory(int node) const;

  // "8 processors, 4 cores, 2 nodes (hwloc): ..."; for people.
  std::string Report() const;
};

Nearness NearnessOf(const Processor& a, const Processor& b);

// "0-3,8", as the kernel writes lists of processors; `cpus` need not be sorted.
std::string CpuListToString(std::vector<int> cpus);

}  // namespace zokio

#endif  // ZOKIO_SCHED_TOPOLOGY_H_
