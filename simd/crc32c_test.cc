#include "simd/crc32c.h"

#include <gtest/gtest.h>

#include <vector>

#include "simd/find.h"
#include "simd/reference.h"
#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

class Crc32cTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(Crc32cTest);

TEST_P(Crc32cTest, KnownAnswers) {
  EXPECT_EQ(Crc32c(AsBytes("")), 0u);
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xE3069283u);
  // RFC 3720, B.4.
  EXPECT_EQ(Crc32c(std::vector<uint8_t>(32, 0x00)), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::vector<uint8_t>(32, 0xFF)), 0x62A8AB43u);
  std::vector<uint8_t> ascending(32);
  for (uint8_t i = 0; i < 32; ++i) ascending[i] = i;
  EXPECT_EQ(Crc32c(ascending), 0x46DD794Eu);
}

TEST_P(Crc32cTest, AgreesWithTheReferenceAtEveryLengthAndAlignment) {
  testing::Generator random(1);
  testing::ForEachLengthAndAlignment<uint8_t>([&](std::span<uint8_t> data) {
    random.Fill(data);
    const uint32_t start = static_cast<uint32_t>(random.Next());
    ASSERT_EQ(Crc32c(data, start), reference::Crc32c(data, start)) << data.size();
  });
}

TEST_P(Crc32cTest, AgreesWithTheReferenceOnLongInput) {
  testing::Generator random(2);
  for (size_t length = 301; length < 20000; length += 1 + length / 9) {
    testing::GuardedBuffer buffer(length);
    const std::span<uint8_t> data = buffer.Last(length);
    random.Fill(data);
    ASSERT_EQ(Crc32c(data), reference::Crc32c(data, 0)) << length;
  }
}

TEST_P(Crc32cTest, PiecesJoinToTheWhole) {
  testing::Generator random(3);
  std::vector<uint8_t> data(5000);
  random.Fill(std::span(data));
  const uint32_t whole = Crc32c(data);
  for (size_t cut = 0; cut <= data.size(); cut += 37) {
    const std::span<const uint8_t> all(data);
    ASSERT_EQ(Crc32c(all.subspan(cut), Crc32c(all.first(cut))), whole) << cut;
  }
}

}  // namespace
}  // namespace zokio::simd
