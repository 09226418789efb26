#include "mem/frame_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/thread.h"
#include "mem/internal/sanitizer.h"
#include "mem/testing/coroutine_life.h"

namespace zokio {
namespace {

constexpr bool kPooled = !mem_internal::kAddressSanitizer && !mem_internal::kThreadSanitizer;

TEST(FramePool, ServesEverySizeAligned) {
  for (size_t size : {0, 1, 16, 17, 1024, 1025, 16'384, 16'385, 1 << 20}) {
    void* block = FramePool::Allocate(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
    std::memset(block, 0xA5, size);
    FramePool::Free(block, size);
  }
}

TEST(FramePool, CountsReuseWhenPooledAndTheSystemWhenNot) {
  FramePool::Free(FramePool::Allocate(700), 700);
  const FramePoolStats before = FramePool::ThreadStats();
  for (int i = 0; i < 100; ++i) FramePool::Free(FramePool::Allocate(700), 700);
  const FramePoolStats after = FramePool::ThreadStats();
  EXPECT_EQ(after.allocations - before.allocations, 100u);
  EXPECT_EQ(after.reused - before.reused, kPooled ? 100u : 0u);
  EXPECT_EQ(after.system_allocations - before.system_allocations, kPooled ? 0u : 100u);
}

TEST(FramePool, LargeBlocksComeFromTheSystem) {
  const FramePoolStats before = FramePool::ThreadStats();
  FramePool::Free(FramePool::Allocate(100'000), 100'000);
  EXPECT_EQ(FramePool::ThreadStats().system_allocations - before.system_allocations, 1u);
}

TEST(FramePool, RemoteFreesReturnByDrainAndFlush) {
  std::vector<void*> blocks;
  for (int i = 0; i < 70; ++i) blocks.push_back(FramePool::Allocate(48));
  const FramePoolStats before = FramePool::ThreadStats();
  {
    Result<Thread> thread = Thread::Start("frees", [&] {
      for (void* block : blocks) FramePool::Free(block, 48);
      FramePool::DrainRemote();  // sends what was batched
      FramePool::FlushThread();
    });
    ASSERT_TRUE(thread.ok());
  }
  FramePool::DrainRemote();
  const FramePoolStats after = FramePool::ThreadStats();
  EXPECT_EQ(after.remote_frees - before.remote_frees, kPooled ? 70u : 0u);
}

void AllocateUnderALimit() {
  rlimit limit;
  limit.rlim_cur = limit.rlim_max = 64u << 20;
  setrlimit(RLIMIT_AS, &limit);
  for (int i = 0; i < 100'000; ++i) {
    if (FramePool::TryAllocate(16'000) == nullptr) FramePool::Allocate(16'000);
  }
}

TEST(FramePoolDeathTest, ExhaustionSaysHowMuchWasAskedFor) {
  if (!kPooled) GTEST_SKIP() << "a sanitizer's mappings do not fit under an address limit";
  EXPECT_DEATH(AllocateUnderALimit(), "no memory for a frame of 16000 bytes");
}

// What the pool is for: coroutines whose frames come from it.
TEST(FramePool, HoldsCoroutineFrames) {
  uint64_t sum = 0;
  using Frame = mem_testing::Coroutine<mem_testing::PooledFrames>;
  std::vector<Frame> lives;
  for (int i = 0; i < 1000; ++i) {
    lives.push_back(mem_testing::AddOne<mem_testing::PooledFrames>(&sum));
  }
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(sum, 0u);
    for (Frame& life : lives) life.handle.resume();
  }
  for (Frame& life : lives) life.handle.destroy();
  EXPECT_EQ(sum, 1000u);
}

}  // namespace
}  // namespace zokio
