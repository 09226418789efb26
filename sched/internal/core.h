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
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "future/executor.h"
#include "sched/idle_set.h"
#include "sched/inject_queue.h"
#include "sched/internal/dump_request.h"
#include "sched/priority.h"
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
  Core(int worker_count, const Clock& clock, WorkerHooks* hooks);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  // What PriorityExecutor does; see future/executor.h.
  void Schedule(TaskHeader* task, Priority priority);
  bool Adopt(TaskHeader* task);
  void Disown(TaskHeader* task);

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
  void WorkerExited();
  // Waits until as many workers have ended. False when the deadline (monotonic clock) passed first.
  bool WaitForExit(int threads, Instant deadline);

  // Which tasks live, as far as the workers answer before the deadline.
  TaskDump Dump(Instant deadline);
  DumpRequest& dump_request() { return dump_request_; }

  int worker_count() const { return worker_count_; }
  // Bits of TaskHeader::executor_slot, from the bottom: the worker in whose table the task stands,
  // then its index there (zero: in none).
  int worker_bits() const { return worker_bits_; }
  uint32_t table_limit() const { return uint32_t{1} << std::min(28, 32 - worker_bits_); }
  const Clock& clock() const { return clock_; }
  WorkerHooks* hooks() const { return hooks_; }
  IdleSet& idle() { return idle_; }
  InjectQueue& inject(Priority priority) { return inject_[static_cast<int>(priority)]; }
  Executor& executor(Priority priority) { return executors_[static_cast<int>(priority)]; }
  Executor& pinned_executor(int worker) { return *pinned_[static_cast<size_t>(worker)]; }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  void AddWorker(std::unique_ptr<Worker> worker);

 private:
  const int worker_count_;
  const int worker_bits_;
  const Clock& clock_;
  WorkerHooks* const hooks_;
  IdleSet idle_;
  InjectQueue inject_[kPriorities];
  PriorityExecutor executors_[kPriorities];
  Atomic<bool> accepting_{true};
  Atomic<bool> stopping_{false};
  Atomic<int> exited_{0};
  Parker exit_parker_;
  DumpRequest dump_request_;
  // One for each worker; before them, for their ends wait for threads that are inside a wake.
  std::vector<std::unique_ptr<PinnedExecutor>> pinned_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

// True on a worker's thread, of whichever scheduler.
bool OnWorkerThread();

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_CORE_H_
