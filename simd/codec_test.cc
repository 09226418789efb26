// Tests of base64.h, hex.h and wire.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "simd/base64.h"
#include "simd/find.h"
#include "simd/hex.h"
#include "simd/reference.h"
#include "simd/testing/kernel_test.h"
#include "simd/wire.h"

namespace zokio::simd {
namespace {

using testing::ForEachLengthAndAlignment;
using testing::Generator;
using testing::GuardedBuffer;

class CodecTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(CodecTest);

constexpr Base64Alphabet kAlphabets[] = {Base64Alphabet::kStandard, Base64Alphabet::kUrl};

std::string Encoded(std::string_view text, Base64Alphabet alphabet) {
  std::string out(Base64EncodedSize(text.size(), alphabet), '!');
  EXPECT_EQ(Base64Encode(AsBytes(text), alphabet, out), out.size());
  return out;
}

TEST_P(CodecTest, Base64KnownAnswers) {
  // RFC 4648, section 10.
  EXPECT_EQ(Encoded("", Base64Alphabet::kStandard), "");
  EXPECT_EQ(Encoded("f", Base64Alphabet::kStandard), "Zg==");
  EXPECT_EQ(Encoded("fo", Base64Alphabet::kStandard), "Zm8=");
  EXPECT_EQ(Encoded("foo", Base64Alphabet::kStandard), "Zm9v");
  EXPECT_EQ(Encoded("foobar", Base64Alphabet::kStandard), "Zm9vYmFy");
  EXPECT_EQ(Encoded("f", Base64Alphabet::kUrl), "Zg");
  EXPECT_EQ(Encoded("\xfb\xff", Base64Alphabet::kStandard), "+/8=");
  EXPECT_EQ(Encoded("\xfb\xff", Base64Alphabet::kUrl), "-_8");
}

TEST_P(CodecTest, Base64GoesThereAndBackAtEveryLengthAndAlignment) {
  Generator random(1);
  GuardedBuffer text_room(2 * testing::kLengthMax), data_room(testing::kLengthMax + 8);
  std::string expected;
  ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
    random.Fill(data);
    const Base64Alphabet alphabet = kAlphabets[random.Below(2)];
    const size_t size = Base64EncodedSize(data.size(), alphabet);
    expected.resize(size);
    ASSERT_EQ(reference::Base64Encode(data, alphabet, expected), size);
    const std::span<char> text = text_room.Last<char>(size);
    ASSERT_EQ(Base64Encode(data, alphabet, text), size);
    ASSERT_TRUE(std::ranges::equal(text, expected)) << data.size();
    const std::span<uint8_t> back = data_room.Last(Base64DecodedSizeMax(size));
    ASSERT_EQ(Base64Decode({text.data(), size}, alphabet, back), data.size());
    ASSERT_TRUE(std::equal(data.begin(), data.end(), back.begin())) << data.size();
  });
}

TEST_P(CodecTest, EveryForeignByteAtEveryPlaceIsRefused) {
  std::vector<uint8_t> out(300);
  for (const Base64Alphabet alphabet : kAlphabets) {
    for (const size_t length : {4, 8, 24, 64, 100, 200}) {
      std::string text(length, 'Q');
      for (size_t at = 0; at < length; ++at) {
        for (unsigned byte = 0; byte < 256; byte += at % 16 == 5 ? 1 : 19) {
          text[at] = static_cast<char>(byte);
          const auto want = reference::Base64Decode(text, alphabet, out);
          ASSERT_EQ(Base64Decode(text, alphabet, out), want) << length << " " << at << " " << byte;
        }
        text[at] = 'Q';
      }
    }
  }
}

