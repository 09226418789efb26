// Core: what the workers of one scheduler share: who is idle, what came from outside, whether it
// ends.
//
// A wake or spawn on one of its workers goes to that worker's queues, any other to the inject queue
// of the task's priority.
//
// Thread-safety: all functions from any thread.
// Lifetime: outlives its workers' threads, and waits for foreign threads that are inside a wake.
#ifndef ZOKIO_SCHED_INTERNAL_CORE_H_
#define ZOKIO_SCHED_INTERNAL_CORE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/result.h"
#include "future/executor.h"
#include "sched/idle_set.h"
#include "sched/inject_queue.h"
#include "sched/internal/crew.h"
#include "sched/internal/dump_request.h"
#include "sched/internal/process.h"
#include "sched/internal/watchdog.h"
#include "sched/placement.h"
#include "sched/priority.h"
#include "sched/scheduler_options.h"
#include "sched/task_dump.h"
#include "sched/worker_hooks.h"

namespace zokio::internal {

class Core;
class Worker;

// The executor of the tasks of one priority.
class PriorityExecutor final : public Executor {
 public:
  PriorityExecutor(Core& core, Priority priority) : core_(core), priority_(priority) {}
  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  Core& core_;
  const Priority priority_;
};

// The executor of the tasks that are bound to one worker.
class PinnedExecutor final : public Executor {
 public:
  explicit PinnedExecutor(Worker& worker) : worker_(worker) {}
  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  Worker& worker_;
};

class Core {
 public:
  // Takes `options.workers` as it stands: not zero.
  explicit Core(SchedulerOptions options);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  // Makes the workers that were asked for, without their threads.
  Result<void> MakeWorkers();

  // What PriorityExecutor does; see future/executor.h.
  void Schedule(TaskHeader* task, Priority priority);
  // The same for a thread that is no worker, or has lost its place.
  void Inject(TaskHeader* task, Priority priority);
  // Work that a worker or a thread outside brings as one.
  void InjectBatch(TaskBatch* batch, Priority priority);
  bool Adopt(TaskHeader* task);
  void Disown(TaskHeader* task);
  // For tasks that are on their way; false: none is taken any more.
  bool AdoptMany(uint64_t count);
  void DisownMany(uint64_t count);

  // Its threads are in the process that this one was forked from.
  bool orphaned() const { return __builtin_expect(generation_ != ProcessGeneration(), 0); }

  // The worker of this scheduler on whose thread we are, or null.
  Worker* Current() const;

  // After work became visible. Wakes one worker if that helps; returns whether it did.
  bool WakeOne();
  // True when there is something to take for anybody.
  bool WorkVisible() const;

  // No task is taken any more, and each that lives is cancelled.
  void Stop();
  bool stopping() const { return stopping_.load(memory_order_acquire); }
  // REQUIRES: stopping(). True once no task lives, which is final.
  bool Drained() const { return Live() == 0; }
  // How many tasks live; exact where none is spawned meanwhile.
  uint64_t Live() const;
  void UnparkAll();

  // Which tasks live, as far as the workers answer before the deadline.
  TaskDump Dump(Instant deadline);
  DumpRequest& dump_request() { return dump_request_; }

  // Virtual time: moves it on if everything waits. Called by a worker that is about to sleep and
  // has said so.
  void AdvanceTime();
  // Some driver has operations in flight, as far as its worker knew when it went to sleep.
  bool io_pending() const;

  // As many as were asked for; workers() may be more.
  int worker_count() const { return worker_count_; }
  const SchedulerOptions& options() const { return options_; }
  const Placement& placement() const { return placement_; }
  // Where workers run, and what could not be had of it.
  std::string PlacementReport() const;
  VirtualClock* virtual_clock() const { return options_.virtual_clock; }
  // Bits of TaskHeader::executor_slot, from the bottom: the worker in whose table the task stands,
  // then its index there (zero: in none).
  int worker_bits() const { return worker_bits_; }
  uint32_t table_limit() const { return uint32_t{1} << std::min(28, 32 - worker_bits_); }
  const Clock& clock() const { return clock_; }
  // For what measures the work itself, which takes real time.
  const Clock& pace_clock() const { return pace_clock_; }
  WorkerHooks* hooks() const { return options_.hooks; }
  IdleSet& idle() { return idle_; }
  InjectQueue& inject(Priority priority) { return inject_[static_cast<int>(priority)]; }
  Executor& executor(Priority priority) { return executors_[static_cast<int>(priority)]; }
  Executor& pinned_executor(int worker) { return *pinned_[static_cast<size_t>(worker)]; }
  // Those that were asked for, then spare ones.
  std::span<const std::unique_ptr<Worker>> workers() const {
    return {workers_.get(), static_cast<size_t>(count_.load(memory_order_acquire))};
  }
  Crew& crew() { return crew_; }
  const Crew& crew() const { return crew_; }
  Watchdog& watchdog() { return watchdog_; }

  // For the crew, under its lock: one more worker, passive; null where there are enough or its
  // driver cannot be had. DropSpare takes the last one away again: it has not run.
  Worker* AddSpare();
  void DropSpare();

 private:
  Result<std::unique_ptr<Worker>> MakeWorker(int index);
  bool AllAsleep() const;

  const uint32_t generation_ = ProcessGeneration();
  const SchedulerOptions options_;
  const int worker_count_;
  const Placement placement_;
  const int capacity_;
  const int worker_bits_;
  const Clock& clock_;
  const Clock& pace_clock_;
  IdleSet idle_;
  InjectQueue inject_[kPriorities];
  PriorityExecutor executors_[kPriorities];
  Atomic<bool> accepting_{true};
  Atomic<bool> stopping_{false};
  DumpRequest dump_request_;
  // One for each worker; before them, for their ends wait for threads that are inside a wake.
  std::vector<std::unique_ptr<PinnedExecutor>> pinned_;
  // Room for all that there may ever be, so that others read it while one is added.
  const std::unique_ptr<std::unique_ptr<Worker>[]> workers_;
  Atomic<int> count_{0};
  bool owns_time_ = false;
  Crew crew_;
  Watchdog watchdog_;
};

// True on a worker's thread, of whichever scheduler.
bool OnWorkerThread();

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_CORE_H_
