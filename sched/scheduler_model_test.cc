// The whole scheduler under the model checker: too large to exhaust, so random priorities and few
// preemptions. Created, used from a foreign thread, shut down; every allocation is returned.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "future/oneshot.h"
#include "sched/scheduler.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

std::unique_ptr<Scheduler> Make(int workers) {
  SchedulerOptions options;
  options.workers = workers;
  options.stuck_poll_limit = Duration::zero();  // a watchdog is one more thread to interleave
  options.spare_workers_max = 0;
  return std::move(Scheduler::Create(std::move(options))).value();
}

Task<int> Twice(int value) { co_return 2 * value; }

void BlockOnOnce(int workers) {
  std::unique_ptr<Scheduler> scheduler = Make(workers);
  ZOKIO_CHECK(scheduler->BlockOn(Twice(4)) == 8, "the task's result");
}

Task<int> Forward(OneshotReceiver<int> receiver) {
  Result<int> value = co_await receiver;
  co_return value.ok() ? *value : -1;
}

// A task that waits for another one, with two workers: wakes, steals, parks.
void TwoTasks() {
  std::unique_ptr<Scheduler> scheduler = Make(2);
  auto channel = MakeOneshot<int>();
  JoinHandle<int> waiting = scheduler->Spawn(Forward(std::move(channel.receiver)));
  std::move(channel.sender).Send(3);
  const Result<int> value = internal::WaitFor(waiting);
  ZOKIO_CHECK(value.ok() && *value == 3, "the value that was sent");
}

// The scheduler goes while a task that nobody will wake still lives.
void ShutdownCancels() {
  auto channel = MakeOneshot<int>();
  std::unique_ptr<Scheduler> scheduler = Make(1);
  JoinHandle<int> waiting = scheduler->Spawn(Forward(std::move(channel.receiver)));
  scheduler.reset();
  ZOKIO_CHECK(waiting.finished(), "a shutdown ends every task");
}

model::Options ByPriorities(const char* name) {
  return {.name = name, .mode = model::Mode::kPct, .schedules_max = 2'000, .pct_depth = 4};
}

TEST(SchedulerModel, BlockOnWithOneWorkerByPriorities) {
  const model::Report report =
      model::Explore(ByPriorities("scheduler, 1 worker"), [] { BlockOnOnce(1); });
  EXPECT_TRUE(report.Passed()) << report;
}

TEST(SchedulerModel, BlockOnWithTwoWorkersByPriorities) {
  const model::Report report =
      model::Explore(ByPriorities("scheduler, 2 workers"), [] { BlockOnOnce(2); });
  EXPECT_TRUE(report.Passed()) << report;
}

TEST(SchedulerModel, TwoTasksByPriorities) {
  const model::Report report = model::Explore(ByPriorities("scheduler, 2 tasks"), TwoTasks);
  EXPECT_TRUE(report.Passed()) << report;
}

TEST(SchedulerModel, ShutdownCancelsByPriorities) {
  const model::Report report = model::Explore(ByPriorities("scheduler, shutdown"), ShutdownCancels);
  EXPECT_TRUE(report.Passed()) << report;
}

TEST(SchedulerModel, BlockOnWithinOnePreemption) {
  const model::Report report = model::Explore({.name = "scheduler, 1 worker, 1 preemption",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 1,
                                               .seconds_max = 20},
                                              [] { BlockOnOnce(1); });
  EXPECT_TRUE(report.Passed()) << report;
}

}  // namespace
}  // namespace zokio
