#include "sched/internal/core.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "future/task_header.h"
#include "sched/internal/worker.h"

namespace zokio::internal {
namespace {

// One shard for each pair of workers, at least two so that foreign threads rarely meet.
uint32_t ShardsFor(int workers) {
  uint32_t shards = 2;
  while (shards < 16 && shards * 2 < static_cast<uint32_t>(workers)) shards *= 2;
  return shards;
}

}  // namespace

Core::Core(int worker_count, const Clock& clock, WorkerHooks* hooks)
    : worker_count_(worker_count),
      worker_bits_(32 - __builtin_clz(static_cast<uint32_t>(worker_count))),
      clock_(clock),
      hooks_(hooks),
      idle_(worker_count),
      inject_{InjectQueue(ShardsFor(worker_count)), InjectQueue(ShardsFor(worker_count)),
              InjectQueue(ShardsFor(worker_count))},
      executors_{PriorityExecutor(*this, Priority::kImmediate),
                 PriorityExecutor(*this, Priority::kNormal),
                 PriorityExecutor(*this, Priority::kBackground)} {}

Core::~Core() {
  for (InjectQueue& queue : inject_) queue.WaitForPushers();
}

void PriorityExecutor::Schedule(TaskHeader* task) { core_.Schedule(task, priority_); }
bool PriorityExecutor::Adopt(TaskHeader* task) { return core_.Adopt(task); }
void PriorityExecutor::Disown(TaskHeader* task) { core_.Disown(task); }

void PinnedExecutor::Schedule(TaskHeader* task) {
  if (worker_.core().Current() == &worker_) {
    worker_.pinned().Push(task);
  } else {
    worker_.pinned().PushRemote(task, [this] { worker_.driver().Unpark(); });
  }
}
bool PinnedExecutor::Adopt(TaskHeader* task) { return worker_.core().Adopt(task); }
void PinnedExecutor::Disown(TaskHeader* task) { worker_.core().Disown(task); }

void Core::AddWorker(std::unique_ptr<Worker> worker) {
  workers_.push_back(std::move(worker));
  pinned_.push_back(std::make_unique<PinnedExecutor>(*workers_.back()));
}

bool OnWorkerThread() { return CurrentWorker::Get() != nullptr; }

Worker* Core::Current() const {
  Worker* worker = CurrentWorker::Get();
  return worker != nullptr && &worker->core() == this ? worker : nullptr;
}

void Core::Schedule(TaskHeader* task, Priority priority) {
  if (Worker* worker = Current()) {
    worker->Push(task, priority);
    return;
  }
  inject(priority).Push(task, [this] { return idle_.NeedsWake(); }, [this] { WakeOne(); });
}

bool Core::Adopt(TaskHeader* task) {
  task->executor_slot = 0;
  if (Worker* worker = Current()) {
    if (!accepting_.load(memory_order_relaxed)) return false;
    worker->counters().spawned.Add();
    return true;
  }
  // Counted first: either the count is seen by Drained, or the end of acceptance here.
  inject(Priority::kNormal).CountSpawned(1);
  if (accepting_.load(memory_order_seq_cst)) return true;
  inject(Priority::kNormal).CountSpawned(-1);
  UnparkAll();
  return false;
}

void Core::Disown(TaskHeader* task) {
  Worker* worker = Current();
  ZOKIO_DCHECK(worker != nullptr, "a task ended outside its scheduler");
  worker->Forget(task);
  worker->counters().completed.Add();
  if (__builtin_expect(stopping_.load(memory_order_relaxed), 0) && Drained()) UnparkAll();
}

bool Core::WakeOne() {
  int sleeper = idle_.ClaimSleeper();
  if (sleeper == IdleSet::kNobody) return false;
  workers_[static_cast<size_t>(sleeper)]->driver().Unpark();
  return true;
}

bool Core::WorkVisible() const {
  for (const InjectQueue& queue : inject_) {
    if (!queue.empty()) return true;
  }
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->HasVisibleWork(); });
}

void Core::Stop() {
  accepting_.store(false, memory_order_seq_cst);
  stopping_.store(true, memory_order_release);
  UnparkAll();
}

uint64_t Core::Live() const {
  // Completions are read before spawns, and both only grow: equal sums mean that nothing lived in
  // between. Whoever could spawn more from inside would be alive; outside nobody is let in.
  uint64_t completed = 0;
  for (const auto& worker : workers_) completed += worker->counters().completed.Get();
  uint64_t spawned = static_cast<uint64_t>(inject_[static_cast<int>(Priority::kNormal)].spawned());
  for (const auto& worker : workers_) spawned += worker->counters().spawned.Get();
  return spawned - completed;
}

TaskDump Core::Dump(Instant deadline) {
  if (exited_.load(memory_order_acquire) == worker_count_) return TaskDump();
  TaskDump dump = dump_request_.Ask(worker_count_, deadline, [this] { UnparkAll(); });
  const uint64_t live = Live();
  if (dump.silent_workers.empty() && live > dump.tasks.size()) {
    dump.not_started = live - dump.tasks.size();
  }
  return dump;
}

void Core::UnparkAll() {
  for (const auto& worker : workers_) worker->driver().Unpark();
}

void Core::WorkerExited() {
  // The last access of a worker's thread to what the waiter may destroy after joining the thread.
  exited_.fetch_add(1, memory_order_acq_rel);
  exit_parker_.Unpark();
}

bool Core::WaitForExit(int threads, Instant deadline) {
  while (exited_.load(memory_order_acquire) < threads) {
    if (!exit_parker_.ParkUntil(deadline)) return false;
  }
  return true;
}

}  // namespace zokio::internal
