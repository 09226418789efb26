// Tests of the kernels over columns of numbers: filter.h, prefix_sum.h, partition.h,
// message_batch.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "simd/filter.h"
#include "simd/message_batch.h"
#include "simd/partition.h"
#include "simd/prefix_sum.h"
#include "simd/reference.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

using testing::ForEachLengthAndAlignment;
using testing::Generator;
using testing::GuardedBuffer;

class ColumnsTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(ColumnsTest);

constexpr Comparison kComparisons[] = {Comparison::kEqual, Comparison::kNotEqual, Comparison::kLess,
                                       Comparison::kGreater};

TEST_P(ColumnsTest, FilteringAgreesWithTheReferenceAndWorksInPlace) {
  Generator random(1);
  GuardedBuffer room(4 * testing::kLengthMax);
  std::vector<uint32_t> expected;
  ForEachLengthAndAlignment<uint32_t>([&](std::span<uint32_t> in) {
    // Few values, some of them with the top bit set, so that all comparisons split the input.
    for (uint32_t& x : in) x = static_cast<uint32_t>(random.Below(5)) * 0x30000001u;
    const uint32_t operand = static_cast<uint32_t>(random.Below(5)) * 0x30000001u;
    const Comparison comparison = kComparisons[random.Below(4)];
    expected.resize(in.size());
    const size_t want = reference::FilterCompact(in, comparison, operand, expected);
    const auto end = expected.begin() + static_cast<ptrdiff_t>(want);
    const std::span<uint32_t> out = room.Last<uint32_t>(in.size());
    ASSERT_EQ(FilterCompact(in, comparison, operand, out), want);
    ASSERT_TRUE(std::equal(expected.begin(), end, out.begin())) << in.size();
    ASSERT_EQ(FilterCompact(in, comparison, operand, in), want);
    ASSERT_TRUE(std::equal(expected.begin(), end, in.begin())) << in.size();
  });
}

TEST_P(ColumnsTest, CompactionByBitmapAgreesWithTheReference) {
  Generator random(2);
  GuardedBuffer room(4 * testing::kLengthMax);
  std::vector<uint32_t> expected;
  ForEachLengthAndAlignment<uint32_t>([&](std::span<uint32_t> in) {
    random.Fill(in);
    std::vector<uint64_t> bitmap((in.size() + 63) / 64);
    random.Fill(std::span(bitmap));
    expected.resize(in.size());
    const size_t want = reference::CompactByBitmap(in, bitmap, expected);
    const std::span<uint32_t> out = room.Last<uint32_t>(in.size());
    ASSERT_EQ(CompactByBitmap(in, bitmap, out), want);
    ASSERT_TRUE(
        std::equal(expected.begin(), expected.begin() + static_cast<ptrdiff_t>(want), out.begin()));
  });
}

TEST_P(ColumnsTest, EveryMaskOfAVectorCompactsRight) {
  std::vector<uint32_t> in(16);
  for (uint32_t i = 0; i < 16; ++i) in[i] = i + 100;
  std::vector<uint32_t> out(16), expected(16);
  for (uint64_t mask = 0; mask < 65536; mask += 1 + mask % 3) {
    const size_t want = reference::CompactByBitmap(in, {&mask, 1}, expected);
    ASSERT_EQ(CompactByBitmap(in, {&mask, 1}, out), want);
    ASSERT_TRUE(
        std::equal(out.begin(), out.begin() + static_cast<ptrdiff_t>(want), expected.begin()));
  }
}

TEST_P(ColumnsTest, RunningSumsAgreeWithTheReferenceAndWorkInPlace) {
  Generator random(3);
  GuardedBuffer room(4 * testing::kLengthMax);
  std::vector<uint32_t> expected;
  ForEachLengthAndAlignment<uint32_t>([&](std::span<uint32_t> in) {
    random.Fill(in);
    const uint32_t initial = static_cast<uint32_t>(random.Next());
    expected.resize(in.size());
    const uint32_t total = reference::PrefixSum(in, initial, expected);
    const std::span<uint32_t> out = room.Last<uint32_t>(in.size());
    ASSERT_EQ(PrefixSum(in, initial, out), total);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), out.begin())) << in.size();
    ASSERT_EQ(PrefixSum(in, initial, in), total);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), in.begin())) << in.size();
  });
}

