#include <cstddef>
#include <memory>

#include "gperftools/malloc_extension.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

TEST(TcmallocTest, ServesTheAllocations) {
  size_t before = 0;
  size_t after = 0;
  auto* extension = MallocExtension::instance();
  ASSERT_TRUE(extension->GetNumericProperty("generic.current_allocated_bytes", &before));
  const auto block = std::make_unique<char[]>(1 << 20);
  ASSERT_NE(block, nullptr);
  ASSERT_TRUE(extension->GetNumericProperty("generic.current_allocated_bytes", &after));
  EXPECT_GE(after, before + (1 << 20));
}

}  // namespace
}  // namespace zokio
