// Where workers run and whom they rob, on machines that hwloc makes up.
#include "sched/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sched/cores.h"
#include "sched/hwloc_topology.h"
#include "sched/topology.h"

namespace zokio {
namespace {

using Cpus = std::vector<int>;
constexpr Affinity kPinned[] = {Affinity::kCore, Affinity::kCache, Affinity::kNode};

Topology Machine(const char* description) {
  Result<Topology> topology = LoadSyntheticTopology(description);
  EXPECT_TRUE(topology.ok()) << description;
  return topology.ok() ? *topology : Topology::Flat({0});
}

// One package, two L3 caches of two cores of two threads, on each of two nodes.
Topology TwoNodes() { return Machine("numa:2 l3:2 core:2 pu:2"); }

// Nodes of 4, 1 and 3 cores, of which the first two have two threads each; the second has no
// memory.
Topology Uneven() {
  Topology topology;
  topology.nodes = {{0, 1u << 30}, {1, 0}, {2, 1u << 30}};
  topology.distances = {{10, 40, 20}, {40, 10, 30}, {20, 30, 10}};
  int cpu = 0;
  int core = 0;
  for (const auto& [node, cores, threads] :
       {std::tuple(0, 4, 2), std::tuple(1, 1, 2), std::tuple(2, 3, 1)}) {
    for (int i = 0; i < cores; ++i, ++core) {
      for (int k = 0; k < threads; ++k) {
        topology.processors.push_back(
            {.cpu = cpu++, .core = core, .l2 = core, .l3 = node, .node = node});
      }
    }
  }
  return topology;
}

// Each victim with how near it is, by the homes of workers that fill cores one by one.
std::vector<std::vector<int>> Groups(const StealOrder& order) {
  std::vector<std::vector<int>> groups;
  size_t at = 0;
  for (const uint16_t end : order.group_ends) {
    groups.emplace_back(order.victims.begin() + static_cast<long>(at), order.victims.begin() + end);
    at = end;
  }
  return groups;
}

// What holds of each placement, whatever the machine.
void ExpectSound(const Topology& topology, const Placement& placement, int workers) {
  ASSERT_EQ(placement.workers.size(), static_cast<size_t>(workers));
  std::set<int> ours;
  for (const Processor& processor : topology.processors) ours.insert(processor.cpu);
  for (int i = 0; i < workers; ++i) {
    const WorkerPlace& place = placement.workers[static_cast<size_t>(i)];
    EXPECT_FALSE(place.cpus.empty());
    const Cpus& near = placement.node_cpus[static_cast<size_t>(place.node)];
    for (const int cpu : place.cpus) {
      EXPECT_TRUE(ours.count(cpu));
      EXPECT_NE(std::find(near.begin(), near.end(), cpu), near.end()) << "outside its node";
    }
    const StealOrder& order = placement.steal_orders[static_cast<size_t>(i)];
    std::set<int> victims(order.victims.begin(), order.victims.end());
    EXPECT_EQ(victims.size(), static_cast<size_t>(workers) - 1) << "each of the others, once";
    EXPECT_FALSE(victims.count(i));
    EXPECT_EQ(order.group_ends.empty() ? 0u : order.group_ends.back(), order.victims.size());
  }
}

TEST(HwlocTopologyTest, ReadsCoresCachesAndNodes) {
  const Topology topology = TwoNodes();
  ASSERT_EQ(topology.processors.size(), 16u);
  ASSERT_EQ(topology.nodes.size(), 2u);
  const auto& all = topology.processors;
  EXPECT_EQ(NearnessOf(all[0], all[1]), Nearness::kCore);
  EXPECT_EQ(NearnessOf(all[0], all[2]), Nearness::kL3);
  EXPECT_EQ(NearnessOf(all[0], all[4]), Nearness::kNode);
  EXPECT_EQ(NearnessOf(all[0], all[8]), Nearness::kRemote);
  EXPECT_NE(topology.Report().find("16 processors, 8 cores, 2 nodes (synthetic)"),
            std::string::npos)
      << topology.Report();
  const Topology clusters = Machine("numa:1 l3:1 l2:2 core:2 pu:1");
  EXPECT_EQ(NearnessOf(clusters.processors[0], clusters.processors[1]), Nearness::kL2);
  EXPECT_EQ(NearnessOf(clusters.processors[0], clusters.processors[2]), Nearness::kL3);
}

TEST(HwlocTopologyTest, NodesOfOnePackageAreNearer) {
  const Topology topology = Machine("package:2 numa:4 core:2 pu:1");
  ASSERT_EQ(topology.nodes.size(), 8u);
  EXPECT_EQ(topology.NodesByDistance(5), (std::vector<int>{5, 4, 6, 7, 0, 1, 2, 3}));
}

TEST(HwlocTopologyTest, ANodeWithoutMemoryHasANearestOne) {
  const Topology topology = Machine("package:2 [numa(memory=0)] core:2 pu:1");
  ASSERT_EQ(topology.nodes.size(), 2u);
  EXPECT_EQ(topology.NearestMemory(0), 0) << "nowhere is any";
  EXPECT_EQ(Uneven().NearestMemory(1), 2);
  EXPECT_EQ(Uneven().NearestMemory(0), 0);
}

TEST(HwlocTopologyTest, RefusesNonsense) {
  Result<Topology> topology = LoadSyntheticTopology("a machine");
  ASSERT_FALSE(topology.ok());
  EXPECT_EQ(topology.error().code(), ErrorCode::kInvalidArgument);
}

TEST(HwlocTopologyTest, ThisMachineHasTheProcessorsOfTheAffinityMask) {
  Result<Topology> topology = LoadTopology();
  ASSERT_TRUE(topology.ok());
  Cpus cpus;
  for (const Processor& processor : topology->processors) cpus.push_back(processor.cpu);
  std::sort(cpus.begin(), cpus.end());
  EXPECT_EQ(cpus, UsableCpus());
  EXPECT_NE(topology->Report().find("(hwloc)"), std::string::npos);
}

TEST(TopologyTest, FlatKnowsNothing) {
  const Topology topology = Topology::Flat({3, 7});
  ASSERT_EQ(topology.processors.size(), 2u);
  EXPECT_EQ(NearnessOf(topology.processors[0], topology.processors[1]), Nearness::kL3);
  EXPECT_NE(topology.Report().find("nothing is known"), std::string::npos);
}

TEST(TopologyTest, ListsAreShort) {
  EXPECT_EQ(CpuListToString({}), "");
  EXPECT_EQ(CpuListToString({5}), "5");
  EXPECT_EQ(CpuListToString({2, 0, 1, 8, 10, 9, 4}), "0-2,4,8-10");
}

TEST(PlacementTest, WithoutAffinityNothingIsDecided) {
  const Placement placement = PlaceWorkers(TwoNodes(), 3, Affinity::kNone);
  EXPECT_EQ(placement.nodes, 1);
  EXPECT_EQ(placement.node_workers[0], (std::vector<int>{0, 1, 2}));
  for (const WorkerPlace& place : placement.workers) EXPECT_TRUE(place.cpus.empty());
  for (const StealOrder& order : placement.steal_orders) EXPECT_TRUE(order.group_ends.empty());
}

TEST(PlacementTest, CoresAreFilledBeforeTheirSecondThreads) {
  const Topology topology = TwoNodes();
  const Placement few = PlaceWorkers(topology, 8, Affinity::kCore);
  ExpectSound(topology, few, 8);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(few.workers[static_cast<size_t>(i)].cpus, (Cpus{2 * i, 2 * i + 1}));
    EXPECT_EQ(few.workers[static_cast<size_t>(i)].node, i / 4);
  }
  // Two more: the first two cores are shared, each worker has a thread of its own there.
  const Placement more = PlaceWorkers(topology, 10, Affinity::kCore);
  EXPECT_EQ(more.workers[0].cpus, Cpus{0});
  EXPECT_EQ(more.workers[8].cpus, Cpus{1});
  EXPECT_EQ(more.workers[2].cpus, (Cpus{4, 5}));
  EXPECT_TRUE(more.fallback.empty());
  const Placement many = PlaceWorkers(topology, 17, Affinity::kCore);
  EXPECT_EQ(many.workers[16].cpus, Cpus{0});
  EXPECT_NE(many.fallback.find("17 on 16"), std::string::npos);
}

TEST(PlacementTest, CacheAndNodeLetWorkersRoamWithin) {
  const Topology topology = TwoNodes();
  const Placement cache = PlaceWorkers(topology, 8, Affinity::kCache);
  ExpectSound(topology, cache, 8);
  EXPECT_EQ(cache.workers[0].cpus, (Cpus{0, 1, 2, 3}));
  EXPECT_EQ(cache.workers[7].cpus, (Cpus{12, 13, 14, 15}));
  const Placement node = PlaceWorkers(topology, 8, Affinity::kNode);
  EXPECT_EQ(node.workers[3].cpus, (Cpus{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(node.node_workers[1], (std::vector<int>{4, 5, 6, 7}));
}

TEST(PlacementTest, ThievesGoFromNearToFar) {
  const Topology topology = TwoNodes();
  const Placement all = PlaceWorkers(topology, 16, Affinity::kCore);
  ExpectSound(topology, all, 16);
  // Worker 0 and 8 share core 0; 1 and 9 the other core of that L3.
  EXPECT_EQ(
      Groups(all.steal_orders[0]),
      (std::vector<std::vector<int>>{{8}, {1, 9}, {2, 3, 10, 11}, {4, 5, 6, 7, 12, 13, 14, 15}}));
  const Placement cache = PlaceWorkers(topology, 8, Affinity::kCache);
  EXPECT_EQ(Groups(cache.steal_orders[0]),
            (std::vector<std::vector<int>>{{1}, {2, 3}, {4, 5, 6, 7}}));
  const Placement node = PlaceWorkers(topology, 8, Affinity::kNode);
  EXPECT_EQ(Groups(node.steal_orders[0]), (std::vector<std::vector<int>>{{1, 2, 3}, {4, 5, 6, 7}}));
}

TEST(PlacementTest, FarNodesComeByDistance) {
  const Topology topology = Uneven();
  const Placement placement = PlaceWorkers(topology, 8, Affinity::kNode);
  ExpectSound(topology, placement, 8);
  EXPECT_EQ(placement.node_workers[0].size(), 4u);
  EXPECT_EQ(placement.node_workers[1].size(), 1u);
  EXPECT_EQ(placement.node_workers[2].size(), 3u);
  EXPECT_EQ(Groups(placement.steal_orders[4]),
            (std::vector<std::vector<int>>{{5, 6, 7}, {0, 1, 2, 3}}));
  EXPECT_EQ(placement.node_orders[0], (std::vector<int>{0, 2, 1}));
  EXPECT_EQ(placement.node_of_cpu[8], 1);
  EXPECT_EQ(placement.node_of_cpu[10], 2);
}

// How many wait at each node.
auto At(std::vector<uint64_t> waiting) {
  return [waiting = std::move(waiting)](int node) { return waiting[static_cast<size_t>(node)]; };
}

TEST(ChooseNodeTest, TheNearestUnlessItIsCrowded) {
  const Placement placement = PlaceWorkers(Uneven(), 8, Affinity::kNode);  // 4, 1 and 3 workers
  const auto choose = [&](int here, std::vector<uint64_t> waiting) {
    return ChooseNode(placement, OutsidePlacement::kNearest, here, 0, At(waiting));
  };
  EXPECT_EQ(choose(0, {0, 0, 0}), 0);
  EXPECT_EQ(choose(1, {0, 63, 0}), 1);
  EXPECT_EQ(choose(1, {0, 64, 0}), 2) << "the next by distance";
  EXPECT_EQ(choose(1, {0, 64, 3 * 64}), 0);
  EXPECT_EQ(choose(0, {4 * 90, 80, 3 * 70}), 2) << "crowded everywhere: the least";
}

TEST(ChooseNodeTest, TheLeastLoadedForEachWorker) {
  const Placement placement = PlaceWorkers(Uneven(), 8, Affinity::kNode);
  const auto choose = [&](int here, std::vector<uint64_t> waiting) {
    return ChooseNode(placement, OutsidePlacement::kLeastLoaded, here, 0, At(waiting));
  };
  EXPECT_EQ(choose(2, {0, 0, 0}), 2) << "among equals the nearest";
  EXPECT_EQ(choose(2, {3, 1, 3}), 0) << "three for four workers are less than three for three";
  EXPECT_EQ(choose(0, {5, 1, 4}), 1);
}

TEST(ChooseNodeTest, RoundRobinGivesEachNodeItsShare) {
  const Placement placement = PlaceWorkers(Uneven(), 8, Affinity::kNode);
  std::vector<int> share(3);
  for (uint32_t turn = 0; turn < 80; ++turn) {
    ++share[static_cast<size_t>(
        ChooseNode(placement, OutsidePlacement::kRoundRobin, 0, turn, At({})))];
  }
  EXPECT_EQ(share, (std::vector<int>{40, 10, 30}));
}

TEST(ChooseNodeTest, NodesWithoutWorkersGetNothing) {
  const Topology topology = Uneven().Restricted({10, 11, 12});  // only node 2 is left
  const Placement placement = PlaceWorkers(topology, 3, Affinity::kCore);
  for (const auto policy : {OutsidePlacement::kNearest, OutsidePlacement::kRoundRobin,
                            OutsidePlacement::kLeastLoaded}) {
    for (int here = 0; here < 3; ++here) {
      EXPECT_EQ(ChooseNode(placement, policy, here, 7, At({0, 0, 1000})), 2);
    }
  }
}

TEST(PlacementTest, EachWorkerOfABigMachineIsPlaced) {
  const Topology topology = Machine("package:2 numa:4 l3:1 core:4 pu:2");
  for (const Affinity affinity : kPinned) {
    for (const int workers : {1, 7, 32, 64, 100}) {
      const Placement placement = PlaceWorkers(topology, workers, affinity);
      ExpectSound(topology, placement, workers);
      EXPECT_EQ(placement.nodes, 8);
    }
  }
  // 64 workers: each of the 8 nodes has 8.
  const Placement full = PlaceWorkers(topology, 64, Affinity::kCore);
  for (const auto& workers : full.node_workers) EXPECT_EQ(workers.size(), 8u);
}

TEST(PlacementTest, ARestrictedMachineKeepsWhatIsLeftTogether) {
  const Topology topology = TwoNodes().Restricted({1, 3, 8, 9, 99});
  ASSERT_EQ(topology.processors.size(), 4u);
  for (const Affinity affinity : kPinned) {
    ExpectSound(topology, PlaceWorkers(topology, 3, affinity), 3);
  }
  const Placement cores = PlaceWorkers(topology, 4, Affinity::kCore);
  EXPECT_EQ(cores.workers[0].cpus, Cpus{1});
  EXPECT_EQ(cores.workers[1].cpus, Cpus{3});
  EXPECT_EQ(cores.workers[2].cpus, Cpus{8});
  EXPECT_EQ(cores.workers[3].cpus, Cpus{9}) << "the only second thread that is left";
  EXPECT_EQ(PlaceWorkers(topology, 3, Affinity::kNode).workers[0].cpus, (Cpus{1, 3}));
  // A node of which nothing is left has no workers, and can still be asked about.
  const Placement one_node = PlaceWorkers(topology.Restricted({8, 9}), 2, Affinity::kNode);
  EXPECT_TRUE(one_node.node_workers[0].empty());
  EXPECT_TRUE(one_node.node_cpus[0].empty());
}

TEST(PlacementTest, OneProcessorIsEnough) {
  const Topology topology = Machine("numa:1 core:1 pu:1");
  for (const Affinity affinity : kPinned) {
    const Placement placement = PlaceWorkers(topology, 2, affinity);
    ExpectSound(topology, placement, 2);
    EXPECT_EQ(placement.workers[1].cpus, Cpus{0});
    EXPECT_FALSE(placement.fallback.empty());
  }
}

TEST(PlacementTest, NoProcessorIsSaidAndWorks) {
  const Placement placement = PlaceWorkers(TwoNodes().Restricted({}), 2, Affinity::kCore);
  EXPECT_NE(PlacementToString(placement).find("no processor"), std::string::npos);
  EXPECT_TRUE(placement.workers[0].cpus.empty());
  EXPECT_EQ(placement.nodes, 1);
}

TEST(PlacementTest, SaysWhoRunsWhere) {
  const std::string text = PlacementToString(PlaceWorkers(TwoNodes(), 8, Affinity::kCache));
  EXPECT_NE(text.find("worker 5: processors 8-11, node 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace zokio
