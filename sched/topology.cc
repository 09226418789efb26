#include "sched/topology.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace zokio {
namespace {

constexpr int kSelf = 10;
constexpr int kOther = 20;

}  // namespace

Topology Topology::Flat(const std::vector<int>& cpus) {
  Topology topology;
  topology.origin = "flat: nothing is known but the affinity mask";
  topology.nodes.push_back(MemoryNode());
  for (const int cpu : cpus) {
    const int core = static_cast<int>(topology.processors.size());
    topology.processors.push_back({.cpu = cpu, .core = core, .l2 = core, .l3 = 0, .node = 0});
  }
  return topology;
}

Topology Topology::Restricted(const std::vector<int>& cpus) const {
  Topology fewer = *this;
  std::erase_if(fewer.processors, [&cpus](const Processor& processor) {
    return std::find(cpus.begin(), cpus.end(), processor.cpu) == cpus.end();
  });
  return fewer;
}

int Topology::Distance(int from_node, int to_node) const {
  if (distances.empty()) return from_node == to_node ? kSelf : kOther;
  return distances[static_cast<size_t>(from_node)][static_cast<size_t>(to_node)];
}

std::vector<int> Topology::NodesByDistance(int node) const {
  std::vector<int> order;
  order.reserve(nodes.size());
  for (int other = 0; other < static_cast<int>(nodes.size()); ++other) order.push_back(other);
  // What firmware says of a node and itself does not matter: nothing is nearer.
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    if (a == node || b == node) return a == node && b != node;
    return std::pair(Distance(node, a), a) < std::pair(Distance(node, b), b);
  });
  return order;
}

int Topology::NearestMemory(int node) const {
  for (const int near : NodesByDistance(node)) {
    if (nodes[static_cast<size_t>(near)].memory_bytes != 0) return near;
  }
  return node;
}

std::string Topology::Report() const {
  std::set<int> cores;
  for (const Processor& processor : processors) cores.insert(processor.core);
  std::string report = std::to_string(processors.size()) + " processors, " +
                       std::to_string(cores.size()) + " cores, " + std::to_string(nodes.size()) +
                       (nodes.size() == 1 ? " node (" : " nodes (") + origin + ")\n";
  for (size_t node = 0; node < nodes.size(); ++node) {
    std::vector<int> cpus;
    for (const Processor& processor : processors) {
      if (processor.node == static_cast<int>(node)) cpus.push_back(processor.cpu);
    }
    report += "node " + std::to_string(nodes[node].os_index) + ": " +
              (cpus.empty() ? "no processor of ours" : "processors " + CpuListToString(cpus)) +
              ", " + std::to_string(nodes[node].memory_bytes >> 20) + " MiB\n";
  }
  return report;
}

Nearness NearnessOf(const Processor& a, const Processor& b) {
  if (a.core == b.core) return Nearness::kCore;
  if (a.l2 == b.l2) return Nearness::kL2;
  if (a.l3 == b.l3) return Nearness::kL3;
  return a.node == b.node ? Nearness::kNode : Nearness::kRemote;
}

std::string CpuListToString(std::vector<int> cpus) {
  std::sort(cpus.begin(), cpus.end());
  std::string text;
  for (size_t i = 0; i < cpus.size();) {
    size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (last != i) text += '-' + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace zokio
