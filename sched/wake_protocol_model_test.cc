// The scheduler's wake protocol under the model checker: IdleSet and InjectQueue as the workers use
// them. Every pushed task is run, whoever sleeps; a wake that is lost is a verdict.
#include <gtest/gtest.h>

#include <memory>

#include "base/atomic.h"
#include "base/check.h"
#include "base/model_var.h"
#include "base/parker.h"
#include "base/thread.h"
#include "sched/idle_set.h"
#include "sched/inject_queue.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

TaskHeader* TaskOf(int i) { return reinterpret_cast<TaskHeader*>(uintptr_t{64} * (i + 1)); }

// What the workers share. The last task that is run ends all.
class Pool {
 public:
  Pool(int workers, int tasks) : idle_(workers), tasks_left_(tasks), workers_(workers) {}

  void Push(int task) {
    payload_[task].Write(task + 1);
    inject_.Push(TaskOf(task), [this] { return idle_.NeedsWake(); }, [this] { WakeOne(); });
  }

  // The loop of sched/internal/worker.cc without its local queues.
  void Work(int worker) {
    bool searching = false;
    while (true) {
      bool found = RunOne(worker);
      if (!found && workers_ > 1) {
        if (!searching && idle_.TryBeginSearch()) searching = true;
        if (searching) found = RunOne(worker);
      }
      if (found) {
        if (searching) {
          searching = false;
          if (idle_.EndSearch() && !inject_.empty()) WakeOne();
        }
        continue;
      }
      if (done_.load(memory_order_acquire)) {
        if (searching) idle_.EndSearch();
        return;
      }
      const bool last = idle_.Announce(worker, searching);
      searching = false;
      if (last && !inject_.empty()) {
        idle_.WithdrawToSearch(worker);
        searching = true;
        continue;
      }
      parkers_[worker].Park();
      searching = !idle_.Withdraw(worker);
    }
  }

  void WaitForPushers() { inject_.WaitForPushers(); }
  const IdleSet& idle() const { return idle_; }

 private:
  bool RunOne(int worker) {
    if (inject_.empty()) return false;
    TaskBatch* batch = inject_.PopBatch(static_cast<uint32_t>(worker));
    if (batch == nullptr) return false;
    for (uint32_t i = 0; i < batch->count; ++i) {
      const auto task = static_cast<int>(reinterpret_cast<uintptr_t>(batch->tasks[i]) / 64 - 1);
      ZOKIO_CHECK(payload_[task].Read() == task + 1, "the pusher's writes are seen");
      ZOKIO_CHECK(ran_[task].exchange(1, memory_order_relaxed) == 0, "a task is run once");
      if (tasks_left_.fetch_sub(1, memory_order_acq_rel) == 1) {
        done_.store(true, memory_order_release);
        for (int other = 0; other < workers_; ++other) {
          if (other != worker) parkers_[other].Unpark();
        }
      }
    }
    TaskBatch::Free(batch);
    return true;
  }

  void WakeOne() {
    const int sleeper = idle_.ClaimSleeper();
    if (sleeper != IdleSet::kNobody) parkers_[sleeper].Unpark();
  }

  IdleSet idle_;
  InjectQueue inject_{1};
  Parker parkers_[2];
  ModelVar<int> payload_[4];
  Atomic<int> ran_[4];
  Atomic<int> tasks_left_;
  Atomic<bool> done_{false};
  const int workers_;
};

void RunPool(int workers, int tasks, int pushers) {
  auto pool = std::make_unique<Pool>(workers, tasks);
  {
    Thread threads[4];
    int started = 0;
    for (int i = 0; i < workers; ++i) {
      threads[started++] = Thread::Start("worker", [&, i] { pool->Work(i); }).value();
    }
    for (int i = 1; i < pushers; ++i) {
      threads[started++] = Thread::Start("pusher", [&, i] { pool->Push(i); }).value();
    }
    for (int task = 0; task < tasks; task += task == 0 ? pushers : 1) pool->Push(task);
  }
  pool->WaitForPushers();
  ZOKIO_CHECK(pool->idle().parked() == 0 && pool->idle().searching() == 0, "the counts are even");
}

TEST(WakeProtocolModel, OneWorkerOneTask) {
  const model::Report report =
      model::Explore({.name = "wake, 1 worker, 1 task"}, [] { RunPool(1, 1, 1); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(WakeProtocolModel, OneWorkerTwoTasks) {
  const model::Report report = model::Explore(
      {.name = "wake, 1 worker, 2 tasks", .seconds_max = 40}, [] { RunPool(1, 2, 1); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(WakeProtocolModel, OneWorkerTwoPushersWithinTwoPreemptions) {
  const model::Report report = model::Explore({.name = "wake, 1 worker, 2 pushers, 2 preemptions",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 2},
                                              [] { RunPool(1, 2, 2); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(WakeProtocolModel, TwoWorkersOneTaskWithinTwoPreemptions) {
  const model::Report report = model::Explore({.name = "wake, 2 workers, 1 task, 2 preemptions",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 2,
                                               .seconds_max = 240},
                                              [] { RunPool(2, 1, 1); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(WakeProtocolModel, TwoWorkersTwoPushersByPriorities) {
  const model::Report report = model::Explore({.name = "wake, 2 workers, 2 pushers, by priorities",
                                               .mode = model::Mode::kPct,
                                               .schedules_max = 30'000,
                                               .pct_depth = 4},
                                              [] { RunPool(2, 3, 2); });
  EXPECT_TRUE(report.Passed()) << report;
}

}  // namespace
}  // namespace zokio
