// Placement decisions on synthetic machines; what memory of a far node costs is not measured here.

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "mem/arena.h"
#include "mem/numa_arena.h"
#include "mem/numa_topology.h"

namespace zokio {
namespace {

NumaTopology Machine(const char* description, const char* cpus = nullptr) {
  Result<NumaTopology> topology = NumaTopology::LoadSynthetic(description, cpus);
  EXPECT_TRUE(topology.ok()) << description;
  return *std::move(topology);
}

TEST(NumaTopology, TwoNodes) {
  const NumaTopology machine = Machine("[numa(memory=17179869184)] package:2 core:4 pu:1");
  const NumaTopology two = Machine("package:2 [numa(memory=17179869184)] core:4 pu:1");
  EXPECT_EQ(machine.nodes().size(), 1u);
  ASSERT_EQ(two.nodes().size(), 2u);
  EXPECT_EQ(two.nodes()[0].cpus, (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(two.NodeOfCpu(3), 0u);
  EXPECT_EQ(two.NodeOfCpu(4), 1u);
  EXPECT_EQ(two.NodeOfCpu(999), 0u);  // unknown
  EXPECT_EQ(two.Report(),
            "2 nodes: 0 with 16 GiB and 4 processors, 1 with 16 GiB and 4 processors\n");
  EXPECT_NE(machine.Report().find("placement makes no difference"), std::string::npos);
}

TEST(NumaTopology, EightNodesLocalInterleavedAndBound) {
  const NumaTopology machine = Machine("package:8 [numa(memory=1GB)] core:2 pu:2");
  ASSERT_EQ(machine.nodes().size(), 8u);
  NumaPlacement local(machine, NumaPolicy::kLocal);
  for (uint32_t cpu = 0; cpu < 32; ++cpu) EXPECT_EQ(local.Choose(cpu), cpu / 4);
  NumaPlacement interleaved(machine, NumaPolicy::kInterleave);
  std::vector<int> shares(8);
  for (uint32_t i = 0; i < 80; ++i) ++shares[interleaved.Choose(0)];
  EXPECT_EQ(shares, std::vector<int>(8, 10));
  NumaPlacement bound(machine, NumaPolicy::kBind, 5);
  for (uint32_t cpu = 0; cpu < 32; ++cpu) EXPECT_EQ(bound.Choose(cpu), 5u);
}

TEST(NumaTopology, UnevenNodesKeepTheirOwnProcessors) {
  // Two packages of one node each, then a node for each half of four.
  const NumaTopology machine = Machine("package:2 group:3 [numa(memory=1GB)] core:1 pu:2");
  ASSERT_EQ(machine.nodes().size(), 6u);
  const NumaTopology uneven =
      Machine("package:2 group:3 [numa(memory=1GB)] core:1 pu:2", "0,2-3,8-11");
  ASSERT_EQ(uneven.nodes().size(), 4u);  // two have no processor of ours
  EXPECT_EQ(uneven.nodes()[0].cpus, (std::vector<uint32_t>{0}));
  EXPECT_EQ(uneven.nodes()[1].cpus, (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(uneven.nodes()[2].os_index, 4u);
  EXPECT_EQ(uneven.NodeOfCpu(11), 3u);
  NumaPlacement interleaved(uneven, NumaPolicy::kInterleave);
  std::vector<int> shares(4);
  for (uint32_t i = 0; i < 40; ++i) ++shares[interleaved.Choose(0)];
  EXPECT_EQ(shares, std::vector<int>(4, 10));
}

TEST(NumaTopology, ACpusetWithinOneNodeLeavesThatOne) {
  const NumaTopology machine = Machine("package:2 [numa(memory=1GB)] core:4 pu:1", "4-5");
  ASSERT_EQ(machine.nodes().size(), 1u);
  EXPECT_EQ(machine.nodes()[0].os_index, 1u);
  EXPECT_EQ(machine.NodeOfCpu(5), 0u);
  EXPECT_NE(machine.Report().find("1 node with 2 processors"), std::string::npos);
}

TEST(NumaTopology, RefusesNonsense) {
  EXPECT_EQ(NumaTopology::LoadSynthetic("flux:capacitor").error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(NumaTopology::LoadSynthetic("package:2 [numa(memory=1GB)] pu:1", "x").error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(NumaTopology::LoadSynthetic("package:2 [numa(memory=1GB)] pu:1", "77").error().code(),
            ErrorCode::kUnsupported);
  // A node without memory is none.
  EXPECT_EQ(NumaTopology::LoadSynthetic("package:2 [numa(memory=0)] pu:1").error().code(),
            ErrorCode::kUnsupported);
}

TEST(NumaArena, ServesAnArenaOfThisMachine) {
  Result<NumaTopology> machine = NumaTopology::Load();
  ASSERT_TRUE(machine.ok());
  NumaArenaSource pages(*machine, 0);
  {
    Arena arena(size_t{1} << 20, &pages);
    for (int i = 0; i < 100; ++i) {
      void* block = arena.Allocate(5000);
      ASSERT_NE(block, nullptr);
      std::memset(block, i, 5000);
    }
    EXPECT_GE(arena.bytes_reserved(), 500'000u);
    while (arena.Allocate(5000) != nullptr) {
    }
    EXPECT_LE(arena.bytes_reserved(), size_t{1} << 20);
    arena.Reset();
  }
  EXPECT_NE(pages.Report().find(" bytes "), std::string::npos);
  if (machine->nodes().size() == 1) {
    EXPECT_NE(pages.Report().find("the only node"), std::string::npos);
  }
}

TEST(NumaArena, SaysSoWhereTheKernelHasNoSuchNode) {
  const NumaTopology machine = Machine("package:64 [numa(memory=1GB)] core:1 pu:1");
  NumaArenaSource pages(machine, 63);  // not here
  Arena arena(SIZE_MAX, &pages);
  void* block = arena.Allocate(100);
  ASSERT_NE(block, nullptr);
  std::memset(block, 1, 100);
  EXPECT_NE(pages.Report().find("for node 63, the kernel refused to bind 1 times"),
            std::string::npos)
      << pages.Report();
}

}  // namespace
}  // namespace zokio
