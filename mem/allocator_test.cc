#include "mem/allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/random.h"
#include "mem/internal/sanitizer.h"

namespace zokio {
namespace {

constexpr bool kPooled = !mem_internal::kAddressSanitizer && !mem_internal::kThreadSanitizer;

TEST(Allocator, ServesEverySizeSizedAndUnsized) {
  for (size_t size : {0, 1, 8, 9, 256, 257, 4096, 65'536, 65'537, 1 << 20, 9 << 20}) {
    for (bool sized : {true, false}) {
      void* block = Allocate(size);
      ASSERT_NE(block, nullptr);
      EXPECT_GE(UsableSize(block), size);
      std::memset(block, 0x5A, size);
      sized ? Free(block, size) : Free(block);
    }
  }
  Free(nullptr);
  Free(nullptr, 10);
}

TEST(Allocator, AlignsAsAsked) {
  for (size_t alignment = 1; alignment <= size_t{1} << 20; alignment *= 2) {
    for (size_t size : {1, 100, 1000, 5000, 70'000, 5'000'000}) {
      std::vector<void*> blocks;
      for (int i = 0; i < 3; ++i) {
        void* block = AllocateAligned(size, alignment);
        ASSERT_NE(block, nullptr) << size << " " << alignment;
        ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u) << size << " " << alignment;
        std::memset(block, i, size);
        blocks.push_back(block);
      }
      for (void* block : blocks) FreeAligned(block, size, alignment);
    }
  }
  EXPECT_EQ(AllocateAligned(100, size_t{1} << 21), nullptr);
  EXPECT_EQ(AllocateAligned(SIZE_MAX, 64), nullptr);
}

TEST(Allocator, NoBytesAreServedAsOne) {
  for (size_t alignment = 1; alignment <= 64; alignment *= 2) {
    void* block = AllocateAligned(0, alignment);
    ASSERT_NE(block, nullptr);
    EXPECT_LE(UsableSize(block), 64u);
    FreeAligned(block, 0, alignment);
  }
  for (size_t size : {1, 8, 1000, 100'000}) {
    void* block = Reallocate(Allocate(size), 0);
    ASSERT_NE(block, nullptr);
    EXPECT_LE(UsableSize(block), kPooled ? 8u : 100u);
    Free(block, 0);
  }
}

TEST(Allocator, RefusesTheImpossible) {
  if (!kPooled) GTEST_SKIP() << "AddressSanitizer's malloc aborts instead";
  EXPECT_EQ(Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(Allocate(SIZE_MAX / 2), nullptr);
  EXPECT_EQ(Allocate(size_t{1} << 48), nullptr);
  void* block = Allocate(100);
  EXPECT_EQ(Reallocate(block, SIZE_MAX), nullptr);
  Free(block, 100);
}

TEST(Allocator, ReallocateKeepsTheContents) {
  Random random(1);
  size_t size = 10;
  auto* block = static_cast<uint8_t*>(Reallocate(nullptr, size));
  for (size_t i = 0; i < size; ++i) block[i] = static_cast<uint8_t>(i);
  for (int step = 0; step < 600; ++step) {
    const size_t grown = random.Below(20) == 0 ? random.Below(6 << 20) : 1 + random.Below(3000);
    block = static_cast<uint8_t*>(Reallocate(block, grown));
    ASSERT_NE(block, nullptr);
    for (size_t i = 0; i < std::min(size, grown); i += 1 + i / 64) {
      ASSERT_EQ(block[i], static_cast<uint8_t>(i));
    }
    for (size_t i = 0; i < grown; i += 1 + i / 64) block[i] = static_cast<uint8_t>(i);
    size = grown;
  }
  Free(block, size);
}

TEST(Allocator, ReallocatesInPlaceWhereThereIsRoom) {
  if (!kPooled) GTEST_SKIP() << "pass-through to malloc";
  void* block = Allocate(1000);
  EXPECT_EQ(Reallocate(block, UsableSize(block)), block);
  EXPECT_EQ(Reallocate(block, 700), block);
  EXPECT_NE(Reallocate(block, 10), block);
  void* large = Allocate(100'000);
  EXPECT_EQ(Reallocate(large, 3'000'000), large);
  EXPECT_EQ(Reallocate(large, 70'000), large);
  Free(large, 70'000);
}

// A block that was shrunk in place may be freed by its new size, and serve that size's class then.
TEST(Allocator, ShrunkBlocksDoNotSpoilTheAlignmentOfOthers) {
  for (size_t small : {32, 64, 128, 256, 1024, 4096}) {
    std::vector<void*> blocks(40);
    for (void*& block : blocks) block = Reallocate(Allocate(small + small / 4), small);
    for (void* block : blocks) Free(block, small);
    for (void*& block : blocks) {
      block = AllocateAligned(small, small);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % small, 0u) << small;
    }
    for (void* block : blocks) FreeAligned(block, small, small);
  }
}

TEST(Allocator, AGrowingLargeBlockKeepsItsBytesAndItsSlots) {
  if (!kPooled) GTEST_SKIP() << "pass-through to malloc";
  for (int round = 0; round < 3; ++round) {
    size_t size = 100'000;
    auto* block = static_cast<uint32_t*>(Allocate(size));
    uint32_t filled = 0;
    for (; size < 100'000'000; size = size * 3 / 2) {
      block = static_cast<uint32_t*>(Reallocate(block, size));
      ASSERT_NE(block, nullptr);
      ASSERT_GE(UsableSize(block), size);
      for (uint32_t i = 0; i < filled; i += 511) ASSERT_EQ(block[i], i * 3);
      for (; filled < size / sizeof(uint32_t); ++filled) block[filled] = filled * 3;
      // Others take and write the slots that were given back.
      void* other = Allocate(2'000'000);
      std::memset(other, 0xEE, 2'000'000);
      Free(other, 2'000'000);
    }
    Free(block);
  }
}

// The kernel's flags of the mapping around `address`; empty where it does not tell.
std::string FlagsOf(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  bool around = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      const auto wanted = reinterpret_cast<uintptr_t>(address);
      around = begin <= wanted && wanted < end;
    } else if (around && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return "";
}

TEST(Allocator, HugePagesAreAskedForUnlessSwitchedOff) {
  if (!kPooled) GTEST_SKIP() << "pass-through to malloc";
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good() ||
      FlagsOf(&kPooled).empty()) {
    GTEST_SKIP() << "this kernel has no huge pages, or does not tell of whom they are asked for";
  }
  for (const bool use : {false, true, false}) {
    UseHugePages(use);
    void* large = Allocate(20 << 20);
    EXPECT_EQ(FlagsOf(large).find(" hg ") != std::string::npos, use) << FlagsOf(large);
    Free(large);
    // The first segment of a heap may be all it needs: the last one counts.
    std::vector<void*> blocks(30'000);
    for (void*& block : blocks) block = Allocate(1000);
    EXPECT_EQ(FlagsOf(blocks.back()).find(" hg ") != std::string::npos, use);
    for (void* block : blocks) Free(block, 1000);
    DecayMemory();
  }
  UseHugePages(true);
}

TEST(Allocator, DecayGivesFreeMemoryBack) {
  if (!kPooled) GTEST_SKIP() << "pass-through to malloc";
  std::vector<void*> blocks;
  for (int i = 0; i < 20'000; ++i) {
    blocks.push_back(Allocate(1000));
    std::memset(blocks.back(), 1, 1000);
  }
  for (void* block : blocks) Free(block, 1000);
  EXPECT_GT(DecayMemory(), 10u << 20);
  // What a cached span gives back counts once.
  void* large = Allocate(3'000'000);
  std::memset(large, 1, 3'000'000);
  Free(large, 3'000'000);
  const size_t returned = DecayMemory();
  EXPECT_GE(returned, 3'000'000u);
  EXPECT_LT(returned, 4'000'000u);
  EXPECT_EQ(DecayMemory(), 0u);
  DrainRemoteFrees();
  FlushThreadMemory();
  Free(Allocate(10), 10);
}

}  // namespace
}  // namespace zokio
