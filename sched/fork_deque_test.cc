#include "sched/fork_deque.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "base/thread.h"

namespace zokio {
namespace {

TaskHeader* Child(uintptr_t number) { return reinterpret_cast<TaskHeader*>(number * 16); }

TEST(ForkDequeTest, OwnerTakesTheNewestThievesTheOldest) {
  BasicForkDeque<8> deque;
  EXPECT_TRUE(deque.empty());
  EXPECT_EQ(deque.Pop(), nullptr);
  EXPECT_EQ(deque.Steal(), nullptr);
  for (uintptr_t i = 1; i <= 3; ++i) EXPECT_TRUE(deque.Push(Child(i)));
  EXPECT_FALSE(deque.PopIf(Child(2)));  // not the newest
  EXPECT_EQ(deque.Steal(), Child(1));
  EXPECT_TRUE(deque.PopIf(Child(3)));
  EXPECT_FALSE(deque.PopIf(Child(3)));
  EXPECT_EQ(deque.Steal(), Child(2));
  EXPECT_FALSE(deque.PopIf(Child(2)));  // still in its slot, but gone
  EXPECT_TRUE(deque.empty());
}

TEST(ForkDequeTest, FullDequeRefusesUntilSomethingIsTaken) {
  BasicForkDeque<4> deque;
  for (uintptr_t i = 1; i <= 4; ++i) EXPECT_TRUE(deque.Push(Child(i)));
  EXPECT_FALSE(deque.Push(Child(5)));
  EXPECT_EQ(deque.Steal(), Child(1));
  EXPECT_TRUE(deque.Push(Child(5)));
  for (uintptr_t i = 5; i >= 2; --i) EXPECT_EQ(deque.Pop(), Child(i));
  EXPECT_EQ(deque.Pop(), nullptr);
}

TEST(ForkDequeTest, EachChildIsTakenOnceWhileThievesSteal) {
  constexpr uintptr_t kChildren = 20000;
  BasicForkDeque<16> deque;
  std::vector<Atomic<int>> taken(kChildren + 1);
  auto take = [&](TaskHeader* task) {
    taken[reinterpret_cast<uintptr_t>(task) / 16].fetch_add(1, memory_order_relaxed);
  };
  Atomic<bool> done{false};
  AsymmetricFence::Prepare();
  {
    auto steal = [&] {
      while (!done.load(memory_order_acquire)) {
        if (TaskHeader* task = deque.Steal()) take(task);
      }
    };
    Thread first = Thread::Start("first", steal).value();
    Thread second = Thread::Start("second", steal).value();
    for (uintptr_t i = 1; i <= kChildren; ++i) {
      while (!deque.Push(Child(i))) {
        if (TaskHeader* task = deque.Pop()) take(task);
      }
      if (i % 3 == 0 && deque.PopIf(Child(i))) take(Child(i));
    }
    while (TaskHeader* task = deque.Pop()) take(task);
    done.store(true, memory_order_release);
  }
  EXPECT_TRUE(deque.empty());
  for (uintptr_t i = 1; i <= kChildren; ++i) ASSERT_EQ(taken[i].load(), 1) << i;
}

}  // namespace
}  // namespace zokio
