#include "mem/quota.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/thread.h"
#include "mem/internal/sanitizer.h"

namespace zokio {
namespace {

TEST(MemoryQuota, CountsAndBounds) {
  MemoryQuota quota("session", 1000);
  Result<void*> first = quota.Allocate(600);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(quota.Allocate(401).error().code(), ErrorCode::kOutOfRange);
  Result<void*> second = quota.Allocate(400);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(quota.bytes(), 1000u);
  quota.Free(*first, 600);
  quota.Free(*second, 400);
  quota.Free(nullptr, 7);
  EXPECT_EQ(quota.bytes(), 0u);
  EXPECT_EQ(quota.bytes_peak(), 1000u);
  EXPECT_EQ(quota.refusals(), 1u);
  EXPECT_EQ(quota.Charge(SIZE_MAX).error().code(), ErrorCode::kOutOfRange);
}

TEST(MemoryQuota, AParentsLimitCountsAndARefusalChargesNobody) {
  MemoryQuota process("process", 1000);
  MemoryQuota actor("actor", 900, &process);
  MemoryQuota other("other", 900, &process);
  ASSERT_TRUE(actor.Charge(700).ok());
  EXPECT_FALSE(other.Charge(400).ok());
  EXPECT_EQ(other.bytes(), 0u);
  EXPECT_EQ(other.bytes_peak(), 0u);
  EXPECT_EQ(process.bytes(), 700u);
  EXPECT_EQ(process.refusals(), 1u);
  EXPECT_EQ(other.refusals(), 0u);
  ASSERT_TRUE(other.Charge(300).ok());
  actor.Refund(700);
  other.Refund(300);
  EXPECT_EQ(process.bytes(), 0u);
}

TEST(MemoryQuota, TotalsCountWhatAParentOfTheSameTagHoldsOnce) {
  MemoryQuota task("task");
  MemoryQuota between("scope", SIZE_MAX, &task);
  MemoryQuota subtask("task", SIZE_MAX, &between);
  ASSERT_TRUE(task.Charge(50).ok());
  ASSERT_TRUE(subtask.Charge(100).ok());
  const std::vector<MemoryQuota::TagTotal> totals = MemoryQuota::Totals();
  ASSERT_EQ(totals.size(), 2u);
  EXPECT_EQ(totals[0].bytes, 100u);
  EXPECT_EQ(totals[1].tag, "task");
  EXPECT_EQ(totals[1].quotas, 2u);
  EXPECT_EQ(totals[1].bytes, 150u);
  task.Refund(50);
  subtask.Refund(100);
}

TEST(MemoryQuota, ChargesNothingWhereThereIsNoMemory) {
  if (mem_internal::kAddressSanitizer || mem_internal::kThreadSanitizer) {
    GTEST_SKIP() << "AddressSanitizer's malloc aborts instead";
  }
  MemoryQuota quota("hungry");
  EXPECT_EQ(quota.Allocate(SIZE_MAX / 2).error().code(), ErrorCode::kOutOfMemory);
  EXPECT_EQ(quota.bytes(), 0u);
  EXPECT_EQ(std::string_view(quota.tag()), "hungry");
  EXPECT_EQ(quota.bytes_max(), SIZE_MAX);
}

TEST(MemoryQuota, IsExactUnderManyThreads) {
  MemoryQuota process("process", 4000);
  MemoryQuota quota("tasks", 3000, &process);
  std::vector<Thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    Result<Thread> thread = Thread::Start("charges", [&, t] {
      Random random(t + 1);
      for (int i = 0; i < 5000; ++i) {
        const size_t size = 1 + random.Below(1500);
        Result<void*> block = quota.Allocate(size);
        EXPECT_LE(quota.bytes(), 3000u);
        if (block.ok()) quota.Free(*block, size);
      }
    });
    ASSERT_TRUE(thread.ok());
    threads.push_back(*std::move(thread));
  }
  threads.clear();
  EXPECT_EQ(quota.bytes(), 0u);
  EXPECT_EQ(process.bytes(), 0u);
  EXPECT_LE(quota.bytes_peak(), 3000u);
}

TEST(MemoryQuotaDeathTest, NamesItselfWhenSomethingIsLeft) {
  EXPECT_DEATH(
      {
        MemoryQuota quota("leaky");
        if (!quota.Charge(12).ok()) return;
      },
      "quota \"leaky\" ended with 12 bytes still charged");
  EXPECT_DEATH(
      {
        MemoryQuota quota("confused");
        quota.Refund(1);
      },
      "more was refunded");
}

}  // namespace
}  // namespace zokio
