#include "mem/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

namespace zokio {
namespace {

TEST(Arena, AllocatesAlignedAndApart) {
  Arena arena;
  Random random(3);
  std::map<char*, size_t> live;
  for (int i = 0; i < 5000; ++i) {
    const size_t size = random.Below(50) == 0 ? random.Below(20'000) : random.Below(200);
    const size_t alignment = size_t{1} << random.Below(9);
    char* memory = static_cast<char*>(arena.Allocate(size, alignment));
    ASSERT_NE(memory, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(memory) % alignment, 0u);
    std::memset(memory, i, size);
    if (size == 0) continue;
    const auto next = live.lower_bound(memory);
    if (next != live.end()) {
      ASSERT_LE(memory + size, next->first);
    }
    if (next != live.begin()) {
      ASSERT_LE(std::prev(next)->first + std::prev(next)->second, memory);
    }
    live[memory] = size;
  }
}

// nullptr means exhaustion, and containers may ask for nothing.
TEST(Arena, NoBytesHaveAnAddressToo) {
  Arena fresh;
  EXPECT_NE(fresh.Allocate(0), nullptr);
  Arena other;
  EXPECT_NE(other.NewArray<int>(0), nullptr);
  Arena behind;
  ArenaResource resource(behind);
  resource.deallocate(resource.allocate(0), 0);
  Arena bounded(10);
  EXPECT_EQ(bounded.Allocate(0), nullptr);
}

struct Recorder {
  Recorder(std::vector<int>* into, int number) : log(into), id(number) {}
  ~Recorder() { log->push_back(id); }
  std::vector<int>* log;
  int id;
};

TEST(Arena, DestroysWhatItMadeLastFirst) {
  std::vector<int> log;
  {
    Arena arena;
    for (int i = 0; i < 3; ++i) arena.New<Recorder>(&log, i);
    arena.Reset();
    EXPECT_EQ(log, (std::vector<int>{2, 1, 0}));
    arena.New<Recorder>(&log, 9);
  }
  EXPECT_EQ(log.back(), 9);
  EXPECT_EQ(log.size(), 4u);
}

TEST(Arena, ARequestLikeTheLastOneTakesNothingFromTheSystem) {
  Arena arena;
  size_t reserved = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 1000; ++i) ASSERT_NE(arena.Allocate(50), nullptr);
    if (round == 2) reserved = arena.bytes_reserved();
    if (round > 2) {
      EXPECT_EQ(arena.bytes_reserved(), reserved);
    }
    arena.Reset();
  }
}

TEST(Arena, KeepsToItsLimitAndServesWhatStillFits) {
  Arena arena(8192);
  size_t served = 0;
  while (arena.Allocate(100, 1) != nullptr) served += 100;
  EXPECT_LE(arena.bytes_reserved(), 8192u);
  EXPECT_GE(served, 7000u);
  EXPECT_EQ(arena.Allocate(SIZE_MAX, 1), nullptr);
  EXPECT_EQ(arena.Allocate(100'000), nullptr);
  arena.Reset();
  EXPECT_NE(arena.Allocate(100), nullptr);
}

TEST(Arena, ExtendsOnlyTheLastAllocation) {
  Arena arena;
  char* first = static_cast<char*>(arena.Allocate(10, 1));
  EXPECT_TRUE(arena.TryExtend(first, 10, 100));
  std::memset(first, 1, 100);
  char* second = static_cast<char*>(arena.Allocate(10, 1));
  EXPECT_EQ(second, first + 100);
  EXPECT_FALSE(arena.TryExtend(first, 100, 120));
  EXPECT_FALSE(arena.TryExtend(second, 10, 1 << 20));
  EXPECT_TRUE(arena.TryExtend(second, 10, 5));
  EXPECT_EQ(arena.Allocate(1, 1), second + 5);
}

TEST(Arena, NewArrayIsZero) {
  Arena arena;
  std::memset(arena.Allocate(400), 0xFF, 400);
  arena.Reset();
  const int* values = arena.NewArray<int>(100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[i], 0);
  EXPECT_EQ(arena.NewArray<int>(SIZE_MAX / 2), nullptr);
}

TEST(Arena, HoldsStandardContainers) {
  Arena arena;
  ArenaResource resource(arena);
  {
    std::pmr::vector<std::pmr::string> words(&resource);
    for (int i = 0; i < 1000; ++i) {
      words.emplace_back("a word that is too long for the string itself: " + std::to_string(i));
    }
    EXPECT_TRUE(words[999].ends_with("999"));
  }
  EXPECT_GT(arena.bytes_reserved(), 50'000u);
  EXPECT_TRUE(resource.is_equal(resource));
  ArenaResource other(arena);
  EXPECT_FALSE(resource.is_equal(other));
}

TEST(Arena, FreedMemoryIsPoisoned) {
  if (!mem_internal::kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  Arena arena;
  char* memory = static_cast<char*>(arena.Allocate(64));
  EXPECT_FALSE(mem_internal::IsPoisoned(memory + 63));
  EXPECT_TRUE(mem_internal::IsPoisoned(memory + 64));
  arena.Reset();
  EXPECT_TRUE(mem_internal::IsPoisoned(memory));
}

}  // namespace
}  // namespace zokio
