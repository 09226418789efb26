// Machines for tests: more nodes than there are, made of this machine's processors named again. The
// kernel binds threads for real, the scheduler decides as if.
#ifndef ZOKIO_SCHED_TESTING_TOPOLOGY_H_
#define ZOKIO_SCHED_TESTING_TOPOLOGY_H_

#include <memory>
#include <utility>
#include <vector>

#include "sched/cores.h"
#include "sched/scheduler.h"
#include "sched/topology.h"

namespace zokio::testing {

// `per_node` cores on each of so many nodes.
inline Topology PretendedTopology(int nodes, int per_node) {
  const std::vector<int> real = UsableCpus();
  Topology topology;
  topology.origin = "pretended";
  for (int node = 0; node < nodes; ++node) {
    topology.nodes.push_back({.os_index = node, .memory_bytes = 1 << 20});
    for (int i = 0; i < per_node; ++i) {
      const auto core = static_cast<int>(topology.processors.size());
      topology.processors.push_back({.cpu = real[static_cast<size_t>(core) % real.size()],
                                     .core = core,
                                     .l2 = core,
                                     .l3 = node,
                                     .node = node});
    }
  }
  return topology;
}

inline SchedulerOptions PlacedOptions(int workers, Affinity affinity, const Topology& topology) {
  SchedulerOptions options;
  options.workers = workers;
  options.affinity = affinity;
  options.topology = std::make_shared<Topology>(topology);
  options.stuck_poll_limit = Duration::zero();  // tests hold workers on purpose
  return options;
}

inline std::unique_ptr<Scheduler> MakePlaced(int workers, Affinity affinity,
                                             const Topology& topology) {
  return std::move(Scheduler::Create(PlacedOptions(workers, affinity, topology))).value();
}

}  // namespace zokio::testing

#endif  // ZOKIO_SCHED_TESTING_TOPOLOGY_H_
