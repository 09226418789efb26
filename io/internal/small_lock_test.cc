#include "io/internal/small_lock.h"

#include <vector>

#include "base/thread.h"
#include "gtest/gtest.h"

namespace zokio::io {
namespace {

TEST(SmallLockTest, IsFourBytes) { EXPECT_EQ(sizeof(SmallLock), 4u); }

TEST(SmallLockTest, ExcludesOthers) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50'000;
  SmallLock lock;
  int counter = 0;
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.push_back(*Thread::Start("locker", [&] {
      for (int i = 0; i < kRounds; ++i) {
        SmallLockGuard guard(lock);
        ++counter;
      }
    }));
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(counter, kThreads * kRounds);
}

}  // namespace
}  // namespace zokio::io
