#include "mem/memory_stats.h"

#include <gtest/gtest.h>

#include <vector>

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
