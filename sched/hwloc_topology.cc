#include "sched/hwloc_topology.h"

#include <hwloc.h>
#include <hwloc/distances.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sched/cores.h"

namespace zokio {
namespace {

constexpr int kNoNode = -1;

// Frees hwloc's tree at the end of a scope.
class Tree {
 public:
  Tree() { made_ = hwloc_topology_init(&topology_) == 0; }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() {
    if (made_) hwloc_topology_destroy(topology_);
  }
  bool made() const { return made_; }
  hwloc_topology_t get() const { return topology_; }

 private:
  hwloc_topology_t topology_ = nullptr;
  bool made_;
};

// hwloc's number of what of this type is above the processor.
int Above(hwloc_topology_t tree, hwloc_obj_type_t type, hwloc_obj_t processor, int otherwise) {
  hwloc_obj_t above = hwloc_get_ancestor_obj_by_type(tree, type, processor);
  return above == nullptr ? otherwise : static_cast<int>(above->logical_index);
}

// The first of the processor's nodes that has memory, else the first; as an index.
int NodeOf(const std::vector<hwloc_obj_t>& nodes, hwloc_obj_t processor) {
  int found = kNoNode;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (hwloc_bitmap_isset(processor->nodeset, nodes[i]->os_index) == 0) continue;
    if (nodes[i]->attr->numanode.local_memory != 0) return static_cast<int>(i);
    if (found == kNoNode) found = static_cast<int>(i);
  }
  return found;
}

// What firmware says; where it says nothing, nodes of one package are nearer than others.
std::vector<std::vector<int>> DistancesOf(hwloc_topology_t tree,
                                          const std::vector<hwloc_obj_t>& nodes) {
  constexpr int kSelf = 10;
  constexpr int kSamePackage = 16;
  constexpr int kOtherPackage = 32;
  std::vector<std::vector<int>> distances(nodes.size(), std::vector<int>(nodes.size(), kSelf));
  hwloc_distances_s* told = nullptr;
  unsigned count = 1;
  if (hwloc_distances_get_by_type(tree, HWLOC_OBJ_NUMANODE, &count, &told,
                                  HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0) {
    count = 0;
  }
  for (size_t from = 0; from < nodes.size(); ++from) {
    for (size_t to = 0; to < nodes.size(); ++to) {
      if (from == to) continue;
      hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_PACKAGE, nodes[from]);
      const bool same =
          package != nullptr && hwloc_bitmap_isincluded(nodes[to]->cpuset, package->cpuset) != 0;
      distances[from][to] = same ? kSamePackage : kOtherPackage;
      hwloc_uint64_t there = 0;
      hwloc_uint64_t back = 0;
      if (count != 0 &&
          hwloc_distances_obj_pair_values(told, nodes[from], nodes[to], &there, &back) == 0) {
        distances[from][to] = static_cast<int>(there);
      }
    }
  }
  if (count != 0) hwloc_distances_release(tree, told);
  return distances;
}

Result<Topology> FromTree(hwloc_topology_t tree, const char* origin) {
  Topology topology;
  topology.origin = origin;
  std::vector<hwloc_obj_t> nodes;
  hwloc_obj_t object = nullptr;
  while ((object = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_NUMANODE, object)) != nullptr) {
    nodes.push_back(object);
    topology.nodes.push_back({.os_index = static_cast<int>(object->os_index),
                              .memory_bytes = object->attr->numanode.local_memory});
  }
  if (nodes.empty()) topology.nodes.push_back(MemoryNode());
  topology.distances = DistancesOf(tree, nodes);
  if (nodes.empty()) topology.distances.clear();
  const hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(tree);
  object = nullptr;
  while ((object = hwloc_get_next_obj_by_type(tree, HWLOC_OBJ_PU, object)) != nullptr) {
    if (hwloc_bitmap_isset(allowed, object->os_index) == 0) continue;
    Processor processor;
    processor.cpu = static_cast<int>(object->os_index);
    processor.node = std::max(NodeOf(nodes, object), 0);
    processor.core = Above(tree, HWLOC_OBJ_CORE, object, static_cast<int>(object->logical_index));
    processor.l2 = Above(tree, HWLOC_OBJ_L2CACHE, object, processor.core);
    processor.l3 = Above(tree, HWLOC_OBJ_L3CACHE, object, processor.node);
    topology.processors.push_back(processor);
  }
  if (topology.processors.empty()) return Error(ErrorCode::kUnsupported, "load topology");
  return topology;
}

}  // namespace

Result<Topology> LoadTopology() {
  Tree tree;
  if (!tree.made()) return Error(ErrorCode::kOutOfMemory, "load topology");
  if (hwloc_topology_load(tree.get()) != 0) return Error(ErrorCode::kUnsupported, "load topology");
  Result<Topology> machine = FromTree(tree.get(), "hwloc");
  if (!machine.ok()) return machine;
  // hwloc looks at the cgroup, but not at the affinity mask.
  Topology ours = machine->Restricted(UsableCpus());
  if (ours.processors.empty()) return Error(ErrorCode::kUnsupported, "load topology");
  return ours;
}

Result<Topology> LoadSyntheticTopology(const char* description) {
  Tree tree;
  if (!tree.made()) return Error(ErrorCode::kOutOfMemory, "load synthetic topology");
  if (hwloc_topology_set_synthetic(tree.get(), description) != 0 ||
      hwloc_topology_load(tree.get()) != 0) {
    return Error(ErrorCode::kInvalidArgument, "load synthetic topology");
  }
  return FromTree(tree.get(), "synthetic");
}

}  // namespace zokio
