#include "sched/task_table.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/mutex.h"
#include "base/parker.h"
#include "base/random.h"
#include "base/thread.h"
#include "sched/testing_tasks.h"

namespace zokio {
namespace {

using testing::BareTasks;

std::set<TaskHeader*> All(TaskTable& table) {
  std::set<TaskHeader*> all;
  table.ForEach([&](TaskHeader* task) { EXPECT_TRUE(all.insert(task).second); });
  return all;
}

TEST(TaskTableTest, VisitsExactlyWhatWasAddedAndNotRemoved) {
  BareTasks tasks(3000);
  TaskTable table;
  std::vector<uint32_t> index(tasks.size());
  for (size_t i = 0; i < tasks.size(); ++i) {
    index[i] = table.Add(tasks[i]);
    EXPECT_NE(index[i], 0u);
  }
  EXPECT_EQ(All(table).size(), tasks.size());
  for (size_t i = 0; i < tasks.size(); i += 2) table.RemoveLocal(index[i]);
  std::set<TaskHeader*> left = All(table);
  EXPECT_EQ(left.size(), tasks.size() / 2);
  for (size_t i = 0; i < tasks.size(); ++i) EXPECT_EQ(left.count(tasks[i]), i % 2);
}

TEST(TaskTableTest, ReusesIndicesSoThatItDoesNotGrow) {
  BareTasks tasks(1);
  TaskTable table(/*index_limit=*/300);
  for (int i = 0; i < 100'000; ++i) {
    uint32_t index = table.Add(tasks[0]);
    if (i % 2 == 0) {
      table.RemoveLocal(index);
    } else {
      table.RemoveRemote(index);
    }
  }
  EXPECT_TRUE(All(table).empty());
}

TEST(TaskTableDeathTest, MoreTasksThanItCanHoldIsACheck) {
  BareTasks tasks(20);
  TaskTable table(/*index_limit=*/10);
  EXPECT_DEATH(
      for (size_t i = 0; i < tasks.size(); ++i) { table.Add(tasks[i]); }, "more tasks at once");
}

// A remover must wait while the visitor holds its entry: the task may go when it returns.
TEST(TaskTableTest, ARemoverWaitsForTheVisitOfItsEntry) {
  BareTasks tasks(1);
  TaskTable table;
  uint32_t index = table.Add(tasks[0]);
  Parker visiting;
  Atomic<bool> visited{false};
  auto remover = std::move(Thread::Start("remover", [&] {
                   visiting.Park();
                   table.RemoveRemote(index);
                   EXPECT_TRUE(visited.load());
                 })).value();
  table.ForEach([&](TaskHeader*) {
    visiting.Unpark();
    for (int i = 0; i < 100'000; ++i) (void)visited.load();  // let the remover come
    visited.store(true);
  });
  remover.Join();
  EXPECT_TRUE(All(table).empty());
}

// The owner adds, visits and removes; others remove what it hands them.
TEST(TaskTableStressTest, OtherThreadsRemoveWhileTheOwnerVisits) {
  constexpr size_t kTasks = 60'000;
  constexpr size_t kRemovers = 2;
  BareTasks tasks(kTasks);
  TaskTable table;
  struct Inbox {
    Mutex mutex;
    std::vector<uint32_t> indices;
  };
  std::vector<Inbox> inboxes(kRemovers);
  Atomic<bool> done{false};
  std::vector<Thread> removers;
  for (size_t r = 0; r < kRemovers; ++r) {
    removers.push_back(std::move(Thread::Start("remover", [&, r] {
                         while (true) {
                           bool ending = done.load();
                           std::vector<uint32_t> mine;
                           {
                             MutexLock lock(inboxes[r].mutex);
                             mine.swap(inboxes[r].indices);
                           }
                           for (uint32_t index : mine) table.RemoveRemote(index);
                           if (ending && mine.empty()) return;
                         }
                       })).value());
  }
  Random random(1);
  uint64_t visits = 0;
  for (size_t i = 0; i < kTasks; ++i) {
    uint32_t index = table.Add(tasks[i]);
    uint32_t who = random.Below(3);
    if (who == 2) {
      table.RemoveLocal(index);
    } else {
      MutexLock lock(inboxes[who].mutex);
      inboxes[who].indices.push_back(index);
    }
    if (i % 1000 == 0) table.ForEach([&](TaskHeader*) { ++visits; });
  }
  done.store(true);
  removers.clear();
  EXPECT_TRUE(All(table).empty());
  EXPECT_GT(visits, 0u);
}

}  // namespace
}  // namespace zokio
