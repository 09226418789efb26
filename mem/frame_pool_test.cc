#include "mem/frame_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <coroutine>
#include <cstring>
#include <vector>

#include "base/thread.h"
#include "mem/internal/sanitizer.h"

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

// What the pool is for: a coroutine whose frame comes from it.
struct Counting {
  struct promise_type {
    static void* operator new(size_t size) { return FramePool::Allocate(size); }
    static void operator delete(void* frame, size_t size) { FramePool::Free(frame, size); }
    Counting get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

[[gnu::noinline]] Counting AddTo(int* sum, int value) {
  *sum += value;
  co_await std::suspend_always();
  *sum += value;
}

TEST(FramePool, HoldsCoroutineFrames) {
  int sum = 0;
  std::vector<Counting> tasks;
  for (int i = 0; i < 1000; ++i) tasks.push_back(AddTo(&sum, i));
  for (Counting& task : tasks) task.handle.resume();
  for (Counting& task : tasks) task.handle.resume();
  for (Counting& task : tasks) task.handle.destroy();
  EXPECT_EQ(sum, 999 * 1000);
}

}  // namespace
}  // namespace zokio
