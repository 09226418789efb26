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
#include "base/mutex.h"
#include "base/result.h"
#include "future/executor.h"
#include "sched/idle_set.h"
#include "sched/inject_queue.h"
#include "sched/internal/crew.h"
#include "sched/internal/dump_request.h"
#include "sched/internal/node_queue.h"
#include "sched/internal/process.h"
#include "sched/internal/spawn_records.h"
#include "sched/internal/watchdog.h"
#include "sched/placement.h"
#include "sched/priority.h"
#include "sched/scheduler_options.h"
#include "sched/task_dump.h"
#include "sched/worker_hooks.h"

namespace zokio::internal {

class Core;
class Worker;

// The executor of the tasks of one priority, and of one step of what measuring made of it: see
// MeasuredPriority.
class PriorityExecutor final : public Executor {
 public:
  PriorityExecutor(Core& core, Priority priority) : core_(core), priority_(priority) {}
  Priority priority() const { return priority_; }
  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  Core& core_;
  const Priority priority_;
};

// What becomes of an immediate task by the length of its polls: which of these executors it has
// says how far it has come. Nothing else is kept of it.
//
//   two long polls in a row                 it is queued as a normal task
//   then kShortPolls short ones in a row    it is immediate again
//
// What it spawns begins where it stands itself.
class MeasuredPriority {
 public:
  static constexpr int kShortPolls = 4;

  explicit MeasuredPriority(Core& core);
  MeasuredPriority(const MeasuredPriority&) = delete;
  MeasuredPriority& operator=(const MeasuredPriority&) = delete;

  Executor& immediate() { return steps_[0]; }
  // Whether the polls of this executor's tasks are measured.
  bool Has(const Executor* executor) const {
    return executor >= &steps_[0] && executor <= &steps_[kSteps - 1];
  }
  // REQUIRES: Has(executor). Whether its tasks are queued as normal ones.
  bool Sunk(const Executor* executor) const { return executor >= &steps_[kSunk]; }
  // REQUIRES: Has(executor).
  Executor* After(const Executor* executor, bool long_poll) {
    auto step = static_cast<const PriorityExecutor*>(executor) - steps_;
    if (long_poll) return &steps_[step == 0 ? kSuspect : kSunk];
    return step <= kSuspect || step == kSteps - 1 ? &steps_[0] : &steps_[step + 1];
  }

 private:
  // Step 0: nothing is known against it; then as many as there are short polls to make.
  static constexpr int kSuspect = 1;  // its last poll was long
  static constexpr int kSunk = 2;
  static constexpr int kSteps = kSunk + kShortPolls;

  PriorityExecutor steps_[kSteps];
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

// The executor of the tasks that are bound to one memory node.
class NodeExecutor final : public Executor {
 public:
  NodeExecutor(Core& core, int node) : core_(core), node_(node) {}
  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  Core& core_;
  const int node_;
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
  // From now on other threads bring in no task; those that live may spawn.
  void CloseOutside();
  // Waits until no task lives. REQUIRES: CloseOutside. False: the deadline came first.
  bool WaitDrained(Instant deadline);
  // Called by a worker that has found nothing to do.
  void NoteIdleWhileDraining();
  // Where spawns are recorded; else null.
  SpawnRecords* spawn_records() const { return spawn_records_.get(); }
  // Of a task that this thread spawns.
  void RecordSpawn(TaskHeader* task) {
    if (__builtin_expect(spawn_records_ != nullptr, 0)) AddSpawnRecord(task);
  }
  // For tasks that are on their way; false: none is taken any more.
  bool AdoptMany(uint64_t count);
  void DisownMany(uint64_t count);

  // Its threads are in the process that this one was forked from.
  bool orphaned() const { return __builtin_expect(generation_ != ProcessGeneration(), 0); }

  // The worker of this scheduler on whose thread we are, or null.
  Worker* Current() const;

  // After work became visible. Wakes one worker if that helps, if possible one of the node where
  // the work is; returns whether it did.
  bool WakeOne();
  bool WakeOneNear(int node);
  void Unpark(Worker& worker);
  // After the queue of a node was pushed to: wakes one of its workers that sleeps.
  void WakeOneOf(int node);
  // True when there is something to take for anybody.
  bool WorkVisible() const;

  // No task is taken any more, and each that lives is cancelled.
  void Stop();
  bool stopping() const { return stopping_.load(memory_order_acquire); }
  // REQUIRES: stopping() or draining(). True once no task lives, which is final.
  bool Drained() const { return Live() == 0; }
  // The same, for workers that ask after their last tasks: the last of them to ask hears true.
  bool DrainedForSure() {
    asked_drained_.fetch_add(1, memory_order_acq_rel);
    return Drained();
  }
  // A worker has seen the end; one that asked at the same time may not have.
  void TellEnd() {
    if (!end_told_.exchange(true, memory_order_acq_rel)) UnparkAll();
  }
  bool draining() const { return accepting_.load(memory_order_relaxed) != Accepting::kAll; }
  // This thread is inside BlockInPlace of a task of this scheduler.
  bool BlockedHere() const;
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
  // What of SchedulerOptions::idle_spin is kept here.
  IdleSpin idle_spin() const { return idle_spin_; }
  IdleSet& idle() { return idle_; }
  InjectQueue& inject(Priority priority) { return inject_[static_cast<int>(priority)]; }
  Executor& executor(Priority priority) {
    return priority == Priority::kImmediate ? measured_.immediate()
           : priority == Priority::kNormal  ? normal_
                                            : background_;
  }
  MeasuredPriority& measured() { return measured_; }
  Executor& pinned_executor(int worker) { return *pinned_[static_cast<size_t>(worker)]; }
  Executor& node_executor(int node) { return node_executors_[static_cast<size_t>(node)]; }
  NodeQueue& node_queue(int node) { return node_queues_[static_cast<size_t>(node)]; }
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
  // Where what this thread, no worker, brings in shall begin.
  int NodeForOutside(Priority priority);
  void AddSpawnRecord(TaskHeader* task);
  bool AllAsleep() const;
  int NodeOf(int worker) const;
  bool Unpark(int sleeper);

  const uint32_t generation_ = ProcessGeneration();
  const SchedulerOptions options_;
  const int worker_count_;
  const Placement placement_;
  const int capacity_;
  const int worker_bits_;
  const Clock& clock_;
  const Clock& pace_clock_;
  const IdleSpin idle_spin_;
  IdleSet idle_;
  InjectQueue inject_[kPriorities];
  MeasuredPriority measured_;
  PriorityExecutor normal_;
  PriorityExecutor background_;
  // Whose tasks are taken: everybody's; those of tasks that live; none.
  enum class Accepting { kAll, kInside, kNone };
  Atomic<Accepting> accepting_{Accepting::kAll};
  Atomic<uint32_t> asked_drained_{0};
  Atomic<bool> end_told_{false};
  Mutex drain_mutex_;
  CondVar drained_;
  Atomic<bool> stopping_{false};
  // One for each node.
  const std::unique_ptr<NodeQueue[]> node_queues_;
  std::vector<NodeExecutor> node_executors_;
  Atomic<uint32_t> outside_turn_{0};
  DumpRequest dump_request_;
  const std::unique_ptr<SpawnRecords> spawn_records_;
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
