// What the kernel tests share: a fixture that runs each test once per target this machine has, and
// repeatable random data.
#ifndef ZOKIO_SIMD_TESTING_KERNEL_TEST_H_
#define ZOKIO_SIMD_TESTING_KERNEL_TEST_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "simd/targets.h"
#include "simd/testing/guarded_buffer.h"

namespace zokio::simd::testing {

// All lengths up to here are tried: more than four vectors of any target.
inline constexpr size_t kLengthMax = 300;
inline constexpr size_t kAlignments = 64;

class KernelTest : public ::testing::TestWithParam<Target> {
 protected:
  void SetUp() override { ASSERT_TRUE(ForceTarget(GetParam())); }
  void TearDown() override { ResetTarget(); }
};

inline std::string TargetParamName(const ::testing::TestParamInfo<Target>& info) {
  return TargetName(info.param);
}

// splitmix64: small, and the same everywhere.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  template <class T>
  void Fill(std::span<T> out) {
    for (T& element : out) element = static_cast<T>(Next());
  }

 private:
  uint64_t state_;
};

// Calls `check` for every length with every start alignment: behind a guard page, and (where the
// end decides the alignment) right in front of one. Past two vectors of every target, starts behind
// the page are tried for every eighth length.
template <class T, class Check>
void ForEachLengthAndAlignment(Check check) {
  constexpr size_t kSkips = kAlignments / sizeof(T);
  GuardedBuffer buffer((kLengthMax + kSkips) * sizeof(T));
  for (size_t length = 0; length <= kLengthMax; ++length) {
    check(buffer.Last<T>(length));
    if (length > 136 && length % 8 != 1) continue;
    for (size_t skip = 0; skip < kSkips; ++skip) check(buffer.First<T>(length, skip));
  }
}

}  // namespace zokio::simd::testing

#define ZOKIO_SIMD_FOR_EACH_TARGET(Fixture)                                         \
  INSTANTIATE_TEST_SUITE_P(EachTarget, Fixture,                                     \
                           ::testing::ValuesIn(::zokio::simd::Targets().supported), \
                           ::zokio::simd::testing::TargetParamName)

#endif  // ZOKIO_SIMD_TESTING_KERNEL_TEST_H_
