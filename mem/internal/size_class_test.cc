#include "mem/internal/size_class.h"

#include <gtest/gtest.h>

#include <array>

namespace zokio::mem_internal {
namespace {

TEST(SizeClass, EachSizeGetsTheSmallestClassThatHoldsIt) {
  for (size_t size = 0; size <= kMediumMax; ++size) {
    const uint32_t size_class = ClassOf(size);
    ASSERT_LT(size_class, kClasses);
    ASSERT_GE(ClassSize(size_class), size);
    if (size_class > 0) {
      ASSERT_LT(ClassSize(size_class - 1), size);
    }
  }
  EXPECT_EQ(ClassSize(ClassOf(kMediumMax)), kMediumMax);
}

TEST(SizeClass, WastesLessThan5PercentAbove256BytesOnAverage) {
  for (size_t low = kSmallMax; low < kMediumMax; low *= 2) {
    double asked = 0;
    double given = 0;
    for (size_t size = low + 1; size <= 2 * low; ++size) {
      asked += static_cast<double>(size);
      given += static_cast<double>(ClassSize(ClassOf(size)));
    }
    EXPECT_LT((given - asked) / given, 0.05) << low;
  }
}

TEST(SizeClass, RunsHoldEnoughBlocksAndWasteLittle) {
  for (uint32_t i = 0; i < kClasses; ++i) {
    const ClassInfo& info = kClassTable[i];
    const size_t bytes = kRunPage << info.run_order;
    EXPECT_LE(info.blocks, kRunBlocksMax);
    EXPECT_GE(info.blocks, 8u);
    EXPECT_LE(size_t{info.blocks} * info.size, bytes);
    // Blocks of 8 bytes reach the limit of the bitmap first; what lies behind is never touched.
    EXPECT_LT(bytes - size_t{info.blocks} * info.size, i == 0 ? bytes / 2 + 1 : bytes / 25)
        << info.size;
    EXPECT_LE(info.run_order, kRunOrderMax);
  }
}

// The tables are made by the compiler; made again, they are the same.
TEST(SizeClass, TheTablesAreWhatTheirFunctionsSay) {
  // Not const, or the compiler would make this one too.
  std::array<ClassInfo, kClasses> table = size_class_internal::MakeTable();
  for (uint32_t i = 0; i < kClasses; ++i) {
    EXPECT_EQ(table[i].size, kClassTable[i].size);
    EXPECT_EQ(table[i].blocks, kClassTable[i].blocks);
    EXPECT_EQ(table[i].run_order, kClassTable[i].run_order);
  }
  EXPECT_EQ(size_class_internal::MakeIndex(), size_class_internal::kIndex);
}

TEST(SizeClass, TheReciprocalFindsEveryBlockFromAnyOfItsBytes) {
  for (uint32_t i = 0; i < kClasses; ++i) {
    const ClassInfo& info = kClassTable[i];
    for (uint64_t block = 0; block < info.blocks; ++block) {
      const uint64_t first = block * info.size;
      ASSERT_EQ(info.IndexAt(first), block);
      ASSERT_EQ(info.IndexAt(first + info.size - 1), block);
    }
  }
}

}  // namespace
}  // namespace zokio::mem_internal
