#include "mem/internal/frame_heap.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"

namespace zokio::mem_internal {
namespace {

struct Block {
  char* bytes;
  size_t size;
  char stamp;
};

Block AllocateStamped(size_t size, char stamp) {
  char* bytes = static_cast<char*>(FrameHeap::Allocate(size));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % 16, 0u);
  std::memset(bytes, stamp, size);
  return {bytes, size, stamp};
}

bool Intact(const Block& block) {
  for (size_t i = 0; i < block.size; ++i) {
    if (block.bytes[i] != block.stamp) return false;
  }
  return true;
}

void FreeChecked(const Block& block) {
  EXPECT_TRUE(Intact(block));
  FrameHeap::Free(block.bytes, block.size);
}

void OnThread(std::function<void()> body) {
  Result<Thread> thread = Thread::Start("frames", std::move(body));
  ASSERT_TRUE(thread.ok());
}

TEST(FrameClass, HoldsItsSizesAndWastesAtMostANinthAbove1KiB) {
  uint32_t last = 0;
  for (size_t size = 1; size <= kFrameSizeMax; ++size) {
    const uint32_t size_class = FrameClassOf(size);
    ASSERT_LT(size_class, kFrameClasses);
    ASSERT_GE(size_class, last);
    ASSERT_LE(size_class, last + 1);
    last = size_class;
    const size_t rounded = FrameClassSize(size_class);
    ASSERT_GE(rounded, size);
    ASSERT_EQ(FrameClassOf(rounded), size_class);
    ASSERT_EQ(rounded % 16, 0u);
    ASSERT_LT(rounded - size, size <= 1024 ? 16 : size / 8 + 1) << size;
  }
  EXPECT_EQ(last, kFrameClasses - 1);
  EXPECT_EQ(FrameClassSize(FrameClassOf(0)), 16u);
}

TEST(FrameHeap, HandsOutTheBlockFreedLast) {
  Block block = AllocateStamped(200, 1);
  FreeChecked(block);
  Block again = AllocateStamped(193, 2);  // the same class
  EXPECT_EQ(again.bytes, block.bytes);
  FreeChecked(again);
}

TEST(FrameHeap, SteadyStateCarvesNothing) {
  std::vector<Block> blocks;
  FrameHeapStats warm{};
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 1000; ++i) blocks.push_back(AllocateStamped(16 + i * 2, 3));
    for (const Block& block : blocks) FreeChecked(block);
    blocks.clear();
    if (round == 0) warm = FrameHeap::Current().Stats();
  }
  const FrameHeapStats now = FrameHeap::Current().Stats();
  EXPECT_EQ(now.allocations - warm.allocations, 19'000u);
  EXPECT_EQ(now.reused - warm.reused, 19'000u);
  EXPECT_EQ(now.chunks, warm.chunks);
}

// Against a map of what lives: no two blocks overlap, each keeps its bytes.
TEST(FrameHeap, RandomOperationsKeepBlocksApartAndIntact) {
  Random random(42);
  std::map<char*, Block> live;
  for (int step = 0; step < 60'000; ++step) {
    if (live.empty() || (live.size() < 2000 && random.Below(100) < 52)) {
      const uint32_t bound = random.Below(8) == 0 ? kFrameSizeMax + 1 : 1500;
      Block block = AllocateStamped(random.Below(bound), static_cast<char>(step));
      auto next = live.lower_bound(block.bytes);
      if (next != live.end()) {
        ASSERT_GE(next->first, block.bytes + block.size);
      }
      if (next != live.begin()) {
        const Block& before = std::prev(next)->second;
        ASSERT_GE(block.bytes, before.bytes + before.size);
      }
      ASSERT_TRUE(live.emplace(block.bytes, block).second);
    } else {
      auto victim = live.lower_bound(live.begin()->first + random.Below(1u << 21));
      if (victim == live.end()) victim = live.begin();
      FreeChecked(victim->second);
      live.erase(victim);
    }
  }
  for (auto& [bytes, block] : live) FreeChecked(block);
}

TEST(FrameHeap, BlocksFreedElsewhereComeBackToTheirOwner) {
  FrameHeap::Current().DrainRemote();
  constexpr int kBlocks = 1000;
  std::vector<Block> blocks;
  for (int i = 0; i < kBlocks; ++i) blocks.push_back(AllocateStamped(112, 5));
  const FrameHeapStats before = FrameHeap::Current().Stats();
  OnThread([&] {
    for (const Block& block : blocks) FreeChecked(block);
  });  // the thread's end sends the last batch
  FrameHeap::Current().DrainRemote();
  EXPECT_EQ(FrameHeap::Current().Stats().remote_frees - before.remote_frees, 1000u);
  for (Block& block : blocks) block = AllocateStamped(112, 6);
  const FrameHeapStats after = FrameHeap::Current().Stats();
  EXPECT_EQ(after.reused - before.reused, 1000u);
  EXPECT_EQ(after.chunks, before.chunks);
  for (const Block& block : blocks) FreeChecked(block);
}

TEST(FrameHeap, AllocationTakesBackByItselfWhenTheMagazineIsDry) {
  std::vector<Block> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(AllocateStamped(9000, 5));
  const FrameHeapStats before = FrameHeap::Current().Stats();
  OnThread([&] {
    for (const Block& block : blocks) FreeChecked(block);
  });
  for (Block& block : blocks) block = AllocateStamped(9000, 6);
  EXPECT_EQ(FrameHeap::Current().Stats().reused - before.reused, 100u);
  for (const Block& block : blocks) FreeChecked(block);
}

TEST(FrameHeap, TheNextThreadReusesWhatAnEndedOneLeft) {
  FrameHeap* first = nullptr;
  FrameHeap* second = nullptr;
  FrameHeapStats stats{};
  Block outlives{};
  OnThread([&] {
    std::vector<Block> blocks;
    for (int i = 0; i < 500; ++i) blocks.push_back(AllocateStamped(300, 7));
    outlives = AllocateStamped(300, 8);
    for (const Block& block : blocks) FreeChecked(block);
    first = &FrameHeap::Current();
  });
  FreeChecked(outlives);  // its heap has no thread now
  FrameHeap::Current().DrainRemote();
  OnThread([&] {
    std::vector<Block> blocks;
    for (int i = 0; i < 501; ++i) blocks.push_back(AllocateStamped(300, 9));
    second = &FrameHeap::Current();
    stats = second->Stats();
    for (const Block& block : blocks) FreeChecked(block);
  });
  EXPECT_EQ(first, second);
  EXPECT_EQ(stats.reused, 501u);
  EXPECT_EQ(stats.chunks, 0u);
}

TEST(FrameHeap, ThreadsThatComeAndGoLeaveNothingBehind) {
  FrameHeap* heap = nullptr;
  for (int i = 0; i < 200; ++i) {
    OnThread([&] {
      FreeChecked(AllocateStamped(4000, 1));
      if (heap == nullptr) heap = &FrameHeap::Current();
      EXPECT_EQ(heap, &FrameHeap::Current());
      EXPECT_LE(FrameHeap::Current().Stats().chunks, 1u);
    });
  }
}

pthread_key_t late_key;
int late_calls = 0;

void UsePoolLate(void* block) {
  FrameHeap::Free(block, 64);
  Block another = AllocateStamped(80, 4);
  FreeChecked(another);
  ++late_calls;
}

TEST(FrameHeap, ServesAThreadThatHasAlreadyFlushed) {
  FreeChecked(AllocateStamped(64, 1));  // the pool's own key is made first, so runs first
  ASSERT_EQ(pthread_key_create(&late_key, &UsePoolLate), 0);
  OnThread([] { pthread_setspecific(late_key, AllocateStamped(64, 1).bytes); });
  EXPECT_EQ(late_calls, 1);
  pthread_key_delete(late_key);

  OnThread([] {
    Block block = AllocateStamped(64, 2);
    FrameHeap::FlushThread();
    FrameHeap::FlushThread();  // twice does nothing
    FreeChecked(block);
    FreeChecked(AllocateStamped(64, 3));
  });
}

TEST(FrameHeap, ThreadsAtTheirEndPassHeapsToEachOther) {
  FreeChecked(AllocateStamped(64, 1));
  const auto use_pool_late = [](void* block) {
    FrameHeap::Free(block, 64);
    for (int i = 0; i < 1000; ++i) FreeChecked(AllocateStamped(80, 4));
  };
  ASSERT_EQ(pthread_key_create(&late_key, use_pool_late), 0);
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    Result<Thread> thread =
        Thread::Start("late", [] { pthread_setspecific(late_key, AllocateStamped(64, 1).bytes); });
    ASSERT_TRUE(thread.ok());
    threads.push_back(*std::move(thread));
  }
  threads.clear();
  pthread_key_delete(late_key);
}

