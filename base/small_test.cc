// AsymmetricFence, Check, Clock and Random: the seams with little in them.
#if defined(__linux__)
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <set>

#include "base/asymmetric_fence.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

TEST(CheckDeathTest, SaysWhereWhatAndWhy) {
  int one = 1;
  EXPECT_DEATH(ZOKIO_CHECK(one == 2, "one is not two"),
               "small_test.cc:[0-9]+: CHECK failed: one == 2 \\(one is not two\\)");
}

TEST(CheckTest, APassingCheckEvaluatesItsConditionOnce) {
  int calls = 0;
  ZOKIO_CHECK(++calls == 1, "once");
  EXPECT_EQ(calls, 1);
}

#if defined(__linux__)

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool kThreadSanitizer = false;
#endif

// What a program does that locks itself in after its start.
void SleepWhereMembarrierIsForbidden() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {.len = sizeof(rules) / sizeof(rules[0]), .filter = rules};
  ZOKIO_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new rights");
  ZOKIO_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "a filter");
  AsymmetricFence::SlowSide();
  std::exit(0);
}

TEST(AsymmetricFenceDeathTest, AFenceThatTheKernelTakesAwayIsNoSilentOne) {
  AsymmetricFence::Prepare();
  // ThreadSanitizer does not see such fences.
  const bool promised =
      !kThreadSanitizer &&
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  if (promised) {
    EXPECT_DEATH(SleepWhereMembarrierIsForbidden(), "membarrier was taken away");
  } else {
    EXPECT_EXIT(SleepWhereMembarrierIsForbidden(), testing::ExitedWithCode(0), "");
  }
}

#endif  // defined(__linux__)

TEST(ClockTest, MonotonicNeverGoesBack) {
  Instant last = Clock::Monotonic().Now();
  for (int i = 0; i < 1000; ++i) {
    Instant now = Clock::Monotonic().Now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(ClockTest, AddingStopsAtNever) {
  Instant now = Instant(Duration(5));
  EXPECT_EQ(SaturatingAdd(now, Duration(7)), Instant(Duration(12)));
  EXPECT_EQ(SaturatingAdd(now, Duration::max()), kNever);
  EXPECT_EQ(SaturatingAdd(kNever, Duration(1)), kNever);
  EXPECT_EQ(SaturatingAdd(now, Duration(-3)), Instant(Duration(2)));
}

TEST(RandomTest, ASeedGivesItsSequence) {
  Random a(1);
  Random b(1);
  Random c(2);
  uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
  EXPECT_EQ(first, 10451216379200822465u);  // splitmix64's published first output for seed 1
}

TEST(RandomTest, BelowStaysBelowAndReachesAll) {
  Random random(3);
  std::set<uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

}  // namespace
}  // namespace zokio