TEST_P(CodecTest, PaddingAndStrayBitsAreJudgedStrictly) {
  std::vector<uint8_t> out(30);
  const auto decoded = [&](std::string_view text, Base64Alphabet alphabet) {
    const auto got = Base64Decode(text, alphabet, out);
    EXPECT_EQ(got, reference::Base64Decode(text, alphabet, out)) << text;
    return got.has_value();
  };
  for (const char* good : {"", "Zg==", "Zm8=", "Zm9v", "AAAA", "////"}) {
    EXPECT_TRUE(decoded(good, Base64Alphabet::kStandard)) << good;
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "Zm8", "Zh==", "Zm9=", "====", "===", "=",
                          "Z===", "Zg==Zg==", "Zm=v", "Zm9v\n", "Zm 9v", "-_-_", "Zg==="}) {
    EXPECT_FALSE(decoded(bad, Base64Alphabet::kStandard)) << bad;
  }
  for (const char* good : {"", "Zg", "Zm8", "Zm9v", "____", "-_-_-w"}) {
    EXPECT_TRUE(decoded(good, Base64Alphabet::kUrl)) << good;
  }
  for (const char* bad : {"Z", "-_-_-_", "Zg==", "Zm8=", "Zh", "Zm9", "++++", "Zm9vZ"}) {
    EXPECT_FALSE(decoded(bad, Base64Alphabet::kUrl)) << bad;
  }
}

TEST_P(CodecTest, HexGoesThereAndBackAtEveryLengthAndAlignment) {
  Generator random(2);
  GuardedBuffer text_room(2 * testing::kLengthMax), data_room(testing::kLengthMax);
  std::string expected;
  ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
    random.Fill(data);
    expected.resize(2 * data.size());
    reference::HexEncode(data, expected);
    const std::span<char> text = text_room.Last<char>(2 * data.size());
    HexEncode(data, text);
    ASSERT_TRUE(std::ranges::equal(text, expected)) << data.size();
    for (char& digit : text)
      digit = random.Below(2) == 0 ? digit : static_cast<char>(toupper(digit));
    const std::span<uint8_t> back = data_room.Last(data.size());
    ASSERT_TRUE(HexDecode({text.data(), text.size()}, back));
    ASSERT_TRUE(std::ranges::equal(back, data)) << data.size();
  });
}

TEST_P(CodecTest, HexRefusesForeignBytesAndOddLengths) {
  std::vector<uint8_t> out(100);
  for (const size_t length : {2, 10, 32, 64, 90, 166}) {
    std::string text(length, 'a');
    for (size_t at = 0; at < length; ++at) {
      for (unsigned byte = 0; byte < 256; byte += at % 16 == 5 ? 1 : 7) {
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(HexDecode(text, out), reference::HexDecode(text, out)) << at << " " << byte;
      }
      text[at] = 'a';
    }
    EXPECT_FALSE(HexDecode(text.substr(1), out));
  }
}

template <class T>
void CheckByteSwap(Generator& random) {
  GuardedBuffer room(sizeof(T) * testing::kLengthMax);
  std::vector<T> expected;
  ForEachLengthAndAlignment<T>([&](std::span<T> in) {
    random.Fill(in);
    expected.resize(in.size());
    reference::ByteSwap(std::span<const T>(in), std::span<T>(expected));
    const std::span<T> out = room.Last<T>(in.size());
    ByteSwap(std::span<const T>(in), out);
    ASSERT_TRUE(std::ranges::equal(out, expected)) << in.size();
    ByteSwap(std::span<const T>(in), in);
    ASSERT_TRUE(std::ranges::equal(in, expected)) << in.size();
  });
}

TEST_P(CodecTest, ByteOrderIsReversedAtEveryLengthAndInPlace) {
  Generator random(3);
  CheckByteSwap<uint16_t>(random);
  CheckByteSwap<uint32_t>(random);
  CheckByteSwap<uint64_t>(random);
}

TEST_P(CodecTest, ChecksumsAgreeWithTheReference) {
  // RFC 1071, section 3.
  const std::vector<uint8_t> example = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(InternetChecksum(example), 0xddf2);
  Generator random(4);
  ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
    random.Fill(data);
    if (random.Below(8) == 0) std::fill(data.begin(), data.end(), random.Below(2) == 0 ? 0 : 255);
    const uint16_t initial = static_cast<uint16_t>(random.Next());
    ASSERT_EQ(InternetChecksum(data, initial), reference::InternetChecksum(data, initial));
    ASSERT_EQ(InternetChecksum(data), reference::InternetChecksum(data, 0)) << data.size();
  });
}

TEST_P(CodecTest, LongChecksumsDoNotOverflow) {
  const std::vector<uint8_t> data(5 << 20, 0xFF);
  EXPECT_EQ(InternetChecksum(data), reference::InternetChecksum(data, 0));
}

}  // namespace
}  // namespace zokio::simd