TEST(FrameHeap, TheChildOfAForkGoesOnWithItsThreadsHeap) {
  Block before = AllocateStamped(500, 1);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool good = Intact(before);
    FrameHeap::Free(before.bytes, before.size);
    Block block = AllocateStamped(500, 2);
    good = good && block.bytes == before.bytes && Intact(block);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  FreeChecked(before);
}

// Each block is allocated on one thread and freed, intact, most often on another.
TEST(FrameHeap, ThreadsExchangeBlocks) {
  constexpr int kThreads = 4;
  constexpr int kSteps = kThreadSanitizer || kAddressSanitizer ? 15'000 : 60'000;
  Mutex mutex;
  std::vector<Block> shared;
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    Result<Thread> started = Thread::Start("exchange", [&, t] {
      Random random(static_cast<uint64_t>(t) + 1);
      for (int step = 0; step < kSteps; ++step) {
        Block mine = AllocateStamped(1 + random.Below(600), static_cast<char>(step + t));
        Block theirs{};
        {
          MutexLock lock(mutex);
          shared.push_back(mine);
          if (shared.size() > 64) {
            const size_t victim = random.Below(static_cast<uint32_t>(shared.size()));
            theirs = shared[victim];
            shared[victim] = shared.back();
            shared.pop_back();
          }
        }
        if (theirs.bytes != nullptr) FreeChecked(theirs);
        if (step % 100 == 0) FrameHeap::Current().DrainRemote();
      }
    });
    ASSERT_TRUE(started.ok());
    threads.push_back(*std::move(started));
  }
  threads.clear();
  for (const Block& block : shared) FreeChecked(block);
}

