#include "sched/placement.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace zokio {
namespace {

// Indices into topology.processors: one of each core in the machine's order, then the second
// hardware threads of those that have one, and so on.
std::vector<size_t> FillOrder(const Topology& topology) {
  std::map<int, int> seen;
  std::vector<std::vector<size_t>> rounds;
  for (size_t i = 0; i < topology.processors.size(); ++i) {
    const auto round = static_cast<size_t>(seen[topology.processors[i].core]++);
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round].push_back(i);
  }
  std::vector<size_t> order;
  for (const auto& round : rounds) order.insert(order.end(), round.begin(), round.end());
  return order;
}

// The processors as near to `home` as `limit`, or nearer.
std::vector<int> CpusWithin(const Topology& topology, const Processor& home, Nearness limit) {
  std::vector<int> cpus;
  for (const Processor& other : topology.processors) {
    if (NearnessOf(home, other) <= limit) cpus.push_back(other.cpu);
  }
  return cpus;
}

// Whose threads may run anywhere within this are equally near.
Nearness WidthOf(Affinity affinity) {
  switch (affinity) {
    case Affinity::kCore:
      return Nearness::kCore;
    case Affinity::kCache:
      return Nearness::kL3;
    case Affinity::kNode:
      return Nearness::kNode;
    case Affinity::kNone:
      break;
  }
  return Nearness::kRemote;
}

// Workers that have a core to themselves may use all of it; others one hardware thread each.
void ShareCores(const Topology& topology, const std::vector<Processor>& homes,
                std::vector<WorkerPlace>* places) {
  std::map<int, int> on_core;
  for (const Processor& home : homes) ++on_core[home.core];
  for (size_t i = 0; i < homes.size(); ++i) {
    (*places)[i].cpus = on_core[homes[i].core] == 1
                            ? CpusWithin(topology, homes[i], Nearness::kCore)
                            : std::vector<int>{homes[i].cpu};
  }
}

StealOrder OrderFor(const Topology& topology, const std::vector<Processor>& homes, size_t self,
                    Nearness width) {
  const Processor& home = homes[self];
  // Within what the threads may roam, and beyond it level by level, then node by node.
  const auto rank = [&](uint16_t worker) {
    const Processor& other = homes[worker];
    const Nearness nearness = std::max(NearnessOf(home, other), width);
    const int distance =
        nearness == Nearness::kRemote ? topology.Distance(home.node, other.node) : 0;
    return std::pair(nearness, distance);
  };
  StealOrder order;
  for (size_t i = 0; i < homes.size(); ++i) {
    if (i != self) order.victims.push_back(static_cast<uint16_t>(i));
  }
  std::sort(order.victims.begin(), order.victims.end(),
            [&](uint16_t a, uint16_t b) { return std::pair(rank(a), a) < std::pair(rank(b), b); });
  for (size_t i = 1; i <= order.victims.size(); ++i) {
    if (i == order.victims.size() || rank(order.victims[i]) != rank(order.victims[i - 1])) {
      order.group_ends.push_back(static_cast<uint16_t>(i));
    }
  }
  return order;
}

void DescribeNodes(const Topology& topology, Placement* placement) {
  placement->nodes = static_cast<int>(topology.nodes.size());
  placement->node_cpus.resize(topology.nodes.size());
  for (const Processor& processor : topology.processors) {
    placement->node_cpus[static_cast<size_t>(processor.node)].push_back(processor.cpu);
    if (placement->nodes == 1) continue;
    const auto cpu = static_cast<size_t>(processor.cpu);
    if (cpu >= placement->node_of_cpu.size()) placement->node_of_cpu.resize(cpu + 1, 0);
    placement->node_of_cpu[cpu] = processor.node;
  }
  placement->node_workers.resize(topology.nodes.size());
  for (size_t i = 0; i < placement->workers.size(); ++i) {
    placement->node_workers[static_cast<size_t>(placement->workers[i].node)].push_back(
        static_cast<int>(i));
  }
  for (int node = 0; node < placement->nodes; ++node) {
    placement->node_orders.push_back(topology.NodesByDistance(node));
  }
}

// No affinity: the workers are all alike.
Placement Unplaced(int workers) {
  Placement placement;
  placement.workers.resize(static_cast<size_t>(workers));
  placement.steal_orders.resize(static_cast<size_t>(workers));
  placement.node_workers.emplace_back();
  for (int i = 0; i < workers; ++i) placement.node_workers[0].push_back(i);
  placement.node_orders.push_back({0});
  placement.node_cpus.emplace_back();
  return placement;
}

}  // namespace

Placement PlaceWorkers(const Topology& topology, int workers, Affinity affinity) {
  Placement placement = Unplaced(workers);
  if (affinity == Affinity::kNone) return placement;
  if (topology.processors.empty()) {
    placement.fallback = "the topology has no processor: workers run where the kernel puts them";
    return placement;
  }
  placement.node_workers.clear();
  placement.node_orders.clear();
  placement.node_cpus.clear();
  const std::vector<size_t> fill = FillOrder(topology);
  std::vector<Processor> homes;
  homes.reserve(static_cast<size_t>(workers));
  for (int i = 0; i < workers; ++i) {
    homes.push_back(topology.processors[fill[static_cast<size_t>(i) % fill.size()]]);
  }
  if (homes.size() > fill.size()) {
    placement.fallback = "more workers than processors: " + std::to_string(workers) + " on " +
                         std::to_string(fill.size());
  }
  const Nearness width = WidthOf(affinity);
  for (size_t i = 0; i < homes.size(); ++i) {
    WorkerPlace& place = placement.workers[i];
    place.node = homes[i].node;
    if (affinity != Affinity::kCore) place.cpus = CpusWithin(topology, homes[i], width);
    placement.steal_orders[i] = OrderFor(topology, homes, i, width);
  }
  if (affinity == Affinity::kCore) ShareCores(topology, homes, &placement.workers);
  DescribeNodes(topology, &placement);
  return placement;
}

std::string PlacementToString(const Placement& placement) {
  std::string text;
  for (size_t i = 0; i < placement.workers.size(); ++i) {
    const WorkerPlace& place = placement.workers[i];
    text += "worker " + std::to_string(i) + ": ";
    text += place.cpus.empty() ? "anywhere" : "processors " + CpuListToString(place.cpus);
    if (placement.nodes > 1) text += ", node " + std::to_string(place.node);
    text += '\n';
  }
  if (!placement.fallback.empty()) text += placement.fallback + '\n';
  return text;
}

}  // namespace zokio
