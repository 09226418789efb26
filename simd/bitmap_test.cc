// Tests of the kernels that make or read bitmaps: bitmap.h, completion.h.
#include "simd/bitmap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "simd/completion.h"
#include "simd/reference.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

using testing::ForEachLengthAndAlignment;
using testing::Generator;
using testing::GuardedBuffer;

class BitmapTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(BitmapTest);

TEST_P(BitmapTest, DeadlinesAgreeWithTheReferenceAlsoAtTheEndsOfTheRange) {
  Generator random(1);
  GuardedBuffer words(64);
  constexpr uint64_t kEdges[] = {
      0, 1, 1000, (uint64_t{1} << 63) - 1, uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX};
  ForEachLengthAndAlignment<uint64_t>([&](std::span<uint64_t> deadlines) {
    const uint64_t now = kEdges[random.Below(std::size(kEdges))];
    for (uint64_t& deadline : deadlines) {
      deadline = kEdges[random.Below(std::size(kEdges))];
      if (random.Below(3) == 0) deadline = now + random.Below(3) - 1;
    }
    const std::span<uint64_t> bitmap = words.Last<uint64_t>((deadlines.size() + 63) / 64);
    std::fill(bitmap.begin(), bitmap.end(), ~uint64_t{0});
    std::vector<uint64_t> expected(bitmap.size());
    const size_t want = reference::DeadlineScan(deadlines, now, expected);
    ASSERT_EQ(DeadlineScan(deadlines, now, bitmap), want) << deadlines.size() << " " << now;
    ASSERT_TRUE(std::equal(bitmap.begin(), bitmap.end(), expected.begin()));
  });
}

TEST_P(BitmapTest, DecodingAgreesWithTheReferenceAtEveryDensity) {
  Generator random(2);
  for (size_t length = 0; length <= testing::kLengthMax; length += length < 20 ? 1 : 31) {
    GuardedBuffer memory(8 * length);
    const std::span<uint64_t> bitmap = memory.Last<uint64_t>(length);
    // In 64ths: how likely a bit is set; and words that are all zero or all one in between.
    for (const unsigned density : {0, 1, 4, 16, 40, 64}) {
      size_t set = 0;
      for (uint64_t& word : bitmap) {
        word = 0;
        if (random.Below(4) == 0) continue;
        for (unsigned bit = 0; bit < 64; ++bit) {
          word |= uint64_t{random.Below(64) < density} << bit;
        }
        set += static_cast<size_t>(std::popcount(word));
      }
      std::vector<uint32_t> expected(set);
      ASSERT_EQ(reference::BitmapDecode(bitmap, 1000, expected), set);
      // Exactly as much room as is needed, up to a guard page.
      GuardedBuffer room(4 * set + 1);
      const std::span<uint32_t> indices = room.Last<uint32_t>(set);
      ASSERT_EQ(BitmapDecode(bitmap, 1000, indices), set);
      ASSERT_TRUE(std::equal(indices.begin(), indices.end(), expected.begin()));
    }
  }
}

TEST_P(BitmapTest, EveryPairOfBitsOfAWordIsDecoded) {
  std::vector<uint32_t> indices(64);
  for (uint32_t a = 0; a < 64; ++a) {
    for (uint32_t b = a; b < 64; ++b) {
      const uint64_t word = uint64_t{1} << a | uint64_t{1} << b;
      ASSERT_EQ(BitmapDecode({&word, 1}, 7, indices), a == b ? 1u : 2u);
      ASSERT_EQ(indices[0], 7 + a);
      if (a != b) {
        ASSERT_EQ(indices[1], 7 + b);
      }
    }
  }
}

TEST_P(BitmapTest, CompletionsAgreeWithTheReference) {
  Generator random(3);
  for (size_t length = 0; length <= testing::kLengthMax; ++length) {
    for (size_t skip = 0; skip < 4; ++skip) {
      GuardedBuffer memory((length + skip) * sizeof(Completion));
      const std::span<Completion> completions =
          skip == 0 ? memory.Last<Completion>(length) : memory.First<Completion>(length, skip);
      for (Completion& completion : completions) {
        completion.user_data = random.Next();
        completion.result = static_cast<int32_t>(random.Next());
        if (random.Below(4) == 0) completion.result = random.Below(2) == 0 ? 0 : INT32_MIN;
        completion.flags = static_cast<uint32_t>(random.Below(8)) << (random.Below(2) * 29);
      }
      const size_t words = (length + 63) / 64;
      std::vector<uint64_t> failed(words, ~uint64_t{0}), flagged(words, ~uint64_t{0});
      std::vector<uint64_t> want_failed(words), want_flagged(words);
      for (const uint32_t flags : {2u, 0x80000001u, 0u}) {
        const size_t want =
            reference::CompletionScan(completions, flags, want_failed, want_flagged);
        ASSERT_EQ(CompletionScan(completions, flags, failed, flagged), want);
        ASSERT_EQ(failed, want_failed) << length;
        ASSERT_EQ(flagged, want_flagged) << length;
      }
    }
  }
}

TEST(BitmapDeathTest, TooLittleRoomIsABrokenContract) {
  const uint64_t word = 7;
  std::vector<uint32_t> indices(2);
  EXPECT_DEATH(BitmapDecode({&word, 1}, 0, indices), "indices too small");
}

}  // namespace
}  // namespace zokio::simd
