#include "runtime/memory_hooks.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/mutex.h"
#include "base/thread.h"
#include "future/task.h"
#include "mem/allocator.h"
#include "mem/buffer.h"
#include "mem/memory_stats.h"
#include "runtime/runtime.h"
#include "sched/worker_hooks.h"

namespace zokio {
namespace {

template <typename Body>
void OnAnotherThread(Body body) {
  Result<Thread> thread = Thread::Start("other", std::move(body));
  ASSERT_TRUE(thread.ok());
  thread->Join();
}

TEST(MemoryHooks, ATickBringsHomeWhatOthersFreed) {
  internal::MemoryHooks hooks(nullptr);
  std::vector<void*> blocks(1000);
  for (void*& block : blocks) block = Allocate(500);
  int released = 0;
  Buffer buffer = Buffer::Adopt({}, [](void* count) { ++*static_cast<int*>(count); }, &released);
  const size_t live = MemoryStats::Collect().live_bytes;
  OnAnotherThread([&] {
    for (void* block : blocks) Free(block, 500);
    buffer = Buffer();
  });
  EXPECT_EQ(MemoryStats::Collect().live_bytes, live);
  EXPECT_EQ(released, 0);
  hooks.OnTick(0);
  EXPECT_LE(MemoryStats::Collect().live_bytes, live - 1000 * 500);
  EXPECT_EQ(released, 1);
}

TEST(MemoryHooks, AnIdleWorkerGivesMemoryBackUnlessToldNotTo) {
  for (const bool decay : {false, true}) {
    internal::MemoryHooks hooks(nullptr, decay);
    std::vector<void*> blocks(1000);
    for (void*& block : blocks) block = Allocate(500);
    for (void* block : blocks) Free(block, 500);
    EXPECT_GT(MemoryStats::Collect().cached_bytes, 0u);
    hooks.OnIdle(0);
    EXPECT_EQ(MemoryStats::Collect().cached_bytes == 0, decay);
  }
}

// Of its user, which is told last: by then the memory has gone.
struct IdleProbe final : WorkerHooks {
  void OnIdle(int) override {
    const MemoryStats stats = MemoryStats::Collect();
    MutexLock lock(mutex);
    cached_bytes = stats.cached_bytes;
    reusable_bytes = stats.reusable_bytes;
    if (reusable_bytes > 0) seen.NotifyAll();  // the worker that had allocated
  }
  Mutex mutex;
  CondVar seen;
  size_t cached_bytes = 1;
  size_t reusable_bytes = 0;
};

TEST(MemoryHooks, ARuntimesIdleWorkerHasGivenItsMemoryBack) {
  IdleProbe probe;
  Runtime runtime({.workers = 1, .hooks = &probe, .idle_period = std::chrono::milliseconds(10)});
  runtime.BlockOn([]() -> Task<void> {
    std::vector<void*> blocks(10'000);
    for (void*& block : blocks) block = Allocate(500);
    for (void* block : blocks) Free(block, 500);
    co_return;
  });
  MutexLock lock(probe.mutex);
  while (probe.reusable_bytes == 0) probe.seen.Wait(lock);
  EXPECT_EQ(probe.cached_bytes, 0u);
}

}  // namespace
}  // namespace zokio
