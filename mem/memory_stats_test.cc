#include "mem/memory_stats.h"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"
#include "mem/allocator.h"
#include "mem/quota.h"

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

// The same with threads that come and go, each leaving its blocks to be freed elsewhere: after ten
// rounds, fifty more map nothing and keep nothing. A leak rate is zero or it is not: in bytes an
// hour it would be what one round leaves times some hundred thousand.
TEST(MemoryStats, AChurnOfThreadsLeaksNothing) {
  size_t mapped = 0;
  size_t live = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::pair<void*, size_t>> left;
    Result<Thread> thread = Thread::Start("churn", [&left] {
      left = Churn(1000, 5000, 3);
      Free(Allocate(300'000));
    });
    ASSERT_TRUE(thread.ok());
    thread->Join();
    for (auto& [block, size] : left) Free(block, size);
    DecayMemory();
    const MemoryStats stats = MemoryStats::Collect();
    if (round == 10) {
      mapped = stats.mapped_bytes;
      live = stats.live_bytes;
    } else if (round > 10) {
      ASSERT_EQ(stats.mapped_bytes, mapped) << round;
      ASSERT_EQ(stats.live_bytes, live) << round;
    }
  }
}

// Frees some 30 MB of segments, which the process keeps for whoever asks next.
void LeaveSegments() {
  std::vector<void*> blocks(30'000);
  for (void*& block : blocks) {
    block = Allocate(1000);
    *static_cast<char*>(block) = 1;
  }
  for (void* block : blocks) Free(block, 1000);
}

TEST(MemoryStats, AnIdleThreadLeavesABusyOneItsMemory) {
  constexpr size_t kMuch = 20u << 20;
  LeaveSegments();
  DecayMemory();
  EXPECT_EQ(DecayMemory(), 0u);
  Mutex mutex;
  CondVar changed;
  bool left = false;
  bool looked = false;
  Result<Thread> thread = Thread::Start("busy", [&] {
    LeaveSegments();
    {
      MutexLock lock(mutex);
      left = true;
      changed.NotifyAll();
      while (!looked) changed.Wait(lock);
    }
    EXPECT_GE(DecayMemory(), kMuch);  // its own idle moment
    LeaveSegments();
  });
  ASSERT_TRUE(thread.ok());
  {
    MutexLock lock(mutex);
    while (!left) changed.Wait(lock);
    EXPECT_EQ(DecayMemory(), 0u);
    looked = true;
    changed.NotifyAll();
  }
  thread->Join();
  EXPECT_GE(DecayMemory(), kMuch);  // the ended thread's
}

// One block more is free at each decay: only its own page goes back then.
TEST(MemoryStats, DecayAnswersWhatItReturnsOfRunsInUse) {
  std::vector<void*> blocks(200);
  for (void*& block : blocks) {
    block = Allocate(4096);
    std::memset(block, 1, 4096);
  }
  for (size_t i = 0; i < 100; ++i) Free(blocks[i], 4096);
  EXPECT_GE(DecayMemory(), 60u * 4096);
  for (size_t i = 100; i < 150; ++i) {
    Free(blocks[i], 4096);
    EXPECT_LE(DecayMemory(), 3u * 4096) << i;
  }
  for (size_t i = 150; i < 200; ++i) Free(blocks[i], 4096);
}

// Large blocks of all sizes come and go: adjacent free slots serve the next ones.
TEST(MemoryStats, AChurnOfLargeBlocksReusesAddressSpace) {
  Random random(5);
  void* live[3] = {};
  size_t reserved = 0;
  for (int i = 0; i < 600; ++i) {
    if (i == 100) reserved = MemoryStats::Collect().reserved_bytes;
    Free(live[i % 3]);
    live[i % 3] = Allocate((size_t{5} << 20) + random.Below(30u << 20));
    ASSERT_NE(live[i % 3], nullptr);
    if (i % 10 == 0) Free(Reallocate(Allocate(2'000'000), 9'000'000));
  }
  for (void* block : live) Free(block);
  EXPECT_LE(MemoryStats::Collect().reserved_bytes, reserved + (size_t{256} << 20));
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

TEST(MemoryStats, ListsWhatEachTagHolds) {
  MemoryQuota process("process", 1000);
  MemoryQuota first("actor \"a\\\n", 600, &process);
  MemoryQuota second("actor \"a\\\n", 600, &process);
  ASSERT_TRUE(first.Charge(500).ok());
  ASSERT_TRUE(second.Charge(300).ok());
  EXPECT_FALSE(first.Charge(101).ok());
  first.Refund(200);
  const MemoryStats stats = MemoryStats::Collect();
  ASSERT_EQ(stats.tags.size(), 2u);
  EXPECT_EQ(stats.tags[0].quotas, 2u);
  EXPECT_EQ(stats.tags[0].bytes, 600u);
  EXPECT_EQ(stats.tags[0].bytes_peak, 500u);
  EXPECT_EQ(stats.tags[0].refusals, 1u);
  EXPECT_NE(stats.ToText().find("       1          600          800            0 process\n"),
            std::string::npos)
      << stats.ToText();
  EXPECT_TRUE(stats.ToJson().ends_with(
      "\"tags\":[{\"tag\":\"actor \\\"a\\\\\\u000a\",\"quotas\":2,\"bytes\":600,"
      "\"bytes_peak\":500,\"refusals\":1},{\"tag\":\"process\",\"quotas\":1,\"bytes\":600,"
      "\"bytes_peak\":800,\"refusals\":0}]}"))
      << stats.ToJson();
  first.Refund(300);
  second.Refund(300);
  EXPECT_TRUE(process.bytes() == 0 && MemoryQuota::Totals().size() == 2);
}

}  // namespace
}  // namespace zokio
