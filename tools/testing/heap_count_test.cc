#include "tools/testing/heap_count.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/thread.h"
#include "gtest/gtest.h"

namespace zokio::testing {
namespace {

// Keeps the compiler from leaving an allocation out.
void Use(void* block) { asm volatile("" : : "r"(block) : "memory"); }

TEST(HeapCountTest, NothingAllocatedIsNothingCounted) {
  std::vector<int> numbers;
  numbers.reserve(10);
  HeapScope scope;
  for (int i = 0; i < 10; ++i) numbers.push_back(i);
  EXPECT_EQ(scope.allocations(), 0u);
  EXPECT_EQ(scope.frees(), 0u);
  EXPECT_EQ(scope.live_bytes(), 0);
}

TEST(HeapCountTest, PlantedAllocationIsCounted) {
  std::vector<int> numbers;
  numbers.reserve(10);
  HeapScope scope;
  for (int i = 0; i < 11; ++i) numbers.push_back(i);  // one too many
  EXPECT_EQ(scope.allocations(), 1u);
  EXPECT_EQ(scope.frees(), 1u);
  EXPECT_EQ(scope.live_blocks(), 0);
  EXPECT_GT(scope.live_bytes(), 0);
}

TEST(HeapCountTest, EveryWayToTheHeapCounts) {
  HeapScope scope;
  void* blocks[3] = {std::malloc(100), std::calloc(10, 10), ::operator new(100)};
  for (void* block : blocks) Use(block);
  EXPECT_EQ(scope.allocations(), 3u);
  EXPECT_EQ(scope.live_blocks(), 3);
  EXPECT_GE(scope.live_bytes(), 300);
  std::free(blocks[0]);
  std::free(blocks[1]);
  ::operator delete(blocks[2]);
  EXPECT_EQ(scope.live_blocks(), 0);
  EXPECT_EQ(scope.live_bytes(), 0);
}

TEST(HeapCountTest, AlignedBlocksCount) {
  if (!HeapCount::CountsAligned()) GTEST_SKIP() << "ThreadSanitizer hides aligned blocks";
  HeapScope scope;
  void* blocks[3] = {std::aligned_alloc(64, 128), nullptr,
                     ::operator new(128, std::align_val_t(64))};
  ASSERT_EQ(posix_memalign(&blocks[1], 64, 100), 0);
  for (void* block : blocks) Use(block);
  EXPECT_EQ(scope.live_blocks(), 3);
  EXPECT_GE(scope.live_bytes(), 356);
  std::free(blocks[0]);
  std::free(blocks[1]);
  ::operator delete(blocks[2], std::align_val_t(64));
  EXPECT_EQ(scope.live_blocks(), 0);
  EXPECT_EQ(scope.live_bytes(), 0);
}

TEST(HeapCountTest, ReallocIsBalanced) {
  HeapScope scope;
  void* block = std::malloc(10);
  Use(block);
  block = std::realloc(block, 100'000);
  Use(block);
  EXPECT_EQ(scope.live_blocks(), 1);
  EXPECT_GE(scope.live_bytes(), 100'000);
  std::free(block);
  EXPECT_EQ(scope.live_blocks(), 0);
  EXPECT_EQ(scope.live_bytes(), 0);
}

TEST(HeapCountTest, ThreadsCountForThemselvesAndForTheProcess) {
  HeapScope mine;
  HeapScope everybodys(HeapScope::Of::kProcess);
  uint64_t others = 0;
  Thread other = Thread::Start("other", [&] {
                   HeapScope scope;
                   for (int i = 0; i < 100; ++i) Use(std::make_unique<std::string>(99, 'x').get());
                   others = scope.allocations();
                 }).value();
  other.Join();
  EXPECT_EQ(others, 200u);
  EXPECT_LT(mine.allocations(), 20u);  // what starting a thread takes
  EXPECT_GE(everybodys.allocations(), 200u);
}

}  // namespace
}  // namespace zokio::testing
