#include "sched/internal/worker.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "future/poll_task.h"
#include "sched/internal/pin_thread.h"
#include "sched/internal/thread_stack.h"
#include "sched/task_batch.h"

namespace zokio::internal {

Worker::Worker(Core& core, int index, std::unique_ptr<Driver> driver, Duration idle_period)
    : ForkHost(core.idle(), core.worker_count()),
      core_(core),
      normal_(core.executor(Priority::kNormal)),
      index_(index),
      driver_(std::move(driver)),
      idle_period_(idle_period),
      spin_(driver_->TellsUnparks() ? core.idle_spin() : IdleSpin::Never()),
      table_(core.table_limit()),
      place_(index < core.worker_count() ? index : 0),
      random_(static_cast<uint64_t>(index) + 1),
      wheel_(core.clock()) {
  environment_.timer = &wheel_;
  environment_.forks = this;
}

void LeaveWorkerAfterFork() {
  // The poll that forked must not return: where it does, the seized gate makes Crew::Return say so.
  if (Worker* worker = CurrentWorker::Get()) worker->gate().Yield();
  CurrentWorker::Get() = nullptr;
}

void Worker::Main() {
  const SignalStack for_the_watchdog;
  Worker* outer = std::exchange(CurrentWorker::Get(), this);
  thread_number_.store(ThisThreadNumber(), memory_order_relaxed);
  Settle();  // before anything here is made or touched that shall be near
  if (core_.hooks() != nullptr) core_.hooks()->OnThreadStart(index_);
  driver_->Attach();
  Loop();
  driver_->Detach();
  if (core_.hooks() != nullptr) core_.hooks()->OnThreadExit(index_);
  CurrentWorker::Get() = outer;
  core_.crew().WorkerExited();
}

void Worker::Settle() {
  const int place = place_.load(memory_order_relaxed);
  if (__builtin_expect(place == settled_at_, 1)) return;
  settled_at_ = place;
  node_queue_ = &core_.node_queue(node());
  const Placement& placement = core_.placement();
  const WorkerPlace& mine = placement.workers[static_cast<size_t>(place)];
  // A spare worker may run all over its node: the one it stands in for may still use its core.
  const std::vector<int>& cpus =
      place == index_ ? mine.cpus : placement.node_cpus[static_cast<size_t>(mine.node)];
  if (!cpus.empty()) pin_error_.store(PinThisThread(cpus), memory_order_relaxed);
}

// Few instructions a poll: what is not so each time is out of line.
void Worker::Loop() {
  SetStackBase();
  last_maintenance_ = core_.pace_clock().Now();
  while (true) {
    TaskHeader* task = NextLocal();
    if (__builtin_expect(task == nullptr, 0)) {
      task = FindWork();
      if (task == nullptr) return;
    }
    Run(task);
    if (__builtin_expect(--until_maintenance_ <= 1, 0)) NearMaintenance();
  }
}

// Mostly the next one of those that were claimed, while nothing comes before it.
TaskHeader* Worker::NextLocal() {
  if (__builtin_expect(batch_at_ < batch_count_ && lifo_slot_ == nullptr && !urgent_ &&
                           core_.inject(Priority::kImmediate).empty(),
                       1)) {
    lifo_streak_ = 0;
    return NextClaimed();
  }
  return NextOfAll();
}

inline void Worker::Run(TaskHeader* task) {
  if (__builtin_expect(task->executor_slot == 0, 0)) Register(task);
  Executor* const executor = task->executor;
  current_.store(task, memory_order_release);
  environment_.executor = executor;  // what it spawns has its priority
  counters_.polls.Add();
  gate_.Leave();
  bool again = false;
  if (__builtin_expect(executor == &normal_, 1)) {
    const PolledTask polled = poller_.Poll(task);
    if (!polled.ended) again = SettleTask(task, polled);
  } else {
    again = RunOther(task);
  }
  if (__builtin_expect(!gate_.Enter(), 0)) core_.crew().Return(*this);
  current_.store(nullptr, memory_order_relaxed);
  if (again) Requeue(task);
}

// A normal task that yielded, or was woken while it ran: behind all others.
inline void Worker::Requeue(TaskHeader* task) {
  if (__builtin_expect(batch_at_ == batch_count_ || passive_.load(memory_order_relaxed) ||
                           !queue(Priority::kNormal).Push(task),
                       0)) {
    RequeueElsewhere(task);
  } else {
    Notify();
  }
}

void Worker::RequeueElsewhere(TaskHeader* task) {
  if (passive_.load(memory_order_relaxed)) {
    // It may never end: not where nobody else would take it.
    core_.Inject(task, Priority::kNormal);
    return;
  }
  if (batch_at_ == batch_count_ && lifo_slot_ == nullptr && queue(Priority::kNormal).empty() &&
      pinned_.empty() && !node_queue_->waiting() && deque().empty()) {
    // Alone, it needs no queue: nobody's turn comes after the batch.
    batch_[0] = task;
    batch_at_ = 0;
    batch_count_ = 1;
    return;
  }
  PushRing(task, Priority::kNormal);
  Notify();
}

void Worker::NearMaintenance() {
  if (until_maintenance_ == 0) {
    Maintain();
  } else {
    timed_since_ = core_.pace_clock().Now();  // the poll before the next maintenance is timed
  }
}

// A task that is not a plain normal one. True: it is to be queued as such; else that is done.
bool Worker::RunOther(TaskHeader* task) {
  MeasuredPriority& measured = core_.measured();
  if (!measured.Has(task->executor)) {
    RunTask(task, environment_);
    return false;
  }
  const Instant start = core_.pace_clock().Now();
  const PolledTask polled = poller_.Poll(task);
  const Duration lasted = core_.pace_clock().Now() - start;
  counters_.AddPollTime(lasted);
  if (polled.ended) return false;
  task->executor = measured.After(task->executor, lasted > core_.options().immediate_poll_limit);
  if (!SettleTask(task, polled)) return false;
  if (measured.Sunk(task->executor)) return true;
  task->executor->Schedule(task);
  return false;
}

void Worker::Register(TaskHeader* task) {
  task->executor_slot = table_.Add(task) << core_.worker_bits() | static_cast<uint32_t>(index_);
  if (__builtin_expect(cancelled_all_, 0)) CancelTask(task);
}

void Worker::Forget(TaskHeader* task) {
  uint32_t index = task->executor_slot >> core_.worker_bits();
  auto owner = static_cast<int>(task->executor_slot & ((1u << core_.worker_bits()) - 1));
  // Whoever visits the table in this worker's place respects the removal of others only.
  if (owner == index_ && gate_.Enter()) {
    table_.RemoveLocal(index);
    gate_.Leave();
  } else {
    core_.workers()[static_cast<size_t>(owner)]->table_.RemoveRemote(index);
  }
}

void Worker::Push(TaskHeader* task, Priority priority) {
  if (current_.load(memory_order_relaxed) == nullptr) {
    // The driver or a timer woke it: in order, and others are woken once for the whole batch.
    PushRing(task, priority);
    return;
  }
  if (__builtin_expect(!gate_.Enter(), 0)) {
    core_.Inject(task, priority);
    return;
  }
  if (priority == Priority::kNormal) {
    PushPrivate(task);
  } else if (passive_.load(memory_order_relaxed)) {
    core_.Inject(task, priority);
  } else {
    PushRing(task, priority);
    Notify();
  }
  gate_.Leave();
}

// REQUIRES: inside the gate.
void Worker::PushPrivate(TaskHeader* task) {
  TaskHeader* displaced = std::exchange(lifo_slot_, task);
  if (displaced == nullptr) return;
  PushRing(displaced, Priority::kNormal);
  Notify();
}

void Worker::PushRing(TaskHeader* task, Priority priority) {
  if (priority == Priority::kImmediate) urgent_ = true;
  if (__builtin_expect(!queue(priority).Push(task), 0)) Overflow(task, priority);
}

// The ring is full: its older half goes to the inject queue.
void Worker::Overflow(TaskHeader* task, Priority priority) {
  static_assert(TaskBatch::kCapacity == RunQueue::kCapacity / 2);
  TaskBatch* batch = TaskBatch::Make();
  batch->count = queue(priority).Claim(batch->tasks, TaskBatch::kCapacity);
  if (batch->count == 0) {
    TaskBatch::Free(batch);  // thieves were faster
  } else {
    core_.inject(priority).PushBatch(batch, static_cast<uint32_t>(index_),
                                     static_cast<uint32_t>(node()));
    counters_.overflows.Add();
  }
  bool pushed = queue(priority).Push(task);
  ZOKIO_CHECK(pushed, "half of the ring was taken just now");
}

void Worker::Wake() {
  if (core_.WakeOne()) counters_.wakes.Add();
}

}  // namespace zokio::internal
