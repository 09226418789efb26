#include "sched/internal/crew.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "future/task_header.h"
#include "sched/internal/core.h"
#include "sched/internal/worker.h"

namespace zokio::internal {

Result<void> Crew::Start() {
  MutexLock lock(mutex_);
  for (const auto& worker : core_.workers()) {
    Result<void> started = StartLocked(*worker);
    if (!started.ok()) return started;
  }
  return {};
}

Result<void> Crew::StartLocked(Worker& worker) {
  // Counted first: the thread may have ended before Start returns.
  started_.fetch_add(1, memory_order_acq_rel);
  Result<Thread> thread =
      Thread::Start(core_.options().thread_name + "-" + std::to_string(worker.index()),
                    [&worker] { worker.Main(); });
  if (!thread.ok()) {
    started_.fetch_sub(1, memory_order_acq_rel);
    return thread.error();
  }
  threads_.push_back(std::move(thread).value());
  return {};
}

bool Crew::WaitForExit(Instant deadline) {
  while (!all_exited()) {
    if (!exit_parker_.ParkUntil(deadline)) return false;
  }
  return true;
}

void Crew::WorkerExited() {
  exited_.fetch_add(1, memory_order_acq_rel);
  exit_parker_.Unpark();
}

// A worker is started in the place of one that is inside a poll and cannot have ended: so once all
// of them have, there will be no more.
bool Crew::all_exited() const {
  const int exited = exited_.load(memory_order_acquire);  // first, for both only grow
  return exited == started_.load(memory_order_acquire);
}

void Crew::Join() {
  std::vector<Thread> threads;
  {
    MutexLock lock(mutex_);
    threads.swap(threads_);
  }
  for (Thread& thread : threads) thread.Join();
}

bool Crew::Replace(Worker& stuck, uint64_t progress, StuckPoll* report) {
  MutexLock lock(mutex_);
  if (!stuck.gate().Seize()) return false;
  // Outside its gate the worker is inside a poll; is it the same?
  TaskHeader* task = stuck.current();
  if (task == nullptr || stuck.Progress() != progress) {
    stuck.gate().Release();
    return false;
  }
  // The task cannot end while it is visited: see Worker::Forget.
  for (const auto& worker : core_.workers()) {
    worker->table().VisitOne(task, [&](TaskHeader* found) {
      if (stuck.current() != found || stuck.Progress() != progress) return;
      report->task_id = TaskId(found);
      report->task_name = TaskName(found);
      report->spawned_at = TaskSpawnSite(found);
    });
  }
  report->worker = stuck.index();
  report->io_waits = stuck.io_pending();
  ++stats_.stuck_polls;
  stuck.counters().stuck_polls.Add();
  Worker* spare = SpareLocked();
  report->replaced = spare != nullptr;
  if (spare == nullptr) {
    stuck.gate().Release();
    return true;
  }
  ++stats_.replaced;
  HandOverLocked(stuck, *spare);
  return true;
}

bool Crew::StepAside(Worker& worker) {
  MutexLock lock(mutex_);
  ++stats_.in_place;
  if (worker.gate().seized()) return true;  // the watchdog came first
  worker.gate().Yield();
  Worker* spare = SpareLocked();
  if (spare == nullptr) {
    worker.gate().Release();
    return false;
  }
  HandOverLocked(worker, *spare);
  return true;
}

void Crew::StepBack(Worker& worker) {
  MutexLock lock(mutex_);
  TakeBackLocked(worker);
  worker.gate().Leave();  // its poll goes on
}

void Crew::Return(Worker& worker) {
  ZOKIO_CHECK(!core_.orphaned(), "a poll returned in a child of fork(): call exec or _exit there");
  ZOKIO_CHECK(CurrentWorker::Get() == &worker, "a fiber waited inside BlockInPlace");
  MutexLock lock(mutex_);
  TakeBackLocked(worker);
}

bool Crew::TakeBackLocked(Worker& worker) {
  if (!worker.gate().Reclaim()) return false;  // somebody had tried, no more
  worker.caretaker()->RemoveWard(worker);
  worker.wheel().SetFoster(nullptr);
  worker.NoteReturn();
  RebalanceLocked();
  return true;
}

void Crew::HandOverLocked(Worker& from, Worker& to) {
  from.GiveAway(to);
  to.SetPlace(from.place());
  to.SetPassive(false);
  to.driver().Unpark();
}

Worker* Crew::SpareLocked() {
  const auto workers = core_.workers();
  for (size_t i = static_cast<size_t>(core_.worker_count()); i < workers.size(); ++i) {
    if (workers[i]->passive() && !workers[i]->gate().seized()) return workers[i].get();
  }
  return MakeSpareLocked();
}

Worker* Crew::MakeSpareLocked() {
  // Among the workers before it runs: what it spawns and ends must be counted.
  Worker* spare = core_.AddSpare();
  if (spare == nullptr) return nullptr;
  if (!StartLocked(*spare).ok()) {
    core_.DropSpare();
    return nullptr;
  }
  ++stats_.spare_workers;
  return spare;
}

void Crew::RebalanceLocked() {
  const auto workers = core_.workers();
  int active = 0;
  for (const auto& worker : workers) active += !worker->passive() && !worker->gate().seized();
  for (size_t i = workers.size(); i-- > static_cast<size_t>(core_.worker_count());) {
    if (active <= core_.worker_count()) return;
    Worker& spare = *workers[i];
    if (spare.passive() || spare.gate().seized()) continue;
    spare.SetPassive(true);
    spare.driver().Unpark();
    --active;
  }
}

RecoveryStats Crew::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

}  // namespace zokio::internal
