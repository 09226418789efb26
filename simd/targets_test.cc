#include "simd/targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace zokio::simd {
namespace {

TEST(TargetsTest, TheActiveTargetIsTheBestOfThoseSupported) {
  const TargetInfo info = Targets();
  ASSERT_FALSE(info.supported.empty());
  EXPECT_EQ(info.active, info.supported.front());
  EXPECT_TRUE(std::is_sorted(info.supported.rbegin(), info.supported.rend()));
}

#if defined(__x86_64__) && !defined(__AVX2__)
TEST(TargetsTest, SupportFollowsTheProcessor) {
  const TargetInfo info = Targets();
  const auto has = [&](Target target) {
    return std::find(info.supported.begin(), info.supported.end(), target) != info.supported.end();
  };
  EXPECT_TRUE(has(Target::kPortable));
  EXPECT_EQ(has(Target::kSse4), __builtin_cpu_supports("sse4.2") != 0);
  EXPECT_EQ(has(Target::kAvx2), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(has(Target::kAvx512), __builtin_cpu_supports("avx512bw") != 0);
  EXPECT_EQ(has(Target::kAvx512Dl), __builtin_cpu_supports("avx512vbmi2") != 0);
}
#endif

TEST(TargetsTest, ForcingChangesTheActiveTargetUntilReset) {
  const TargetInfo before = Targets();
  for (const Target target : before.supported) {
    ASSERT_TRUE(ForceTarget(target));
    EXPECT_EQ(Targets().active, target);
    EXPECT_EQ(Targets().supported, before.supported);
  }
  ResetTarget();
  EXPECT_EQ(Targets().active, before.active);
}

TEST(TargetsTest, ATargetOfAnotherArchitectureCannotBeForced) {
  const TargetInfo before = Targets();
#if defined(__x86_64__)
  EXPECT_FALSE(ForceTarget(Target::kNeon));
#else
  EXPECT_FALSE(ForceTarget(Target::kAvx2));
#endif
  EXPECT_EQ(Targets().active, before.active);
}

TEST(TargetsTest, NamesAreDistinct) {
  std::set<std::string> names;
  for (const Target target : {Target::kPortable, Target::kNeon, Target::kSse4, Target::kAvx2,
                              Target::kAvx512, Target::kAvx512Dl}) {
    EXPECT_TRUE(names.insert(TargetName(target)).second);
  }
}

}  // namespace
}  // namespace zokio::simd
