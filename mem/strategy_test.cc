#include "mem/strategy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "mem/adaptive_strategy.h"
#include "mem/internal/sanitizer.h"

namespace zokio {
namespace {

struct Block {
  unsigned char* bytes;
  size_t size;
  unsigned char stamp;
};

template <typename S>
Block Make(S& strategy, size_t size, unsigned char stamp) {
  auto* bytes = static_cast<unsigned char*>(strategy.Allocate(size));
  EXPECT_NE(bytes, nullptr);
  std::memset(bytes, stamp, size);
  return {bytes, size, stamp};
}

template <typename S>
void Drop(S& strategy, const Block& block) {
  EXPECT_TRUE(std::all_of(block.bytes, block.bytes + block.size,
                          [&](unsigned char byte) { return byte == block.stamp; }));
  strategy.Free(block.bytes, block.size);
}

template <typename S>
void Churn(S& strategy, size_t common, uint64_t seed) {
  Random random(seed);
  std::vector<Block> live;
  for (int step = 0; step < 20'000; ++step) {
    if (live.size() < 300 && random.Below(2) == 0) {
      const size_t size = random.Below(2) == 0 ? common : random.Below(3000);
      live.push_back(Make(strategy, size, static_cast<unsigned char>(step)));
    } else if (!live.empty()) {
      const size_t victim = random.Below(static_cast<uint32_t>(live.size()));
      Drop(strategy, live[victim]);
      live[victim] = live.back();
      live.pop_back();
    }
  }
  for (const Block& block : live) Drop(strategy, block);
}

template <typename S>
class StrategyTest : public testing::Test {};
using Strategies = testing::Types<TieredStrategy, SystemStrategy, PoolStrategy<64>, ArenaStrategy,
                                  AdaptiveStrategy>;
TYPED_TEST_SUITE(StrategyTest, Strategies);

TYPED_TEST(StrategyTest, KeepsBlocksApartAndIntact) {
  TypeParam strategy;
  Churn(strategy, 64, 1);
}

static_assert(AllocationStrategy<AdaptiveStrategy>);

// One size with a share of nine tenths, a few live.
void AskMostlyFor(AdaptiveStrategy& strategy, size_t common, int requests) {
  Random random(common);
  std::vector<Block> live;
  for (int i = 0; i < requests; ++i) {
    const size_t size = random.Below(10) == 0 ? random.Below(3000) : common;
    live.push_back(Make(strategy, size, static_cast<unsigned char>(i)));
    if (live.size() < 40) continue;
    for (const Block& block : live) Drop(strategy, block);
    live.clear();
  }
  for (const Block& block : live) Drop(strategy, block);
}

TEST(AdaptiveStrategy, GivesAFrequentSizeAFrontAndSaysWhy) {
  AdaptiveStrategy strategy;
  EXPECT_EQ(strategy.Report(), "tiers: watching, 0 of 256 requests; decided 0 times before\n");
  AskMostlyFor(strategy, 64, 1000);
  const std::string report = strategy.Report();
  EXPECT_EQ(report.find("front for 64 bytes, tiers for the rest: 2"), 0u) << report;
  EXPECT_NE(report.find("requests were for 64 bytes, 192 earn"), std::string::npos) << report;
}

TEST(AdaptiveStrategy, LeavesMixedAndLargeSizesToTheTiers) {
  AdaptiveStrategy mixed;
  Churn(mixed, 64, 2);  // half of its requests
  EXPECT_EQ(mixed.Report().find("tiers: "), 0u) << mixed.Report();
  AdaptiveStrategy large;
  AskMostlyFor(large, 5000, 1000);
  EXPECT_EQ(large.Report().find("tiers: "), 0u) << large.Report();
}

TEST(AdaptiveStrategy, FollowsALoadThatChangesWhileBlocksLive) {
  AdaptiveStrategy strategy;
  const Block first = Make(strategy, 64, 1);  // the tiers' still
  AskMostlyFor(strategy, 64, 1000);
  const Block second = Make(strategy, 200, 2);
  const Block third = Make(strategy, 64, 3);
  Drop(strategy, first);  // the front's by now
  AskMostlyFor(strategy, 200, 1000);
  EXPECT_EQ(strategy.Report().find("front for 64 bytes"), 0u) << strategy.Report();
  strategy.Reconsider();
  AskMostlyFor(strategy, 200, 1000);
  EXPECT_EQ(strategy.Report().find("front for 200 bytes"), 0u) << strategy.Report();
  Drop(strategy, second);
  Drop(strategy, third);  // the tiers' again
}

TEST(AdaptiveStrategy, AFrontThatIsFullPassesOnWhatWasFreedFirst) {
  AdaptiveStrategy strategy;
  AskMostlyFor(strategy, 64, 1000);
  for (int round = 0; round < 3; ++round) {
    std::vector<Block> live;
    for (int i = 0; i < 2000; ++i) live.push_back(Make(strategy, 64, static_cast<uint8_t>(i)));
    for (const Block& block : live) Drop(strategy, block);
  }
}

TEST(AdaptiveStrategy, ABlockInTheFrontIsPoisoned) {
  if (!mem_internal::kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  AdaptiveStrategy strategy;
  AskMostlyFor(strategy, 64, 1000);
  void* block = strategy.Allocate(64);
  EXPECT_FALSE(mem_internal::IsPoisoned(block));
  strategy.Free(block, 64);
  EXPECT_TRUE(mem_internal::IsPoisoned(block));
}

TEST(ArenaStrategy, FreesByReset) {
  ArenaStrategy strategy;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 100; ++i) Drop(strategy, Make(strategy, 100, 7));
    strategy.Reset();
  }
}

}  // namespace
}  // namespace zokio
