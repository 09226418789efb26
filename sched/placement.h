// Placement: where the workers of a scheduler run, and whom each robs first.
//
// PlaceWorkers decides it from a Topology and an Affinity:
//
//   kNone    workers run where the kernel puts them, all as near as all others
//   kCore    each on a core of its own; with more workers than cores on a hardware thread of its
//            own, with more than those it shares one
//   kCache   each on the processors that share a last-level cache
//   kNode    each on the processors of one memory node
//
// Workers fill the machine in its order: first one for each core, then the second hardware threads;
// so few workers share caches and one node's memory. Topology::Restricted gives a scheduler a part
// of the machine.
//
// A worker that steals goes from near to far: its core, its L2 cache, its last-level cache, its
// node, then nodes by rising distance; among equally near ones it begins anywhere, so that thieves
// do not meet.
//
// Ownership: a plain value.  Thread-safety: const.
// Cost: of a placement some microseconds for each pair of workers; without affinity nothing.
#ifndef ZOKIO_SCHED_PLACEMENT_H_
#define ZOKIO_SCHED_PLACEMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sched/topology.h"

namespace zokio {

enum class Affinity { kNone, kCore, kCache, kNode };

// On which node a task begins that a thread outside the scheduler spawns or wakes, where workers
// have nodes. Idle workers of other nodes take it nevertheless when its own are busy.
enum class OutsidePlacement {
  kNearest,      // the node where that thread runs now, whose memory it has likely written; the
                 // next one by distance where too many wait already for each worker
  kRoundRobin,   // one worker's node after the other's
  kLeastLoaded,  // where the fewest wait for each worker
};

// Where one worker runs.
struct WorkerPlace {
  std::vector<int> cpus;  // as the kernel numbers them; empty: wherever it likes
  int node = 0;           // index into the topology's nodes; without affinity 0
};

// The other workers, nearest first, in groups of equally near ones.
struct StealOrder {
  std::vector<uint16_t> victims;
  std::vector<uint16_t> group_ends;  // each an end in `victims`; empty: no order is known
};

struct Placement {
  std::vector<WorkerPlace> workers;
  std::vector<StealOrder> steal_orders;  // one for each worker
  int nodes = 1;                         // of the topology; without affinity 1
  // By node: all processors there, for a thread that takes a worker's place and may find its core
  // still in use. Empty without affinity.
  std::vector<std::vector<int>> node_cpus;
  // By node: its workers, and all nodes by rising distance.
  std::vector<std::vector<int>> node_workers;
  std::vector<std::vector<int>> node_orders;
  // By the kernel's number of a processor: its node. Empty where there is one node.
  std::vector<int> node_of_cpu;
  // What was asked for and could not be had; empty: nothing.
  std::string fallback;
};

// REQUIRES: workers > 0.
Placement PlaceWorkers(const Topology& topology, int workers, Affinity affinity);

// Where too many wait for a worker: OutsidePlacement::kNearest looks further.
inline constexpr uint64_t kCrowdedPerWorker = 64;

// A line for each worker, for people.
std::string PlacementToString(const Placement& placement);

// The node for a task from outside, one that has workers. `here`: the node of the calling thread;
// `turn`: how many came before; `waiting(node)`: how many wait there.
template <typename Waiting>
int ChooseNode(const Placement& placement, OutsidePlacement policy, int here, uint32_t turn,
               Waiting waiting) {
  if (policy == OutsidePlacement::kRoundRobin) {
    return placement.workers[turn % placement.workers.size()].node;  // each as it has workers
  }
  int least = -1;
  uint64_t least_waiting = 0;
  uint64_t least_workers = 1;
  for (const int node : placement.node_orders[static_cast<size_t>(here)]) {
    const uint64_t workers = placement.node_workers[static_cast<size_t>(node)].size();
    if (workers == 0) continue;
    const uint64_t count = waiting(node);
    if (policy == OutsidePlacement::kNearest && count < kCrowdedPerWorker * workers) {
      return node;
    }
    // By cross-multiplication: how many wait for each worker.
    if (least < 0 || count * least_workers < least_waiting * workers) {
      least = node;
      least_waiting = count;
      least_workers = workers;
    }
  }
  return least;
}

}  // namespace zokio

#endif  // ZOKIO_SCHED_PLACEMENT_H_
