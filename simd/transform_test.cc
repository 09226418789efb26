#include "simd/transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <vector>

#include "simd/testing/kernel_test.h"

namespace zokio::simd {
namespace {

using testing::ForEachLengthAndAlignment;
using testing::Generator;

class TransformTest : public testing::KernelTest {};
ZOKIO_SIMD_FOR_EACH_TARGET(TransformTest);

// Small whole numbers, so that floating-point sums are exact in any order.
template <class T>
void FillSmall(std::span<T> data, Generator& random) {
  for (T& element : data) element = static_cast<T>(random.Below(100));
}

template <class T, class Op>
void CheckUnary(const Op& op, Generator& random) {
  std::vector<T> expected;
  std::vector<T> out;
  ForEachLengthAndAlignment<T>([&](std::span<T> in) {
    FillSmall(in, random);
    expected.assign(in.size(), T{});
    for (size_t i = 0; i < in.size(); ++i) expected[i] = static_cast<T>(op(in[i]));
    out.assign(in.size() + 1, T{77});
    Transform(in, out, op);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), out.begin())) << in.size();
    ASSERT_EQ(out.back(), T{77});
    Transform(in, in, op);  // in place
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), in.begin())) << in.size();
  });
}

TEST_P(TransformTest, EveryElementTypeAtEveryLengthAndAlignment) {
  Generator random(1);
  const auto op = [](auto x) { return x * 3 + 1; };
  CheckUnary<uint8_t>(op, random);
  CheckUnary<int16_t>(op, random);
  CheckUnary<int32_t>(op, random);
  CheckUnary<uint64_t>(op, random);
  CheckUnary<float>(op, random);
  CheckUnary<double>(op, random);
}

TEST_P(TransformTest, TwoInputsAndInPlaceOverEither) {
  Generator random(2);
  const auto op = [](auto a, auto b) { return a * 2 - b; };
  std::vector<int32_t> b;
  std::vector<int32_t> expected;
  ForEachLengthAndAlignment<int32_t>([&](std::span<int32_t> a) {
    random.Fill(a);
    for (int32_t& x : a) x >>= 4;
    b.assign(a.rbegin(), a.rend());
    expected.resize(a.size());
    for (size_t i = 0; i < a.size(); ++i) expected[i] = op(a[i], b[i]);
    Transform(a, b, b, op);
    ASSERT_EQ(b, expected);
    b.assign(a.rbegin(), a.rend());
    Transform(a, b, a, op);
    ASSERT_TRUE(std::equal(a.begin(), a.end(), expected.begin()));
  });
}

TEST_P(TransformTest, TheVocabularyMeansTheSameForPacksAndValues) {
  std::vector<int32_t> in;
  for (int32_t i = -40; i < 41; ++i) in.push_back(i * 1000003);
  const auto check = [&](const auto& op) {
    std::vector<int32_t> out(in.size());
    Transform(in, out, op);
    for (size_t i = 0; i < in.size(); ++i) EXPECT_EQ(out[i], op(in[i])) << i;
  };
  check([](auto x) { return (x & 0xFF0F) | (x ^ 0x55); });
  check([](auto x) { return ~x; });
  check([](auto x) { return (x >> 3) + (x / 7); });
  check([](auto x) { return (x & 0xFFFF) << 2; });
  check([](auto x) { return Abs(x); });
  check([](auto x) { return -x; });
  check([](auto x) { return Min(x, decltype(x)(5)) + Max(x / 2, decltype(x)(-9)); });
  check([](auto x) { return Select(x < 0, x + 1, x - 1); });
  check([](auto x) { return Select((x >= -1000003) & (x <= 1000003), x, decltype(x)(0)); });
  check([](auto x) { return Select((x == 0) | (x != x), x + 7, x); });
  check([](auto x) { return Select(!(x > 0), x, x * 2); });
}

template <class T, class Op>
void CheckReduce(T identity, const Op& op, Generator& random) {
  ForEachLengthAndAlignment<T>([&](std::span<T> in) {
    FillSmall(in, random);
    T expected = identity;
    for (const T element : in) expected = static_cast<T>(op(expected, element));
    ASSERT_EQ(Reduce(in, identity, op), expected) << in.size();
  });
}

TEST_P(TransformTest, SumsMinimaAndMaximaOfEveryElementType) {
  Generator random(3);
  const auto sum = [](auto a, auto b) { return a + b; };
  const auto min = [](auto a, auto b) { return Min(a, b); };
  const auto max = [](auto a, auto b) { return Max(a, b); };
  CheckReduce<uint8_t>(0, sum, random);
  CheckReduce<int32_t>(0, sum, random);
  CheckReduce<float>(0, sum, random);
  CheckReduce<double>(0, sum, random);
  CheckReduce<uint64_t>(std::numeric_limits<uint64_t>::max(), min, random);
  CheckReduce<int16_t>(std::numeric_limits<int16_t>::min(), max, random);
  CheckReduce<uint32_t>(0, [](auto a, auto b) { return a ^ b; }, random);
}

TEST_P(TransformTest, UnsignedMinimaSeeTheTopBit) {
  for (size_t at = 0; at < 100; ++at) {
    std::vector<uint64_t> in(100, UINT64_MAX);
    in[at] = uint64_t{1} << 63;
    EXPECT_EQ(Reduce(in, UINT64_MAX, [](auto a, auto b) { return Min(a, b); }), uint64_t{1} << 63);
  }
}

TEST_P(TransformTest, MappedSumsNeverCountThePadding) {
  // A map under which the identity does not stay what it is.
  for (size_t n = 0; n < 200; ++n) {
    const std::vector<int32_t> wide(n, 2);
    const std::vector<uint8_t> narrow(n, 2);
    const auto map = [](auto x) { return x * 5 + 1; };
    const auto sum = [](auto a, auto b) { return a + b; };
    EXPECT_EQ(TransformReduce(wide, 0, map, sum), static_cast<int32_t>(11 * n));
    EXPECT_EQ(TransformReduce(narrow, uint8_t{0}, map, sum), static_cast<uint8_t>(11 * n));
  }
}

TEST_P(TransformTest, CapturesReachTheOperation) {
  const int32_t factor = 3;
  std::vector<int32_t> data(1000);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<int32_t>(i);
  Transform(data, data, [factor](auto x) { return x * factor; });
  EXPECT_EQ(data[999], 2997);
}

TEST(TransformDeathTest, ShortOutputIsABrokenContract) {
  const std::array<int, 3> in = {};
  std::array<int, 2> out = {};
  EXPECT_DEATH(Transform(in, out, [](auto x) { return x; }), "out too short");
}

}  // namespace
}  // namespace zokio::simd
