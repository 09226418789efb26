#include "mem/tcmalloc_strategy.h"

#include <gperftools/malloc_extension.h>
#include <gtest/gtest.h>

#include <cstring>

#include "mem/strategy.h"

namespace zokio {
namespace {

static_assert(AllocationStrategy<TcmallocStrategy>);

TEST(TcmallocStrategy, BlocksAreTcmallocs) {
  TcmallocStrategy strategy;
  MallocExtension& extension = *MallocExtension::instance();
  void* block = strategy.Allocate(1000);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(extension.GetOwnership(block), MallocExtension::kOwned);
  EXPECT_GE(extension.GetAllocatedSize(block), 1000u);
  std::memset(block, 1, 1000);
  size_t before = 0;
  ASSERT_TRUE(extension.GetNumericProperty("generic.current_allocated_bytes", &before));
  strategy.Free(block, 1000);
  size_t after = 0;
  ASSERT_TRUE(extension.GetNumericProperty("generic.current_allocated_bytes", &after));
  EXPECT_LT(after, before);
}

}  // namespace
}  // namespace zokio
