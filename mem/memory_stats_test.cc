#include "mem/memory_stats.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/random.h"
#include "mem/allocator.h"

namespace zokio {
namespace {

const MemoryStats::Class* Find(const MemoryStats& stats, size_t block_size) {
  for (const MemoryStats::Class& row : stats.classes) {
    if (row.block_size == block_size) return &row;
  }
  return nullptr;
}

TEST(MemoryStats, TellsLiveCachedAndPinnedApart) {
  std::vector<void*> blocks;
  for (int i = 0; i < 5000; ++i) blocks.push_back(Allocate(1000));
  const MemoryStats full = MemoryStats::Collect();
  ASSERT_NE(Find(full, 1024), nullptr);
  EXPECT_EQ(Find(full, 1024)->live_bytes, 5000u * 1024);
  EXPECT_GE(full.mapped_bytes, 5000u * 1000);
  EXPECT_GE(full.reserved_bytes, full.mapped_bytes);

  for (size_t i = 0; i < blocks.size(); i += 2) Free(blocks[i], 1000);
  const MemoryStats half = MemoryStats::Collect();
  EXPECT_EQ(Find(half, 1024)->live_bytes, 2500u * 1024);
  EXPECT_GT(Find(half, 1024)->cached_bytes, 0u);
  EXPECT_GT(Find(half, 1024)->pinned_bytes, 2000u * 1024);
  EXPECT_GT(half.blocks_flushed, 2000u);

  for (size_t i = 1; i < blocks.size(); i += 2) Free(blocks[i], 1000);
  DecayMemory();
  const MemoryStats empty = MemoryStats::Collect();
  EXPECT_EQ(Find(empty, 1024), nullptr);
  EXPECT_GT(empty.reusable_bytes, 0u);
}

// Random blocks replaced at random, in phases of other sizes, so that what one phase leaves must
// serve the next. Returns the live blocks.
std::vector<std::pair<void*, size_t>> Churn(size_t live, int steps, uint64_t seed) {
  Random random(seed);
  std::vector<std::pair<void*, size_t>> blocks(live);
  for (const uint32_t octaves : {5u, 8u, 11u}) {
    for (int step = 0; step < steps; ++step) {
      auto& [block, size] = blocks[random.Below(static_cast<uint32_t>(live))];
      Free(block, size);
      const uint32_t low = 8u << random.Below(octaves);
      size = low + random.Below(low);
      block = Allocate(size);
    }
  }
  return blocks;
}

// External fragmentation: of what the heap has mapped, the free bytes that no other size can use.
TEST(MemoryStats, AfterAChurnLessThan5PercentOfTheHeapArePinned) {
  auto blocks = Churn(100'000, 300'000, 1);
  const MemoryStats stats = MemoryStats::Collect();
  EXPECT_LT(stats.pinned_bytes * 20, stats.mapped_bytes) << stats.ToText();
  for (auto& [block, size] : blocks) Free(block, size);
  DecayMemory();
}

// Ten times the work of the first round takes no page more: what is lost is nothing, whatever the
// hours.
TEST(MemoryStats, ALongChurnLeaksNothing) {
  size_t mapped = 0;
  for (int round = 0; round < 11; ++round) {
    for (auto& [block, size] : Churn(2000, 40'000, 2)) Free(block, size);
    DecayMemory();
    const MemoryStats stats = MemoryStats::Collect();
    if (round == 0) mapped = stats.mapped_bytes;
    EXPECT_EQ(stats.mapped_bytes, mapped) << round;
    EXPECT_EQ(stats.cached_bytes, 0u);
  }
}

TEST(MemoryStats, CountsLargeSpansAndTheirReuse) {
  const MemoryStats before = MemoryStats::Collect();
  for (int i = 0; i < 10; ++i) Free(Allocate(200'000));
  const MemoryStats after = MemoryStats::Collect();
  EXPECT_EQ(after.large_allocations - before.large_allocations, 10u);
  EXPECT_GE(after.large_reused - before.large_reused, 9u);
  EXPECT_GE(after.cached_bytes, 200'000u);
}

TEST(MemoryStats, PrintsTextAndJson) {
  void* block = Allocate(100);
  const MemoryStats stats = MemoryStats::Collect();
  EXPECT_NE(stats.ToText().find("     112"), std::string::npos) << stats.ToText();
  const std::string json = stats.ToJson();
  EXPECT_TRUE(json.starts_with("{\"live_bytes\":")) << json;
  EXPECT_NE(json.find("{\"block_size\":112,\"live_bytes\":"), std::string::npos) << json;
  EXPECT_TRUE(json.ends_with("]}"));
  Free(block, 100);
}

}  // namespace
}  // namespace zokio
