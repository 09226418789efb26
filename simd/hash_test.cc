// Tests of hash.h and hash_ring.h.
#include "simd/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "simd/hash_ring.h"
#include "simd/reference.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

using testing::ForEachLengthAndAlignment;
using testing::Generator;
using testing::GuardedBuffer;

class HashTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(HashTest);

TEST_P(HashTest, BatchesAgreeWithTheReferenceAndWorkInPlace) {
  Generator random(1);
  GuardedBuffer room(8 * testing::kLengthMax);
  std::vector<uint64_t> expected;
  ForEachLengthAndAlignment<uint64_t>([&](std::span<uint64_t> keys) {
    random.Fill(keys);
    const uint64_t seed = random.Next();
    expected.resize(keys.size());
    reference::HashBatch(keys, seed, expected);
    const std::span<uint64_t> hashes = room.Last<uint64_t>(keys.size());
    HashBatch(keys, seed, hashes);
    ASSERT_TRUE(std::ranges::equal(hashes, expected)) << keys.size();
    HashBatch(keys, seed, keys);
    ASSERT_TRUE(std::ranges::equal(keys, expected)) << keys.size();
  });
}

TEST(HashQualityTest, EveryInputBitFlipsEveryOutputBitAboutHalfTheTime) {
  Generator random(2);
  constexpr int kKeys = 2000;
  for (int bit = 0; bit < 64; ++bit) {
    std::array<int, 64> flips = {};
    for (int i = 0; i < kKeys; ++i) {
      const uint64_t key = random.Next();
      const uint64_t difference = Hash(key, 7) ^ Hash(key ^ (uint64_t{1} << bit), 7);
      for (int out = 0; out < 64; ++out) flips[static_cast<size_t>(out)] += (difference >> out) & 1;
    }
    for (const int count : flips) {
      ASSERT_GT(count, kKeys * 40 / 100) << bit;
      ASSERT_LT(count, kKeys * 60 / 100) << bit;
    }
  }
}

TEST(HashQualityTest, SequencesOfAnyStrideSpreadEvenly) {
  for (int stride = 0; stride < 50; stride += 3) {
    for (const int shift : {0, 20, 54}) {
      std::vector<int> buckets(1024);
      for (uint64_t key = 0; key < 1024 * 32; ++key) {
        ++buckets[(Hash(key << stride, 0) >> shift) & 1023];
      }
      // Poisson with mean 32: ten times the deviation is never reached.
      EXPECT_LT(*std::max_element(buckets.begin(), buckets.end()), 90) << stride << " " << shift;
    }
  }
}

std::vector<HashRing::Point> RandomPoints(size_t nodes, size_t replicas, uint64_t seed) {
  std::vector<HashRing::Point> points;
  for (uint32_t node = 0; node < nodes; ++node) {
    for (uint64_t replica = 0; replica < replicas; ++replica) {
      points.push_back({Hash(uint64_t{node} << 32 | replica, seed), node});
    }
  }
  return points;
}

void CheckRing(const std::vector<HashRing::Point>& points, uint64_t seed) {
  const HashRing ring(points);
  std::vector<HashRing::Point> sorted = points;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.node < b.node;
  });
  std::vector<uint64_t> sorted_hashes;
  for (const HashRing::Point& point : sorted) sorted_hashes.push_back(point.hash);
  Generator random(seed);
  for (const size_t length : {0, 1, 3, 7, 8, 9, 16, 31, 300}) {
    GuardedBuffer keys(8 * length), room(4 * length);
    const std::span<uint64_t> hashes = keys.Last<uint64_t>(length);
    const std::span<uint32_t> nodes = room.Last<uint32_t>(length);
    for (uint64_t& hash : hashes) {
      hash = random.Next();
      // Points themselves and their neighbours, and the ends of the range.
      if (random.Below(2) == 0) {
        hash = points[random.Below(points.size())].hash + random.Below(3) - 1;
      }
      if (random.Below(8) == 0) hash = random.Below(2) == 0 ? 0 : UINT64_MAX;
    }
    std::vector<uint32_t> indices(length);
    reference::RingLookup(sorted_hashes, hashes, indices);
    ring.LookupBatch(hashes, nodes);
    for (size_t i = 0; i < length; ++i) {
      ASSERT_EQ(nodes[i], sorted[indices[i]].node) << hashes[i];
      ASSERT_EQ(ring.Lookup(hashes[i]), nodes[i]);
    }
  }
}

TEST_P(HashTest, RingsAgreeWithALinearSearch) {
  for (const size_t nodes : {1, 2, 3, 10, 100}) {
    for (const size_t replicas : {1, 2, 40}) CheckRing(RandomPoints(nodes, replicas, 1), nodes);
  }
}

TEST_P(HashTest, CrowdedAndCoincidingPointsAreFoundToo) {
  std::vector<HashRing::Point> points;
  for (uint32_t i = 0; i < 200; ++i) points.push_back({1000 + i / 2, i});
  CheckRing(points, 1);
  points.push_back({UINT64_MAX, 1000});
  points.push_back({0, 1001});
  CheckRing(points, 2);
}

TEST(HashRingTest, FewKeysMoveWhenANodeLeaves) {
  const std::vector<HashRing::Point> points = RandomPoints(10, 100, 3);
  std::vector<HashRing::Point> fewer;
  for (const HashRing::Point& point : points) {
    if (point.node != 4) fewer.push_back(point);
  }
  const HashRing before(points);
  const HashRing after(fewer);
  std::map<uint32_t, int> owned;
  int moved = 0;
  for (uint64_t key = 0; key < 20000; ++key) {
    const uint64_t hash = Hash(key, 0);
    const uint32_t owner = before.Lookup(hash);
    ++owned[owner];
    if (after.Lookup(hash) != owner) {
      ++moved;
      ASSERT_EQ(owner, 4u);
    }
  }
  EXPECT_EQ(moved, owned[4]);
  for (uint32_t node = 0; node < 10; ++node) {
    EXPECT_GT(owned[node], 1200) << node;
    EXPECT_LT(owned[node], 2800) << node;
  }
}

}  // namespace
}  // namespace zokio::simd
