// The code of docs/guide/scheduling.md; guide_text_test checks that every line of it stands here.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/blocking_pool.h"
#include "sched/fiber.h"
#include "sched/fork.h"
#include "sched/hwloc_topology.h"
#include "sched/parallel.h"
#include "sched/scheduler.h"
#include "sched/time.h"
#include "sched/topology.h"
#include "sched/virtual_clock.h"

namespace zokio {
namespace {

Task<int> Compute(int number) {
  co_await Yield();
  co_return 2 * number;
}

Task<> Housekeeping(Atomic<int>* log) {
  log->fetch_add(1);
  co_return;
}

struct Node {
  const Node* left = nullptr;
  const Node* right = nullptr;
};

Task<int> CountNodes(const Node* node) {
  if (node == nullptr) co_return 0;
  auto [left, right] = co_await Fork(CountNodes(node->left), CountNodes(node->right));
  co_return left + right + 1;
}

long SumOf(const std::vector<long>& values, size_t begin, size_t end) {
  return std::accumulate(values.begin() + static_cast<ptrdiff_t>(begin),
                         values.begin() + static_cast<ptrdiff_t>(end), 0L);
}

Task<long> DoubleAndSum(std::vector<long> values) {
  co_await ParallelFor(0, values.size(), [&](size_t i) { values[i] *= 2; });
  const long sum = co_await ParallelReduce(
      0, values.size(), 0L, [&](size_t begin, size_t end) { return SumOf(values, begin, end); },
      std::plus<>());
  co_return sum;
}

// Stands for code that knows nothing of tasks.
void ForEachName(const std::function<void(const char*)>& visit) {
  for (const char* name : {"a", "b", "c"}) visit(name);
}

Task<int> Visit() {
  Result<int> visited = co_await RunFiber([](Fiber& fiber) {
    int count = 0;
    ForEachName([&](const char*) { count += fiber.Await(Compute(1)); });
    return count;
  });
  co_return visited.value();
}

int ReadSizeFromDisk() { return 4096; }

TEST(GuideTest, SchedulingSnippetsDoWhatTheySay) {
  SchedulerOptions options;
  options.workers = 2;  // the default: as many as cores that this process may use
  std::unique_ptr<Scheduler> scheduler = Scheduler::Create(options).value();
  const int answer = scheduler->BlockOn(Compute(21));
  EXPECT_EQ(answer, 42);

  Atomic<int> log{0};
  JoinHandle<int> handle = scheduler->Spawn(Compute(4));
  scheduler->Spawn(Priority::kBackground, Housekeeping(&log)).Detach();
  scheduler->SpawnOn(0, Housekeeping(&log)).Detach();
  BlockingPool pool;
  scheduler->BlockOn([&]() -> Task<> {
    Result<int> eight = co_await handle;
    EXPECT_EQ(eight.value(), 8);
    while (log.load() < 2) co_await Yield();
    Result<int> size = co_await pool.Spawn([] { return ReadSizeFromDisk(); });
    EXPECT_EQ(size.value(), 4096);
    const Node leaf;
    const Node root{&leaf, &leaf};
    const int nodes = co_await CountNodes(&root);
    EXPECT_EQ(nodes, 3);
    std::vector<long> values{1, 2, 3};  // of its own: g++ 12 rejects a list in a co_await
    const long sum = co_await DoubleAndSum(std::move(values));
    EXPECT_EQ(sum, 12);
    const int visited = co_await Visit();
    EXPECT_EQ(visited, 6);
    const int status = BlockInPlace([] { return ReadSizeFromDisk(); });
    EXPECT_EQ(status, 4096);
  });
  TaskDump left;
  Result<void> drained = scheduler->Drain(std::chrono::seconds(30), &left);
  EXPECT_TRUE(drained.ok());
  TaskDump blocking;
  Result<void> ended = scheduler->Shutdown(std::chrono::seconds(5), &blocking);
  if (!ended.ok()) std::fputs(blocking.ToString().c_str(), stderr);
  EXPECT_TRUE(ended.ok());
  EXPECT_EQ(scheduler->Recovery().in_place, 1u);
}

TEST(GuideTest, WorkersAreBound) {
  Result<Topology> machine = LoadTopology();  // sched/hwloc_topology.h, which links hwloc
  SchedulerOptions placed;
  placed.affinity = Affinity::kCore;  // or kCache, kNode
  if (machine.ok()) placed.topology = std::make_shared<Topology>(*std::move(machine));
  auto bound = Scheduler::Create(placed).value();
  std::fputs(bound->PlacementReport().c_str(), stdout);
  EXPECT_EQ(bound->BlockOn(Compute(21)), 42);
  EXPECT_NE(bound->PlacementReport().find("(hwloc)"), std::string::npos);
}

TEST(GuideTest, StuckPollsAndVirtualTime) {
  SchedulerOptions options;
  options.on_stuck_poll = [](const StuckPoll& poll) {
    std::fputs(poll.ToString().c_str(), stderr);
  };
  EXPECT_TRUE(Scheduler::Create(options).ok());

  VirtualClock clock;
  SchedulerOptions in_virtual_time;
  in_virtual_time.workers = 1;  // the same way each time
  in_virtual_time.virtual_clock = &clock;
  auto simulated = Scheduler::Create(in_virtual_time).value();
  simulated->BlockOn([]() -> Task<> { co_await SleepFor(std::chrono::hours(24)); });
  EXPECT_GE(clock.Now().time_since_epoch(), std::chrono::hours(24));
}

}  // namespace
}  // namespace zokio
