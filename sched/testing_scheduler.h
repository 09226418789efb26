// What tests of the scheduler make again and again: schedulers, small tasks, sums.
#ifndef ZOKIO_SCHED_TESTING_SCHEDULER_H_
#define ZOKIO_SCHED_TESTING_SCHEDULER_H_

#include <chrono>
#include <memory>
#include <utility>

#include "future/sleep.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/scheduler.h"

namespace zokio::testing {

inline std::unique_ptr<Scheduler> MakeScheduler(int workers) {
  SchedulerOptions options;
  options.workers = workers;
  return std::move(Scheduler::Create(std::move(options))).value();
}

// Of all its workers.
inline WorkerStats SumOfStats(const Scheduler& scheduler) {
  WorkerStats sum;
  for (const WorkerStats& stats : scheduler.Stats()) sum += stats;
  return sum;
}

inline Task<int> Add(int a, int b) { co_return a + b; }

// Suspends on its way.
inline Task<int> Twice(int number) {
  co_await Yield();
  co_return 2 * number;
}

// How often a task found itself where `is_home()` is false, over all sorts of suspension.
template <typename IsHome>
Task<int> CountStrays(IsHome is_home, int rounds) {
  int strays = 0;
  for (int i = 0; i < rounds; ++i) {
    strays += is_home() ? 0 : 1;
    co_await Yield();
    strays += is_home() ? 0 : 1;
    if (i % 16 == 0) co_await SleepFor(std::chrono::microseconds(10));
  }
  co_return strays;
}

}  // namespace zokio::testing

#endif  // ZOKIO_SCHED_TESTING_SCHEDULER_H_
