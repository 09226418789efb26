#include "mem/stack_pool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <vector>

#include "base/random.h"
#include "base/thread.h"

namespace zokio {
namespace {

constexpr size_t kPage = 4096;
constexpr bool kSanitized = mem_internal::kAddressSanitizer || mem_internal::kThreadSanitizer;

std::unique_ptr<StackPool> MakePool(StackPoolOptions options) {
  Result<std::unique_ptr<StackPool>> pool = StackPool::Create(options);
  ZOKIO_CHECK(pool.ok(), "no pool");
  return *std::move(pool);
}

// Whether touching `address` kills, tried in a child.
bool Faults(char* address) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    *const_cast<volatile char*>(address) = 1;
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

size_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  size_t total = 0;
  size_t resident = 0;
  EXPECT_EQ(std::fscanf(file, "%zu %zu", &total, &resident), 2);
  std::fclose(file);
  return resident * kPage;
}

// With markers and with mprotect.
class StackPoolGuards : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    auto pool = MakePool({.stacks_max = 1, .marker_guards = GetParam()});
    if (GetParam() && !pool->Stats().marker_guards) {
      GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, StackPoolGuards, testing::Bool());

TEST_P(StackPoolGuards, EveryByteOfAStackIsUsableAndTheGuardBelowIsNot) {
  auto pool = MakePool({.stack_size = 20'000, .stacks_max = 200, .marker_guards = GetParam()});
  EXPECT_EQ(pool->Stats().marker_guards, GetParam());
  std::vector<StackSpan> stacks;
  for (int i = 0; i < 130; ++i) stacks.push_back(pool->Get());
  for (int i : {0, 1, 64, 129}) {
    const StackSpan stack = stacks[static_cast<size_t>(i)];
    ASSERT_TRUE(stack);
    EXPECT_EQ(stack.size, 20'480u);
    for (size_t offset = 0; offset < stack.size; ++offset) stack.begin[offset] = 1;
    EXPECT_TRUE(Faults(stack.begin - 1));
    EXPECT_TRUE(Faults(stack.begin - kPage));
  }
  for (StackSpan stack : stacks) pool->Put(stack);
}

TEST_P(StackPoolGuards, GuardsSurviveTrimAndReuse) {
  auto pool = MakePool({.stacks_max = 4, .marker_guards = GetParam()});
  StackSpan stack = pool->Get();
  stack.begin[0] = 1;
  pool->Put(stack);
  EXPECT_GT(pool->Trim(true), 0u);
  stack = pool->Get();
  EXPECT_TRUE(Faults(stack.begin - 1));
  EXPECT_EQ(stack.begin[0], 0);  // the page was given back
  pool->Put(stack);
}

TEST(StackPool, ReusesLastInFirstOut) {
  auto pool = MakePool({});
  StackCache cache(*pool);
  const StackSpan first = cache.Get();
  const StackSpan second = cache.Get();
  cache.Put(first);
  EXPECT_EQ(cache.Get().begin, first.begin);
  cache.Put(second);
  cache.Put(first);
}

TEST(StackPool, StopsAtItsLimit) {
  auto pool = MakePool({.stacks_max = 100});
  StackCache cache(*pool);
  std::set<char*> begins;
  std::vector<StackSpan> stacks;
  while (StackSpan stack = cache.Get()) {
    stacks.push_back(stack);
    begins.insert(stack.begin);
  }
  EXPECT_EQ(stacks.size(), 100u);
  EXPECT_EQ(begins.size(), 100u);
  EXPECT_FALSE(pool->Get());
  cache.Put(stacks.back());
  EXPECT_TRUE(cache.Get());
  for (StackSpan stack : stacks) cache.Put(stack);
}

TEST(StackPool, RejectsNonsense) {
  EXPECT_FALSE(StackPool::Create({.stack_size = 10}).ok());
  EXPECT_FALSE(StackPool::Create({.stacks_max = 0}).ok());
  EXPECT_EQ(StackPool::Create({.stack_size = size_t{1} << 60}).error().code(),
            ErrorCode::kOutOfRange);
  EXPECT_EQ(StackPool::Create({.stack_size = size_t{1} << 42}).error().code(),
            ErrorCode::kOutOfMemory);
}

TEST(StackPool, MprotectIsCappedBelowTheKernelsLimit) {
  auto pool = MakePool({.stack_size = kPage, .stacks_max = 1 << 20, .marker_guards = false});
  const uint32_t cap = pool->Stats().stacks_max;
  EXPECT_GT(cap, 1000u);
  EXPECT_LT(cap, 1u << 20);
}

TEST(StackPool, TrimKeepsTheUsualDepthAndReturnsTheRest) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's shadow blurs what is resident";
  auto pool = MakePool({.stack_size = 64 << 10, .stacks_max = 100});
  std::vector<StackSpan> stacks;
  for (int i = 0; i < 100; ++i) {
    stacks.push_back(pool->Get());
    const size_t depth = i == 50 ? 60 << 10 : 8 << 10;  // one of them went deep
    for (size_t used = kPage; used <= depth; used += kPage) stacks.back().end()[-used] = 1;
  }
  for (StackSpan stack : stacks) pool->Put(stack);
  EXPECT_EQ(pool->Trim(), (60u << 10) - (8u << 10));
  const StackPoolStats stats = pool->Stats();
  EXPECT_EQ(stats.depth_usual, 8u << 10);
  EXPECT_EQ(stats.depth_max, 60u << 10);
  EXPECT_EQ(pool->Trim(), 0u);
  EXPECT_EQ(pool->Trim(true), 100u * (8 << 10));
  EXPECT_EQ(pool->Stats().bytes_trimmed, 99u * (8 << 10) + (60 << 10));
}

TEST(StackPool, ThreadsExchangeStacks) {
  constexpr int kThreads = 4;
  auto pool = MakePool({.stack_size = 4 * kPage, .stacks_max = 4 * 400});
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    Result<Thread> thread = Thread::Start("stacks", [&, t] {
      StackCache cache(*pool);
      Random random(static_cast<uint64_t>(t) + 1);
      std::vector<StackSpan> mine;
      for (int step = 0; step < 5000; ++step) {
        if (mine.size() < 200 && random.Below(2) == 0) {
          mine.push_back(cache.Get());
          ASSERT_TRUE(mine.back());
          mine.back().end()[-1] = static_cast<char>(t);
        } else if (!mine.empty()) {
          ASSERT_EQ(mine.back().end()[-1], static_cast<char>(t));
          if (random.Below(50) == 0) {
            pool->Put(mine.back());
          } else {
            cache.Put(mine.back());
          }
          mine.pop_back();
        }
        if (step % 1000 == 0) pool->Trim();
      }
      for (StackSpan stack : mine) cache.Put(stack);
    });
    ASSERT_TRUE(thread.ok());
    threads.push_back(*std::move(thread));
  }
  threads.clear();
  const StackPoolStats stats = pool->Stats();
  EXPECT_EQ(stats.made, stats.pooled);
}

TEST(StackPool, HoldsAMillionGuardedStacks) {
  if (kSanitized) GTEST_SKIP() << "the shadow of 64 GiB does not fit";
  constexpr uint32_t kMillion = 1'000'000;
  auto pool = MakePool({.stack_size = 60 << 10, .stacks_max = kMillion});
  if (!pool->Stats().marker_guards) GTEST_SKIP() << "this kernel has no MADV_GUARD_INSTALL";
  StackCache cache(*pool);
  const size_t before = ResidentBytes();
  std::vector<StackSpan> stacks;
  stacks.reserve(kMillion);
  for (uint32_t i = 0; i < kMillion; ++i) {
    stacks.push_back(cache.Get());
    ASSERT_TRUE(stacks.back());
    // A page each would be 4 GiB: every 64th stands for the others.
    if (i % 64 == 0) stacks.back().end()[-1] = 1;
  }
  EXPECT_EQ(pool->Stats().made, kMillion);
  EXPECT_LT(ResidentBytes() - before, size_t{kMillion} / 64 * kPage + (64u << 20));
  for (uint32_t i : {kMillion - 1}) {
    const StackSpan stack = stacks[i];
    EXPECT_EQ(stack.end()[-1], i % 64 == 0 ? 1 : 0);
    EXPECT_TRUE(Faults(stack.begin - 1));
    EXPECT_FALSE(Faults(stack.begin));
  }
  for (StackSpan stack : stacks) cache.Put(stack);
}

TEST(StackPoolDeathTest, DiesWhenAStackIsStillOut) {
  EXPECT_DEATH(
      {
        auto pool = MakePool({});
        pool->Get();
      },
      "before all its stacks were put back");
}

}  // namespace
}  // namespace zokio
