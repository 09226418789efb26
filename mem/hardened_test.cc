#include "mem/hardened.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "mem/strategy.h"

namespace zokio {
namespace {

class HardenedHeapTest : public testing::TestWithParam<bool> {
 protected:
  HardenedOptions Options() const { return {.guard_pages = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(GuardPages, HardenedHeapTest, testing::Bool());

TEST_P(HardenedHeapTest, ServesProperUse) {
  HardenedHeap heap({.quarantine_bytes = 100'000, .guard_pages = GetParam()});
  Random random(1);
  std::vector<std::pair<char*, size_t>> live;
  for (int step = 0; step < 1000; ++step) {
    if (live.size() < 50 && random.Below(2) == 0) {
      const size_t size = random.Below(3000);
      char* block = static_cast<char*>(heap.Allocate(size));
      ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 16, 0u);
      std::memset(block, step, size);
      live.emplace_back(block, size);
    } else if (!live.empty()) {
      heap.Free(live.back().first, live.back().second);
      live.pop_back();
    }
  }
  heap.Verify();
  EXPECT_EQ(heap.live_blocks(), live.size());
  for (auto& [block, size] : live) heap.Free(block, size);
  heap.Free(nullptr, 5);
  EXPECT_EQ(heap.Allocate(SIZE_MAX), nullptr);
}

using HardenedHeapDeathTest = HardenedHeapTest;
INSTANTIATE_TEST_SUITE_P(GuardPages, HardenedHeapDeathTest, testing::Bool());

TEST_P(HardenedHeapDeathTest, CatchesWrongFrees) {
  HardenedHeap heap(Options());
  char* block = static_cast<char*>(heap.Allocate(100));
  EXPECT_DEATH(heap.Free(block, 99), "wrong size: block .* of 100 bytes");
  EXPECT_DEATH(heap.Free(block + 16, 84), "never allocated");
  heap.Free(block, 100);
  EXPECT_DEATH(heap.Free(block, 100), "a double free");
}

TEST_P(HardenedHeapDeathTest, CatchesWritesAroundABlock) {
  HardenedHeap heap(Options());
  char* block = static_cast<char*>(heap.Allocate(100));
  EXPECT_DEATH(
      {
        block[-1] = 0;
        heap.Free(block, 100);
      },
      "a write before");
  EXPECT_DEATH(
      {
        block[100] = 0;
        heap.Verify();
      },
      "a write behind");
  heap.Free(block, 100);
}

TEST_P(HardenedHeapDeathTest, CatchesWritesAfterTheFree) {
  HardenedHeap heap(Options());
  char* block = static_cast<char*>(heap.Allocate(100));
  heap.Free(block, 100);
  EXPECT_DEATH(
      {
        block[50] = 0;
        heap.Verify();
      },
      GetParam() ? "" : "a write after the free");
}

HardenedHeap* aborted_heap = nullptr;

// As what prints a stack before the end would.
void AllocateAndExit(int) {
  void* block = aborted_heap->Allocate(10);
  aborted_heap->Free(block, 10);
  _exit(block == nullptr ? 1 : 3);
}

TEST_P(HardenedHeapDeathTest, AHandlerOfTheAbortMayAllocate) {
  HardenedHeap heap(Options());
  aborted_heap = &heap;
  char* block = static_cast<char*>(heap.Allocate(100));
  EXPECT_EXIT(
      {
        alarm(60);  // rather than wait for ever
        std::signal(SIGABRT, &AllocateAndExit);
        heap.Free(block, 99);
      },
      testing::ExitedWithCode(3), "wrong size");
  EXPECT_EXIT(
      {
        alarm(60);
        std::signal(SIGABRT, &AllocateAndExit);
        block[-1] = 0;
        heap.Verify();
      },
      testing::ExitedWithCode(3), "a write before");
  heap.Free(block, 100);
}

TEST(HardenedHeapGuardDeathTest, AReadAfterTheFreeFaultsAtOnce) {
  HardenedHeap heap({.guard_pages = true});
  char* block = static_cast<char*>(heap.Allocate(64));
  heap.Free(block, 64);
  EXPECT_DEATH(
      {
        static_cast<void>(*const_cast<volatile char*>(block));
        std::exit(0);  // no death
      },
      "");
}

static_assert(AllocationStrategy<HardenedHeap>);

TEST(HardenedHeapGuardDeathTest, ATouchBehindTheBlockFaultsAtOnce) {
  HardenedHeap heap({.guard_pages = true});
  char* block = static_cast<char*>(heap.Allocate(64));
  EXPECT_DEATH(*const_cast<volatile char*>(block + 64) = 1, "");
  heap.Free(block, 64);
}

TEST(HardenedHeap, ReportsWhatWasForgotten) {
  testing::internal::CaptureStderr();
  {
    HardenedHeap heap;
    heap.Allocate(10);
    heap.Allocate(20);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "HardenedHeap: 2 blocks of 30 bytes still live at its end\n");
}

TEST(HardenedHeap, QuarantineKeepsAddressesFromComingBackAtOnce) {
  HardenedHeap heap({.quarantine_bytes = 100'000});
  void* first = heap.Allocate(100);
  heap.Free(first, 100);
  for (int i = 0; i < 500; ++i) {
    void* block = heap.Allocate(100);
    ASSERT_NE(block, first);
    heap.Free(block, 100);
  }
}

}  // namespace
}  // namespace zokio
