#include "sched/inject_queue.h"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "base/parker.h"
#include "base/thread.h"
#include "sched/testing_tasks.h"

namespace zokio {
namespace {

using testing::BareTasks;

constexpr auto kNobodySleeps = [] { return false; };
constexpr auto kNoWake = [] {};

TEST(TaskQueueTest, IsFirstInFirstOutAndAppendsWholeLists) {
  BareTasks tasks(5);
  TaskQueue one, two;
  EXPECT_EQ(one.PopFront(), nullptr);
  for (size_t i = 0; i < 3; ++i) one.PushBack(tasks[i]);
  for (size_t i = 3; i < 5; ++i) two.PushBack(tasks[i]);
  one.Append(two);
  EXPECT_TRUE(two.empty());
  two.Append(one);
  EXPECT_EQ(two.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(two.PopFront(), tasks[i]);
  EXPECT_TRUE(two.empty());
  EXPECT_EQ(two.size(), 0u);
  two.Append(one);
  two.PushBack(tasks[0]);
  EXPECT_EQ(two.PopFront(), tasks[0]);
}

TEST(InjectQueueTest, OneThreadsTasksComeOutInOrderAndInBatches) {
  BareTasks tasks(10);
  InjectQueue queue(4);
  EXPECT_TRUE(queue.empty());
  for (size_t i = 0; i < 10; ++i) queue.Push(tasks[i], kNobodySleeps, kNoWake);
  EXPECT_EQ(queue.size(), 10u);
  TaskQueue out;
  queue.PopBatch(0, 4, out);
  ASSERT_EQ(out.size(), 4u);
  queue.PopBatch(3, 100, out);
  ASSERT_EQ(out.size(), 10u);
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(out.PopFront(), tasks[i]);
  EXPECT_TRUE(queue.empty());
  queue.PopBatch(0, 4, out);
  EXPECT_TRUE(out.empty());
}

TEST(InjectQueueTest, ABatchOfAWorkerIsFoundFromAnyShard) {
  BareTasks tasks(3);
  InjectQueue queue(4);
  for (uint32_t shard = 0; shard < 4; ++shard) {
    TaskQueue in, out;
    for (size_t i = 0; i < 3; ++i) in.PushBack(tasks[i]);
    queue.PushBatch(in, shard);
    EXPECT_TRUE(in.empty());
    queue.PopBatch(shard + 1, 8, out);
    EXPECT_EQ(out.size(), 3u);
  }
}

TEST(InjectQueueTest, CountsWhatEachThreadBringsIn) {
  InjectQueue queue(2);
  queue.CountSpawned(3);
  auto other = std::move(Thread::Start("other", [&] { queue.CountSpawned(4); })).value();
  other.Join();
  queue.CountSpawned(-1);
  EXPECT_EQ(queue.spawned(), 6);
}

// The owner may go only after a pusher has returned from its wake-up call.
TEST(InjectQueueTest, WaitsForAThreadThatIsInsideItsWakeUp) {
  BareTasks tasks(1);
  InjectQueue queue(2);
  Parker inside, go_on;
  Atomic<bool> left{false};
  auto pusher = std::move(Thread::Start("pusher", [&] {
                  queue.Push(
                      tasks[0], [] { return true; },
                      [&] {
                        inside.Unpark();
                        go_on.Park();
                        left.store(true);
                      });
                })).value();
  inside.Park();
  auto releaser = std::move(Thread::Start("releaser", [&] { go_on.Unpark(); })).value();
  queue.WaitForPushers();
  EXPECT_TRUE(left.load());
}

TEST(InjectQueueStressTest, EveryTaskComesOutOnce) {
  constexpr size_t kPushers = 4;
  constexpr size_t kEach = 20'000;
  BareTasks tasks(kPushers * kEach);
  std::unordered_map<TaskHeader*, size_t> index;
  for (size_t i = 0; i < tasks.size(); ++i) index[tasks[i]] = i;
  InjectQueue queue(2);
  std::vector<Thread> pushers;
  for (size_t t = 0; t < kPushers; ++t) {
    pushers.push_back(std::move(Thread::Start("pusher", [&, t] {
                        for (size_t i = 0; i < kEach; ++i) {
                          queue.Push(tasks[t * kEach + i], kNobodySleeps, kNoWake);
                        }
                      })).value());
  }
  std::vector<Atomic<uint32_t>> seen(tasks.size());
  Atomic<size_t> taken{0};
  auto take = [&] {
    TaskQueue out;
    for (uint32_t hint = 0; taken.load() < tasks.size(); ++hint) {
      queue.PopBatch(hint, 33, out);
      while (TaskHeader* task = out.PopFront()) {
        seen[index.at(task)].fetch_add(1);
        taken.fetch_add(1);
      }
    }
  };
  auto taker = std::move(Thread::Start("taker", take)).value();
  take();
  taker.Join();
  for (auto& count : seen) ASSERT_EQ(count.load(), 1u);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace zokio
