#include "simd/find.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simd/reference.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

using testing::ForEachLengthAndAlignment;
using testing::Generator;
using testing::GuardedBuffer;

class FindTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(FindTest);

// One of each ByteSet::Kind, and the edges of each.
const std::vector<ByteSet>& Sets() {
  static const std::vector<ByteSet> sets = {
      ByteSet(""),
      ByteSet("\n"),
      ByteSet(std::string_view("\0", 1)),
      ByteSet("\r\n: "),
      ByteSet("\r\n ,;=\"'()<>@[]{}?\x7f\t"),
      ByteSet("\x80\xff"),
      ByteSet("a\xe1q\xf1\x01\x81"),
  };
  return sets;
}

TEST(ByteSetTest, KnowsItsMembersAndTheCheapestWayToFindThem) {
  EXPECT_EQ(ByteSet("\r\n ").kind(), ByteSet::Kind::kUnique);
  EXPECT_EQ(ByteSet("\n\n").kind(), ByteSet::Kind::kUnique);
  EXPECT_EQ(ByteSet("\n:").kind(), ByteSet::Kind::kAscii);
  EXPECT_EQ(ByteSet("\n\x8b").kind(), ByteSet::Kind::kAny);
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string_view members = "\r\n:\x80z\xff";
    EXPECT_EQ(ByteSet(members).Contains(static_cast<uint8_t>(byte)),
              members.find(static_cast<char>(byte)) != std::string_view::npos)
        << byte;
  }
}

TEST_P(FindTest, FindByteReturnsTheFirstAtEveryLengthAndAlignment) {
  ForEachLengthAndAlignment<uint8_t>([](std::span<uint8_t> data) {
    std::fill(data.begin(), data.end(), uint8_t{'x'});
    ASSERT_EQ(FindByte(data, 'y'), data.size());
    // A hit at each place, with another behind it that must not win.
    for (size_t at = 0; at < data.size(); at += data.size() < 70 ? 1 : 13) {
      data[at] = 'y';
      data.back() = 'y';
      ASSERT_EQ(FindByte(data, 'y'), at) << data.size();
      data[at] = data.back() = 'x';
    }
  });
}

TEST_P(FindTest, FindByteIgnoresWhatLiesAroundTheSpan) {
  std::vector<uint8_t> data(400, 'y');
  for (size_t begin = 0; begin < 64; ++begin) {
    for (size_t length = 0; length < 260; length += 5) {
      std::fill(data.begin(), data.end(), uint8_t{'y'});
      std::fill_n(data.begin() + static_cast<ptrdiff_t>(begin), length, uint8_t{'x'});
      ASSERT_EQ(FindByte({data.data() + begin, length}, 'y'), length);
    }
  }
}

TEST_P(FindTest, EveryByteValueIsClassifiedAsTheSetSays) {
  for (const ByteSet& set : Sets()) {
    for (unsigned value = 0; value < 256; ++value) {
      for (const size_t length : {1, 5, 12, 16, 40, 64, 200}) {
        const std::vector<uint8_t> data(length, static_cast<uint8_t>(value));
        const size_t expected = set.Contains(static_cast<uint8_t>(value)) ? 0 : length;
        ASSERT_EQ(FindAnyOf(data, set), expected) << value << " " << length;
      }
    }
  }
}

TEST_P(FindTest, FindAnyOfAgreesWithTheReference) {
  Generator random(1);
  ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
    // Few enough distinct values that hits come at all distances.
    for (uint8_t& byte : data) byte = static_cast<uint8_t>('A' + random.Below(20));
    if (!data.empty()) data[random.Below(data.size())] = static_cast<uint8_t>(random.Next());
    for (const ByteSet& set : Sets()) {
      ASSERT_EQ(FindAnyOf(data, set), reference::FindAnyOf(data, set)) << data.size();
    }
  });
}

TEST_P(FindTest, BitmapAgreesWithTheReference) {
  Generator random(2);
  GuardedBuffer words(64);
  ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
    random.Fill(data);
    for (uint8_t& byte : data) byte = random.Below(3) == 0 ? '\n' : byte;
    const std::span<uint64_t> bitmap = words.Last<uint64_t>((data.size() + 63) / 64);
    std::vector<uint64_t> expected(bitmap.size());
    for (const ByteSet& set : {Sets()[3], Sets()[4], Sets()[6]}) {
      std::fill(bitmap.begin(), bitmap.end(), ~uint64_t{0});
      DelimiterBitmap(data, set, bitmap);
      reference::DelimiterBitmap(data, set, expected);
      ASSERT_TRUE(std::equal(bitmap.begin(), bitmap.end(), expected.begin())) << data.size();
    }
  });
}

TEST_P(FindTest, PositionsAgreeWithTheReferenceAtEveryDensity) {
  Generator random(3);
  const ByteSet set("\r\n:");
  GuardedBuffer room(4 * testing::kLengthMax);
  for (const unsigned percent : {0, 2, 15, 50, 100}) {
    ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
      for (uint8_t& byte : data) byte = random.Below(100) < percent ? ':' : 'v';
      std::vector<uint32_t> expected(data.size());
      const DelimiterScan want = reference::DelimiterPositions(data, set, expected);
      const std::span<uint32_t> got = room.Last<uint32_t>(data.size());
      const DelimiterScan scan = DelimiterPositions(data, set, got);
      ASSERT_EQ(scan.count, want.count);
      ASSERT_EQ(scan.consumed, data.size());
      ASSERT_TRUE(std::equal(got.begin(), got.begin() + static_cast<ptrdiff_t>(scan.count),
                             expected.begin()));
    });
  }
}

TEST_P(FindTest, PositionsStopWhenTheRoomEndsAndGoOnFromThere) {
  Generator random(4);
  const ByteSet set(",");
  std::vector<uint8_t> data(1000);
  for (uint8_t& byte : data) byte = random.Below(4) == 0 ? ',' : 'v';
  std::vector<uint32_t> all(data.size());
  all.resize(reference::DelimiterPositions(data, set, all).count);
  for (size_t room = 1; room < 200; ++room) {
    GuardedBuffer buffer(4 * room);
    std::vector<uint32_t> joined;
    size_t at = 0;
    while (true) {
      const std::span<uint32_t> got = buffer.Last<uint32_t>(room);
      const DelimiterScan scan = DelimiterPositions(std::span(data).subspan(at), set, got);
      for (size_t i = 0; i < scan.count; ++i) {
        joined.push_back(got[i] + static_cast<uint32_t>(at));
      }
      at += scan.consumed;
      if (at == data.size()) break;
      ASSERT_EQ(scan.count, room);
    }
    ASSERT_EQ(joined, all) << room;
  }
}

TEST_P(FindTest, NoRoomMeansNoPositions) {
  const std::vector<uint8_t> data(100, ',');
  const DelimiterScan scan = DelimiterPositions(data, ByteSet(","), {});
  EXPECT_EQ(scan.count, 0u);
  EXPECT_EQ(scan.consumed, 0u);
}

TEST(FindDeathTest, BitmapTooSmallIsABrokenContract) {
  const std::vector<uint8_t> data(65, 'x');
  uint64_t word = 0;
  EXPECT_DEATH(DelimiterBitmap(data, ByteSet("x"), {&word, 1}), "bitmap too small");
}

}  // namespace
}  // namespace zokio::simd