TEST(FrameHeapDeathTest, AFreedBlockIsPoisoned) {
  if (!kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  Block block = AllocateStamped(100, 1);
  EXPECT_TRUE(IsPoisoned(block.bytes + 100));  // the tail of the class
  EXPECT_FALSE(IsPoisoned(block.bytes + 99));
  FrameHeap::Free(block.bytes, block.size);
  EXPECT_TRUE(IsPoisoned(block.bytes));
  EXPECT_DEATH(block.bytes[0] = 1, "use-after-poison");
  OnThread([] {
    Block remote = AllocateStamped(100, 1);
    OnThread([&] { FrameHeap::Free(remote.bytes, remote.size); });
    EXPECT_TRUE(IsPoisoned(remote.bytes + 50));
    FrameHeap::Current().DrainRemote();
    EXPECT_TRUE(IsPoisoned(remote.bytes));
  });
}

TEST(FrameHeap, WhatOnlyAPooledFrameHoldsIsNoLeak) {
  // LeakSanitizer looks at the end of the process: a block that nobody but a frame points to.
  static void** frame = nullptr;
  frame = static_cast<void**>(FrameHeap::Allocate(64));
  void** inner = static_cast<void**>(FrameHeap::Allocate(64));
  *frame = inner;
  *inner = new int(7);
  EXPECT_EQ(*static_cast<int*>(*inner), 7);
}

// Exits with 0 where allocation fails cleanly and goes on once something was freed.
[[noreturn]] void AllocateUnderALimit() {
  rlimit limit;
  limit.rlim_cur = limit.rlim_max = 64u << 20;
  setrlimit(RLIMIT_AS, &limit);
  void* last = nullptr;
  for (int i = 0; i < 100'000; ++i) {
    void* block = FrameHeap::Allocate(16'000);
    if (block == nullptr) {
      FrameHeap::Free(last, 16'000);
      _exit(FrameHeap::Allocate(16'000) == last ? 0 : 2);
    }
    last = block;
  }
  _exit(1);
}

TEST(FrameHeapDeathTest, ExhaustionAnswersNullAndIsSurvived) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "a sanitizer's own mappings do not fit under a limit of the address space";
  }
  EXPECT_EXIT(AllocateUnderALimit(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace zokio::mem_internal
