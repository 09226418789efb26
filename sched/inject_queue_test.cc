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

std::vector<TaskHeader*> Pop(InjectQueue& queue, uint32_t hint) {
  TaskBatch* batch = queue.PopBatch(hint);
  if (batch == nullptr) return {};
  std::vector<TaskHeader*> tasks(batch->tasks, batch->tasks + batch->count);
  TaskBatch::Free(batch);
  return tasks;
}

TEST(InjectQueueTest, OneThreadsTasksComeOutInOrderAndInBatches) {
  constexpr size_t kTasks = 2 * TaskBatch::kCapacity + 10;
  BareTasks tasks(kTasks);
  InjectQueue queue(4);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(Pop(queue, 0).empty());
  for (size_t i = 0; i < kTasks; ++i) queue.Push(tasks[i], kNobodySleeps, kNoWake);
  EXPECT_EQ(queue.size(), kTasks);
  std::vector<TaskHeader*> all;
  for (size_t expected : {size_t{TaskBatch::kCapacity}, size_t{TaskBatch::kCapacity}, size_t{10}}) {
    std::vector<TaskHeader*> batch = Pop(queue, static_cast<uint32_t>(all.size()));
    ASSERT_EQ(batch.size(), expected);
    all.insert(all.end(), batch.begin(), batch.end());
  }
  for (size_t i = 0; i < kTasks; ++i) ASSERT_EQ(all[i], tasks[i]);
  EXPECT_TRUE(queue.empty());
  queue.Push(tasks[0], kNobodySleeps, kNoWake);
  EXPECT_EQ(Pop(queue, 0), std::vector<TaskHeader*>{tasks[0]});
}

TEST(InjectQueueTest, ABatchOfAWorkerIsFoundFromAnyShard) {
  BareTasks tasks(3);
  InjectQueue queue(4);
  for (uint32_t shard = 0; shard < 4; ++shard) {
    TaskBatch* batch = TaskBatch::Make();
    for (size_t i = 0; i < 3; ++i) batch->Add(tasks[i]);
    queue.PushBatch(batch, shard);
    EXPECT_EQ(queue.size(), 3u);
    EXPECT_EQ(Pop(queue, shard + 1).size(), 3u);
  }
}

TEST(InjectQueueTest, AWorkerTakesFromItsNodeFirst) {
  BareTasks tasks(4);
  InjectQueue queue(2, 3);
  for (size_t i = 0; i < 3; ++i) {
    queue.Push(tasks[i], kNobodySleeps, kNoWake, static_cast<uint32_t>(i));
  }
  queue.PushBatch(
      [&] {
        TaskBatch* batch = TaskBatch::Make();
        batch->Add(tasks[3]);
        return batch;
      }(),
      1, 2);
  EXPECT_EQ(queue.size(), 4u);
  EXPECT_EQ(queue.SizeOf(1), 1u);
  EXPECT_EQ(queue.SizeOf(2), 2u);
  std::vector<TaskHeader*> seen;
  for (const std::vector<int>& nodes : {std::vector<int>{1, 2, 0}, {1, 0, 2}, {2}, {2, 1, 0}}) {
    TaskBatch* batch = queue.PopBatch(1, nodes);
    ASSERT_NE(batch, nullptr);
    seen.insert(seen.end(), batch->tasks, batch->tasks + batch->count);
    TaskBatch::Free(batch);
  }
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0], tasks[1]);
  EXPECT_EQ(seen[1], tasks[0]);
  EXPECT_TRUE(queue.empty());
}

TEST(InjectQueueDeathTest, AQueueWithTasksInItMustNotDie) {
  BareTasks tasks(1);
  EXPECT_DEATH(
      {
        InjectQueue queue(2);
        queue.Push(tasks[0], kNobodySleeps, kNoWake);
      },
      "with tasks in it");
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
  EXPECT_EQ(Pop(queue, 0).size(), 1u);
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
    for (uint32_t hint = 0; taken.load() < tasks.size(); ++hint) {
      for (TaskHeader* task : Pop(queue, hint)) {
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
