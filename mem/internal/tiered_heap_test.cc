#include "mem/internal/tiered_heap.h"

#include <gtest/gtest.h>
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
#include "mem/internal/segment_source.h"

namespace zokio::mem_internal {
namespace {

constexpr bool kSanitized = kThreadSanitizer || kAddressSanitizer;

struct Block {
  char* bytes;
  size_t size;
  char stamp;
};

void* Take(size_t size) {
  if (size > kMediumMax) return TieredHeap::AllocateLarge(size, 16);
  return TieredHeap::Allocate(ClassOf(size), size);
}

Block AllocateStamped(size_t size, char stamp) {
  char* bytes = static_cast<char*>(Take(size));
  EXPECT_NE(bytes, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % (size <= 8 ? 8 : 16), 0u);
  // The ends of a large block stand for all of it.
  const size_t edge = size <= kMediumMax ? size : 64;
  std::memset(bytes, stamp, edge);
  std::memset(bytes + size - edge, stamp, edge);
  return {bytes, size, stamp};
}

bool Intact(const Block& block) {
  const size_t edge = block.size <= kMediumMax ? block.size : 64;
  for (size_t i = 0; i < edge; ++i) {
    if (block.bytes[i] != block.stamp || block.bytes[block.size - 1 - i] != block.stamp) {
      return false;
    }
  }
  return true;
}

void FreeChecked(const Block& block) {
  EXPECT_TRUE(Intact(block));
  if (block.size > kMediumMax) return TieredHeap::FreeLarge(block.bytes);
  TieredHeap::Free(block.bytes, ClassOf(block.size));
}

void OnThread(std::function<void()> body) {
  Result<Thread> thread = Thread::Start("heap", std::move(body));
  ASSERT_TRUE(thread.ok());
}

size_t RandomSize(Random& random) {
  const uint32_t kind = random.Below(100);
  if (kind < 60) return 1 + random.Below(256);
  if (kind < 90) return 1 + random.Below(4096);
  if (kind < 99) return 1 + random.Below(kMediumMax);
  return kMediumMax + 1 + random.Below(kThreadSanitizer ? 100 << 10 : 6 << 20);
}

// Against a map of what lives: no two blocks overlap, each keeps its bytes.
void ChurnAgainstAModel(uint64_t seed, int steps, size_t live_max) {
  Random random(seed);
  std::map<char*, Block> live;
  for (int step = 0; step < steps; ++step) {
    if (live.empty() || (live.size() < live_max && random.Below(100) < 52)) {
      Block block = AllocateStamped(RandomSize(random), static_cast<char>(step));
      const auto next = live.lower_bound(block.bytes);
      if (next != live.end()) {
        ASSERT_GE(next->first, block.bytes + block.size);
      }
      if (next != live.begin()) {
        const Block& before = std::prev(next)->second;
        ASSERT_GE(block.bytes, before.bytes + before.size);
      }
      ASSERT_TRUE(live.emplace(block.bytes, block).second);
    } else {
      auto victim = live.lower_bound(live.begin()->first + random.Below(1u << 26));
      if (victim == live.end()) victim = live.begin();
      FreeChecked(victim->second);
      live.erase(victim);
    }
    if (step % 4001 == 0) TieredHeap::Current().Decay();
  }
  for (auto& [bytes, block] : live) FreeChecked(block);
}

TEST(TieredHeap, RandomOperationsKeepBlocksApartAndIntact) {
  ChurnAgainstAModel(42, kSanitized ? 4'000 : 25'000, 500);
}

TEST(TieredHeap, FillsAndEmptiesEveryClass) {
  for (uint32_t i = 0; i < kClasses; ++i) {
    std::vector<Block> blocks;
    const size_t count =
        std::min<size_t>(3000, (size_t{kSanitized ? 1 : 2} << 20) / kClassTable[i].size + 1);
    for (size_t k = 0; k < count; ++k) {
      blocks.push_back(AllocateStamped(kClassTable[i].size, static_cast<char>(k)));
    }
    for (const Block& block : blocks) FreeChecked(block);
  }
  TieredHeap::Current().Decay();
  for (uint32_t i = 0; i < kClasses; ++i) {
    EXPECT_EQ(TieredHeap::Current().ClassStats(i).run_bytes, 0u) << kClassTable[i].size;
  }
  EXPECT_LE(TieredHeap::Current().segments(), 1u);
}

TEST(TieredHeap, RefillsInTheOrderOfAddresses) {
  OnThread([] {
    std::vector<Block> blocks;
    for (int i = 0; i < 300; ++i) blocks.push_back(AllocateStamped(480, 1));
    int ascending = 0;
    for (size_t i = 1; i < blocks.size(); ++i) {
      ascending += blocks[i].bytes == blocks[i - 1].bytes + 480;
    }
    EXPECT_GT(ascending, 290);
    for (const Block& block : blocks) FreeChecked(block);
  });
}

TEST(TieredHeap, MagazinesServe95PercentOfAMixedLoad) {
  OnThread([] {
    Random random(3);
    std::vector<Block> live;
    for (int i = 0; i < 2000; ++i) live.push_back(AllocateStamped(1 + random.Below(256), 1));
    constexpr int kSteps = 50'000;
    const TieredHeapStats before = TieredHeap::Current().Stats();
    for (int step = 0; step < kSteps; ++step) {
      Block& block = live[random.Below(2000)];
      FreeChecked(block);
      block = AllocateStamped(1 + random.Below(256), 2);
    }
    const TieredHeapStats after = TieredHeap::Current().Stats();
    EXPECT_LT(static_cast<double>(after.refills - before.refills), 0.05 * kSteps);
    EXPECT_LT(static_cast<double>(after.flushes - before.flushes), 0.05 * kSteps);
    for (const Block& block : live) FreeChecked(block);
  });
}

TEST(TieredHeap, BlocksFreedElsewhereComeBack) {
  for (size_t size : {8, 16, 64, 4000, 60'000}) {
    const size_t count = size > 1000 ? 200 : 5000;
    std::vector<Block> blocks;
    for (size_t i = 0; i < count; ++i) blocks.push_back(AllocateStamped(size, 5));
    OnThread([&] {
      for (const Block& block : blocks) FreeChecked(block);
    });  // its end flushes
    TieredHeap& heap = TieredHeap::Current();
    heap.Decay();
    EXPECT_EQ(heap.ClassStats(ClassOf(size)).run_bytes, 0u) << size;
  }
}

TEST(TieredHeap, AThreadsEndLeavesNothingBehind) {
  OnThread([] { ChurnAgainstAModel(1, 500, 100); });
  const size_t taken = SegmentSource::bytes_taken();
  for (int i = 0; i < (kSanitized ? 5 : 30); ++i) {
    OnThread([i] { ChurnAgainstAModel(static_cast<uint64_t>(i), 300, 100); });
  }
  EXPECT_LE(SegmentSource::bytes_taken(), taken + kSegmentSize);
}

TEST(TieredHeap, LiveBlocksOutliveTheirThread) {
  std::vector<Block> blocks;
  OnThread([&] {
    for (int i = 0; i < 3000; ++i) blocks.push_back(AllocateStamped(100, static_cast<char>(i)));
    blocks.push_back(AllocateStamped(1 << 20, 9));
  });
  for (const Block& block : blocks) FreeChecked(block);
  TieredHeap::Current().Decay();
  OnThread([] {
    FreeChecked(AllocateStamped(100, 1));  // adopts the heap, and what came back to it
    TieredHeap::Current().Decay();
    EXPECT_EQ(TieredHeap::Current().ClassStats(ClassOf(100)).run_bytes, 0u);
  });
}

TEST(TieredHeap, ServesAThreadThatHasFlushed) {
  OnThread([] {
    Block block = AllocateStamped(64, 2);
    Block large = AllocateStamped(100'000, 2);
    TieredHeap::FlushThread();
    TieredHeap::FlushThread();
    FreeChecked(block);
    FreeChecked(large);
    FreeChecked(AllocateStamped(64, 3));
  });
}

// Each block is allocated on one thread and freed, intact, most often on another; threads end and
// others take over what they leave.
TEST(TieredHeap, ThreadsExchangeBlocks) {
  constexpr int kThreads = 4;
  constexpr int kGenerations = 3;
  constexpr int kSteps = kSanitized ? 2'000 : 10'000;
  Mutex mutex;
  std::vector<Block> shared;
  for (int generation = 0; generation < kGenerations; ++generation) {
    std::vector<Thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      Result<Thread> started = Thread::Start("exchange", [&, t] {
        Random random(static_cast<uint64_t>(generation * kThreads + t) + 1);
        for (int step = 0; step < kSteps; ++step) {
          const size_t size = random.Below(500) == 0 ? 70'000 : 1 + random.Below(600);
          Block mine = AllocateStamped(size, static_cast<char>(step + t));
          Block theirs{};
          {
            MutexLock lock(mutex);
            shared.push_back(mine);
            if (shared.size() > 500) {
              const size_t victim = random.Below(static_cast<uint32_t>(shared.size()));
              theirs = shared[victim];
              shared[victim] = shared.back();
              shared.pop_back();
            }
          }
          if (theirs.bytes != nullptr) FreeChecked(theirs);
          if (step % 1000 == 999) TieredHeap::Current().Decay();
        }
      });
      ASSERT_TRUE(started.ok());
      threads.push_back(*std::move(started));
    }
  }
  for (const Block& block : shared) FreeChecked(block);
}

TEST(TieredHeap, TheChildOfAForkGoesOn) {
  Block before = AllocateStamped(5000, 1);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool good = Intact(before);
    FreeChecked(before);
    ChurnAgainstAModel(9, 2000, 200);
    _exit(good && !testing::Test::HasFailure() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  FreeChecked(before);
}

TEST(TieredHeap, LargeSpansAreReusedAndResized) {
  OnThread([] {
    Block block = AllocateStamped(1 << 20, 1);
    FreeChecked(block);
    Block again = AllocateStamped((1 << 20) - 5000, 2);
    EXPECT_EQ(again.bytes, block.bytes);
    EXPECT_TRUE(LargeSpans::TryResize(again.bytes, 3 << 20));
    again.bytes[(3 << 20) - 1] = 7;
    EXPECT_GE(LargeSpans::UsableSize(again.bytes), size_t{3} << 20);
    EXPECT_FALSE(LargeSpans::TryResize(again.bytes, 9 << 20));
    EXPECT_TRUE(LargeSpans::TryResize(again.bytes, 100'000));
    EXPECT_LT(LargeSpans::UsableSize(again.bytes), 120'000u);
    TieredHeap::FreeLarge(again.bytes);
    EXPECT_GT(TieredHeap::Current().large_cached_bytes(), 0u);
    EXPECT_GT(TieredHeap::Current().Decay(), 0u);
    EXPECT_EQ(TieredHeap::Current().large_cached_bytes(), 0u);
  });
}

TEST(TieredHeap, FreedBlocksArePoisoned) {
  if (!kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  for (size_t size : {8, 100, 3000, 100'000}) {
    Block block = AllocateStamped(size, 1);
    EXPECT_FALSE(IsPoisoned(block.bytes + size - 1));
    if (size == 100) {
      EXPECT_TRUE(IsPoisoned(block.bytes + 104));
    }
    FreeChecked(block);
    EXPECT_TRUE(IsPoisoned(block.bytes));
  }
}

[[noreturn]] void AllocateUnderALimit() {
  rlimit limit;
  limit.rlim_cur = limit.rlim_max = 400u << 20;
  setrlimit(RLIMIT_AS, &limit);
  std::vector<void*> blocks;
  for (int i = 0; i < 1'000'000; ++i) {
    void* block = TieredHeap::Allocate(ClassOf(30'000), 30'000);
    if (block == nullptr) {
      if (TieredHeap::AllocateLarge(300 << 20, 16) != nullptr) _exit(3);
      TieredHeap::Free(blocks.back(), ClassOf(30'000));
      _exit(TieredHeap::Allocate(ClassOf(30'000), 30'000) == blocks.back() ? 0 : 2);
    }
    blocks.push_back(block);
  }
  _exit(1);
}

TEST(TieredHeapDeathTest, ExhaustionAnswersNullAndIsSurvived) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "a sanitizer's own mappings do not fit under a limit of the address space";
  }
  EXPECT_EXIT(AllocateUnderALimit(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace zokio::mem_internal
