#include <thread>

#include "gtest/gtest.h"

namespace zokio {
namespace {

TEST(SmokeTest, ThreadRunsAndJoins) {
  int value = 0;
  std::thread thread([&value] { value = 42; });
  thread.join();
  EXPECT_EQ(value, 42);
}

}  // namespace
}  // namespace zokio
