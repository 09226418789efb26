#include "simd/utf8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "simd/find.h"
#include "simd/reference.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

class Utf8Test : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(Utf8Test);

// Every well-formed boundary of table 3-7 and everything just outside it.
const std::vector<std::string>& Sequences() {
  static const std::vector<std::string> sequences = {
      "a",
      "\x7f",
      "\xC2\x80",
      "\xDF\xBF",
      "\xE0\xA0\x80",
      "\xED\x9F\xBF",
      "\xEE\x80\x80",
      "\xEF\xBF\xBF",
      "\xF0\x90\x80\x80",
      "\xF3\xBF\xBF\xBF",
      "\xF4\x8F\xBF\xBF",
      // Malformed.
      "\x80",
      "\xBF",
      "\xC0\x80",
      "\xC1\xBF",
      "\xC2",
      "\xC2\x7f",
      "\xC2\xC2\x80",
      "\xC2\x80\x80",
      "\xE0\x80\x80",
      "\xE0\x9F\xBF",
      "\xE1\x80",
      "\xE1",
      "\xE1\x80\xC2",
      "\xED\xA0\x80",
      "\xED\xBF\xBF",
      "\xF0\x8F\xBF\xBF",
      "\xF0\x80\x80\x80",
      "\xF1\x80\x80",
      "\xF1\x80",
      "\xF1",
      "\xF1\x80\x80\x41",
      "\xF4\x90\x80\x80",
      "\xF5\x80\x80\x80",
      "\xF8\x88\x80\x80\x80",
      "\xFE",
      "\xFF",
      "\xF4\xBF\xBF\xBF",
      "\xF1\x80\x80\x80\x80",
      "\xE1\x80\x80\x80",
  };
  return sequences;
}

void AppendCodePoint(uint32_t code, std::string& text) {
  const auto put = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 63));
    put(0x80 | (code & 63));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 63));
    put(0x80 | (code >> 6 & 63));
    put(0x80 | (code & 63));
  }
}

uint32_t RandomCodePoint(testing::Generator& random) {
  while (true) {
    const uint32_t code =
        static_cast<uint32_t>(random.Below(uint64_t{1} << (6 + random.Below(16))));
    if (code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF)) return code;
  }
}

TEST_P(Utf8Test, EveryCodePointIsValidAndEverySurrogateIsNot) {
  std::string text;
  for (uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    AppendCodePoint(code, text);
  }
  EXPECT_TRUE(ValidateUtf8(AsBytes(text)));
  for (uint32_t code = 0xD800; code <= 0xDFFF; ++code) {
    text.clear();
    AppendCodePoint(code, text);
    ASSERT_FALSE(ValidateUtf8(AsBytes(text))) << code;
  }
  text.clear();
  AppendCodePoint(0x110000, text);
  EXPECT_FALSE(ValidateUtf8(AsBytes(text)));
}

TEST_P(Utf8Test, EveryPairAndTripleOfEdgeBytesAgreesWithTheReference) {
  constexpr char kEdges[] =
      "\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed"
      "\xee\xef\xf0\xf1\xf3\xf4\xf5\xf7\xf8\xff";
  const std::string_view edges(kEdges, sizeof(kEdges) - 1);
  ASSERT_EQ(edges.size(), 26u);
  for (const char a : edges) {
    for (const char b : edges) {
      for (const char c : edges) {
        const std::string text = {a, b, c, '\x80', 'x'};
        ASSERT_EQ(ValidateUtf8(AsBytes(text)), reference::ValidateUtf8(AsBytes(text)));
      }
    }
  }
}

TEST_P(Utf8Test, EachSequenceAtEachPlaceOfEachLengthAgreesWithTheReference) {
  testing::GuardedBuffer buffer(testing::kLengthMax);
  for (const std::string& sequence : Sequences()) {
    for (size_t length = sequence.size(); length <= testing::kLengthMax;
         length += length < 70 ? 1 : 5) {
      const std::span<uint8_t> text = buffer.Last(length);
      std::fill(text.begin(), text.end(), uint8_t{'x'});
      const auto check = [&](size_t at) {
        std::copy(sequence.begin(), sequence.end(), text.begin() + static_cast<ptrdiff_t>(at));
        EXPECT_EQ(ValidateUtf8(text), reference::ValidateUtf8(text)) << length << " " << at;
        std::fill_n(text.begin() + static_cast<ptrdiff_t>(at), sequence.size(), uint8_t{'x'});
      };
      // Every place for some lengths; around both ends for all.
      const size_t last = length - sequence.size();
      for (size_t at = 0; at <= last; at += length % 16 < 2 || at < 4 || at + 5 > last ? 1 : 5) {
        check(at);
        if (HasFailure()) return;
      }
    }
  }
}

TEST_P(Utf8Test, RandomTextWithAndWithoutDamageAgreesWithTheReference) {
  testing::Generator random(1);
  testing::GuardedBuffer buffer(2048);
  size_t valid = 0;
  size_t invalid = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    const size_t target = random.Below(1200);
    while (text.size() < target) {
      // Runs of ASCII now and then, so that both paths and their borders are taken.
      if (random.Below(8) == 0) text.append(random.Below(400), 'e');
      AppendCodePoint(RandomCodePoint(random), text);
    }
    const std::span<uint8_t> copy = buffer.Last(std::min<size_t>(text.size(), 2048));
    std::copy_n(text.begin(), copy.size(), copy.begin());
    for (const bool damage : {false, true}) {
      if (damage && !copy.empty()) {
        for (int flip = 0; flip < 4; ++flip) {
          copy[random.Below(copy.size())] ^= static_cast<uint8_t>(1 << random.Below(8));
        }
      }
      const bool expected = reference::ValidateUtf8(copy);
      ASSERT_EQ(ValidateUtf8(copy), expected);
      ++(expected ? valid : invalid);
    }
  }
  EXPECT_GT(valid, 300u);
  EXPECT_GT(invalid, 300u);
}

TEST_P(Utf8Test, LongAsciiAfterACutOffSequenceIsFound) {
  for (const std::string& head :
       {std::string("\xC3"), std::string("\xE2\x82"), std::string("\xF0\x9F\x98")}) {
    for (size_t before = 0; before < 600; ++before) {
      const std::string text = std::string(before, 'x') + head + std::string(700, 'y');
      ASSERT_FALSE(ValidateUtf8(AsBytes(text))) << before;
    }
  }
}

}  // namespace
}  // namespace zokio::simd
