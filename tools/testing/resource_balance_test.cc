#include "tools/testing/resource_balance.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/parker.h"
#include "base/thread.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace zokio::testing {
namespace {

ResourceBalance::Options NoWaiting() {
  ResourceBalance::Options options;
  options.settle_max = Duration::zero();
  return options;
}

TEST(ResourceBalanceTest, WhatIsGivenBackIsNoLeak) {
  Thread::Start("first", [] {}).value().Join();  // its stack is kept for the next one
  ResourceBalance balance;
  const int file = open("/dev/null", O_RDONLY);
  ASSERT_GE(file, 0);
  auto block = std::make_unique<char[]>(1000);
  Thread thread = Thread::Start("short", [] {}).value();
  thread.Join();
  block.reset();
  close(file);
}

TEST(ResourceBalanceTest, PlantedDescriptorIsNamed) {
  ResourceBalance balance(NoWaiting());
  const int file = open("/dev/null", O_RDONLY);
  const auto leaks = balance.Leaks();
  close(file);
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0], "descriptor " + std::to_string(file) + ": /dev/null");
}

TEST(ResourceBalanceTest, AnotherFileBehindTheSameNumberIsALeak) {
  const int file = open("/dev/null", O_RDONLY);
  ResourceBalance balance(NoWaiting());
  const int other = open("/dev/zero", O_RDONLY);
  ASSERT_EQ(dup2(other, file), file);
  close(other);
  const auto leaks = balance.Leaks();
  close(file);
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0], "descriptor " + std::to_string(file) + ": /dev/zero");
}

TEST(ResourceBalanceTest, PlantedThreadIsNamed) {
  ResourceBalance::Options options = NoWaiting();
  options.heap_bytes_max = ResourceBalance::kAnyBytes;
  ResourceBalance balance(options);
  Parker started;
  Parker end;
  Thread thread = Thread::Start("left-behind", [&] {
                    started.Unpark();
                    end.Park();
                  }).value();
  started.Park();
  const auto leaks = balance.Leaks();
  end.Unpark();
  thread.Join();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0].substr(leaks[0].find(':')), ": left-behind");
}

TEST(ResourceBalanceTest, PlantedBlockIsCounted) {
  ResourceBalance balance(NoWaiting());
  auto block = std::make_unique<char[]>(5000);
  asm volatile("" : : "r"(block.get()) : "memory");
  const auto leaks = balance.Leaks();
  ASSERT_EQ(leaks.size(), 1u);
  EXPECT_EQ(leaks[0].substr(0, 7), "heap: 5");
  EXPECT_NE(leaks[0].find(" in 1 blocks"), std::string::npos) << leaks[0];
}

TEST(ResourceBalanceTest, PoolsMayKeepWhatIsAllowed) {
  ResourceBalance::Options options = NoWaiting();
  options.heap_bytes_max = 10'000;
  ResourceBalance balance(options);
  auto block = std::make_unique<char[]>(5000);
  asm volatile("" : : "r"(block.get()) : "memory");
  EXPECT_TRUE(balance.Leaks().empty());
}

TEST(ResourceBalanceTest, WhatIsLateIsWaitedFor) {
  const int file = open("/dev/null", O_RDONLY);
  ResourceBalance balance;
  const int late = dup(file);
  // Closes while Leaks() looks: it must look again.
  Thread closer = Thread::Start("closer", [late] { close(late); }).value();
  EXPECT_TRUE(balance.Leaks().size() <= 1);  // the closer's own block lives as long as its handle
  closer.Join();
  close(file);
}

TEST(ResourceBalanceTest, AnUnjudgedLeakFailsTheTest) {
  int file = -1;
  EXPECT_NONFATAL_FAILURE(
      {
        ResourceBalance balance(NoWaiting());
        file = open("/dev/null", O_RDONLY);
      },
      "/dev/null");
  close(file);
}

}  // namespace
}  // namespace zokio::testing