TEST_P(ColumnsTest, HeadersSplitIntoColumns) {
  Generator random(4);
  for (size_t length = 0; length <= testing::kLengthMax; ++length) {
    GuardedBuffer memory(length * sizeof(MessageHeader));
    const std::span<MessageHeader> headers = memory.Last<MessageHeader>(length);
    random.Fill(std::span(reinterpret_cast<uint64_t*>(headers.data()), 2 * length));
    GuardedBuffer a(4 * length), b(4 * length), c(8 * length);
    SplitMessageHeaders(headers, a.Last<uint32_t>(length), b.Last<uint32_t>(length),
                        c.Last<uint64_t>(length));
    std::vector<uint32_t> destinations(length), sizes(length);
    std::vector<uint64_t> payloads(length);
    reference::SplitMessageHeaders(headers, destinations, sizes, payloads);
    ASSERT_TRUE(std::ranges::equal(a.Last<uint32_t>(length), destinations)) << length;
    ASSERT_TRUE(std::ranges::equal(b.Last<uint32_t>(length), sizes)) << length;
    ASSERT_TRUE(std::ranges::equal(c.Last<uint64_t>(length), payloads)) << length;
  }
}

TEST_P(ColumnsTest, SizesFallIntoClasses) {
  Generator random(5);
  constexpr uint32_t kEdges[] = {0, 1, 64, 65, 1024, 1025, 0x7FFFFFFF, 0x80000000, UINT32_MAX};
  GuardedBuffer room(testing::kLengthMax);
  ForEachLengthAndAlignment<uint32_t>([&](std::span<uint32_t> sizes) {
    for (uint32_t& size : sizes) size = kEdges[random.Below(std::size(kEdges))];
    std::vector<uint8_t> expected(sizes.size());
    const std::array<size_t, 3> want = reference::ClassifyMessageSizes(sizes, expected);
    const std::span<uint8_t> classes = room.Last(sizes.size());
    ASSERT_EQ(ClassifyMessageSizes(sizes, classes), want);
    ASSERT_TRUE(std::ranges::equal(classes, expected)) << sizes.size();
  });
}

TEST(PartitionTest, AgreesWithTheReferenceForFewAndManyBuckets) {
  Generator random(6);
  for (const size_t buckets : {size_t{1}, size_t{2}, size_t{7}, size_t{64}, size_t{1000},
                               size_t{1024}, size_t{1025}, size_t{5000}}) {
    for (size_t length = 0; length < 3000; length += 1 + length / 3) {
      std::vector<uint32_t> destinations(length);
      for (uint32_t& d : destinations) d = static_cast<uint32_t>(random.Below(buckets));
      std::vector<uint32_t> offsets(buckets + 1), order(length);
      std::vector<uint32_t> want_offsets(buckets + 1), want_order(length);
      PartitionByDestination(destinations, offsets, order);
      reference::PartitionByDestination(destinations, want_offsets, want_order);
      ASSERT_EQ(offsets, want_offsets);
      ASSERT_EQ(order, want_order);
    }
  }
}

TEST(PartitionTest, OneDestinationForAllKeepsTheOrder) {
  const std::vector<uint32_t> destinations(1000, 3);
  std::vector<uint32_t> offsets(6), order(1000);
  PartitionByDestination(destinations, offsets, order);
  EXPECT_EQ(offsets, (std::vector<uint32_t>{0, 0, 0, 0, 1000, 1000}));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(PartitionTest, GatheredColumnsFollowTheOrder) {
  Generator random(7);
  std::vector<uint64_t> column(777), out(777), expected(777);
  std::vector<uint32_t> order(777);
  random.Fill(std::span(column));
  for (uint32_t& index : order) index = static_cast<uint32_t>(random.Below(777));
  Gather(column, order, out);
  reference::Gather(column, order, expected);
  EXPECT_EQ(out, expected);
}

TEST(PartitionDeathTest, ADestinationOutOfRangeIsABrokenContract) {
  std::vector<uint32_t> offsets(4), order(4);
  EXPECT_DEATH(PartitionByDestination(std::vector<uint32_t>{0, 1, 3, 2}, offsets, order),
               "out of range");
  EXPECT_DEATH(PartitionByDestination(std::vector<uint32_t>{UINT32_MAX}, offsets, order),
               "out of range");
  std::vector<uint32_t> many(3001);
  EXPECT_DEATH(PartitionByDestination(std::vector<uint32_t>{3000}, many, order), "out of range");
}

}  // namespace
}  // namespace zokio::simd
