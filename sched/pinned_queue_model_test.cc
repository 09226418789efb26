// Tasks bound to a worker or to a node, pushed by other threads while it sleeps: none is lost, nor
// its wake.
#include <gtest/gtest.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "sched/idle_set.h"
#include "sched/internal/node_queue.h"
#include "sched/internal/pinned_queue.h"
#include "sched/testing_tasks.h"
#include "tools/model/model.h"

namespace zokio::internal {
namespace {

TEST(PinnedQueueModel, EachPushIsSeenByAWorkerThatSleepsInBetween) {
  const model::Report report = model::Explore({.name = "pinned queue, two pushers"}, [] {
    testing::BareTasks tasks(2);
    PinnedQueue queue;
    Parker worker;
    auto push = [&](size_t i) { queue.PushRemote(tasks[i], [&] { worker.Unpark(); }); };
    Thread first = Thread::Start("first", [&] { push(0); }).value();
    Thread second = Thread::Start("second", [&] { push(1); }).value();
    bool seen[2] = {false, false};
    for (int taken = 0; taken < 2;) {
      TaskHeader* task = queue.Pop();
      if (task == nullptr) {
        worker.Park();
        continue;
      }
      bool& mine = seen[task == tasks[0] ? 0 : 1];
      ZOKIO_CHECK(!mine, "a task is taken once");
      mine = true;
      ++taken;
    }
    ZOKIO_CHECK(queue.empty(), "nothing is left");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// What a worker does for its node's queue (worker.cc, worker_sleep.cc): two of them, two pushers.
class Node {
 public:
  void Push(TaskHeader* task) {
    queue_.Push(task, [this] { WakeOne(); });
  }

  // Until `taken` tasks were taken by both together.
  void Work(int worker, int tasks) {
    while (taken_.load(memory_order_acquire) < tasks) {
      const auto [task, more] = queue_.Pop();
      if (task != nullptr) {
        if (more && idle_.parked() != 0) WakeOne();
        if (taken_.fetch_add(1, memory_order_acq_rel) + 1 == tasks) {
          for (Parker& parker : parkers_) parker.Unpark();
        }
        if (searching_[worker]) EndSearch(worker);
        continue;
      }
      if (searching_[worker]) EndSearch(worker);
      idle_.Announce(worker, false);
      if (queue_.waiting() || taken_.load(memory_order_acquire) == tasks) {
        searching_[worker] = !idle_.Withdraw(worker);
        continue;
      }
      parkers_[worker].Park();
      searching_[worker] = !idle_.Withdraw(worker);
    }
  }

 private:
  void WakeOne() {
    const int sleeper = idle_.ClaimSleeperOf([](int) { return true; });
    if (sleeper != IdleSet::kNobody) parkers_[sleeper].Unpark();
  }
  void EndSearch(int worker) {
    searching_[worker] = false;
    idle_.EndSearch();
  }

  NodeQueue queue_;
  IdleSet idle_{2};
  Parker parkers_[2];
  bool searching_[2] = {false, false};
  Atomic<int> taken_{0};
};

void RunNode(int workers, int tasks) {
  testing::BareTasks all(static_cast<size_t>(tasks));
  Node node;
  Thread threads[2];
  for (int i = 0; i < workers; ++i) {
    threads[i] = Thread::Start("worker", [&, i] { node.Work(i, tasks); }).value();
  }
  for (int i = 0; i < tasks; ++i) node.Push(all[static_cast<size_t>(i)]);
  for (Thread& thread : threads) thread.Join();
}

TEST(NodeQueueModel, AWorkerThatSleepsIsWokenForEachTask) {
  const model::Report report =
      model::Explore({.name = "node queue, 1 worker", .seconds_max = 20}, [] { RunNode(1, 2); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(NodeQueueModel, TwoWorkersWithinTwoPreemptions) {
  const model::Report report = model::Explore({.name = "node queue, 2 workers, 2 preemptions",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 2},
                                              [] { RunNode(2, 2); });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::internal
