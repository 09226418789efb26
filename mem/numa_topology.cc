#include "mem/numa_topology.h"

#include <hwloc.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace zokio {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

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

}  // namespace

Result<NumaTopology> NumaTopology::Load() {
  Tree tree;
  if (!tree.made()) return Error(ErrorCode::kOutOfMemory, "NumaTopology::Load");
  if (hwloc_topology_load(tree.get()) != 0) {
    return Error(ErrorCode::kUnsupported, "NumaTopology::Load");
  }
  return FromHwloc(tree.get(), nullptr);
}

Result<NumaTopology> NumaTopology::LoadSynthetic(const char* description,
                                                 const char* cpus_allowed) {
  Tree tree;
  if (!tree.made()) return Error(ErrorCode::kOutOfMemory, "NumaTopology::LoadSynthetic");
  if (hwloc_topology_set_synthetic(tree.get(), description) != 0 ||
      hwloc_topology_load(tree.get()) != 0) {
    return Error(ErrorCode::kInvalidArgument, "NumaTopology::LoadSynthetic");
  }
  return FromHwloc(tree.get(), cpus_allowed);
}

Result<NumaTopology> NumaTopology::FromHwloc(void* hwloc, const char* cpus_allowed) {
  auto* topology = static_cast<hwloc_topology_t>(hwloc);
  hwloc_bitmap_t allowed = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(topology));
  if (allowed == nullptr) return Error(ErrorCode::kOutOfMemory, "NumaTopology::Load");
  bool valid = true;
  if (cpus_allowed != nullptr) {
    hwloc_bitmap_t list = hwloc_bitmap_alloc();
    valid = list != nullptr && hwloc_bitmap_list_sscanf(list, cpus_allowed) == 0;
    if (valid) hwloc_bitmap_and(allowed, allowed, list);
    hwloc_bitmap_free(list);
  }
  NumaTopology loaded;
  hwloc_obj_t object = nullptr;
  while (valid && (object = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, object))) {
    if (object->attr->numanode.local_memory == 0) continue;
    NumaNode node{object->os_index, object->attr->numanode.local_memory, {}};
    for (int cpu = -1; (cpu = hwloc_bitmap_next(object->cpuset, cpu)) >= 0;) {
      if (hwloc_bitmap_isset(allowed, static_cast<unsigned>(cpu)) != 0) {
        node.cpus.push_back(static_cast<uint32_t>(cpu));
      }
    }
    // Memory behind processors that are not ours is another process's to use.
    if (!node.cpus.empty()) loaded.nodes_.push_back(std::move(node));
  }
  hwloc_bitmap_free(allowed);
  if (!valid) return Error(ErrorCode::kInvalidArgument, "NumaTopology::LoadSynthetic");
  if (loaded.nodes_.empty()) return Error(ErrorCode::kUnsupported, "NumaTopology::Load");

  std::sort(loaded.nodes_.begin(), loaded.nodes_.end(),
            [](const NumaNode& a, const NumaNode& b) { return a.os_index < b.os_index; });
  for (uint32_t i = 0; i < loaded.nodes_.size(); ++i) {
    for (const uint32_t cpu : loaded.nodes_[i].cpus) {
      if (cpu >= loaded.near_.size()) loaded.near_.resize(cpu + 1, 0);
      loaded.near_[cpu] = i;
    }
  }
  return loaded;
}

std::string NumaTopology::Report() const {
  if (nodes_.size() == 1) {
    return "1 node with " + std::to_string(nodes_[0].cpus.size()) +
           " processors: all memory is equally near, placement makes no difference\n";
  }
  std::string report = std::to_string(nodes_.size()) + " nodes:";
  for (const NumaNode& node : nodes_) {
    report += (&node == &nodes_[0] ? " " : ", ") + std::to_string(node.os_index) + " with " +
              std::to_string(node.memory_bytes / kGiB) + " GiB and " +
              std::to_string(node.cpus.size()) + " processors";
  }
  return report + "\n";
}

NumaPlacement::NumaPlacement(const NumaTopology& topology, NumaPolicy policy, uint32_t node)
    : topology_(topology), policy_(policy), node_(node) {
  ZOKIO_CHECK(node < topology.nodes().size(), "there is no such node");
}

uint32_t NumaPlacement::Choose(uint32_t cpu) {
  switch (policy_) {
    case NumaPolicy::kLocal:
      return topology_.NodeOfCpu(cpu);
    case NumaPolicy::kInterleave:
      return next_.fetch_add(1, memory_order_relaxed) %
             static_cast<uint32_t>(topology_.nodes().size());
    case NumaPolicy::kBind:
      break;
  }
  return node_;
}

}  // namespace zokio
