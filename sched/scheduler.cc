#include "sched/scheduler.h"

#include <algorithm>

#include "sched/cores.h"
#include "sched/internal/core.h"
#include "sched/internal/crew.h"
#include "sched/internal/process.h"
#include "sched/internal/spawn_batch.h"
#include "sched/internal/watchdog.h"
#include "sched/internal/worker.h"

namespace zokio {
namespace {

int DefaultWorkers(const SchedulerOptions& options) {
  const int cores = std::min(AvailableCores(), Scheduler::kWorkersMax);
  if (options.topology == nullptr || options.topology->processors.empty()) return cores;
  return std::min(cores, static_cast<int>(options.topology->processors.size()));
}

}  // namespace

Result<std::unique_ptr<Scheduler>> Scheduler::Create(SchedulerOptions options) {
  const int workers = options.workers == 0 ? DefaultWorkers(options) : options.workers;
  if (workers < 0 || workers > kWorkersMax) {
    return Error(ErrorCode::kInvalidArgument, "create scheduler");
  }
  options.workers = workers;
  internal::WatchForFork(&internal::LeaveWorkerAfterFork);
  auto core = std::make_unique<internal::Core>(std::move(options));
  Result<void> made = core->MakeWorkers();
  if (!made.ok()) return made.error();
  // From here on its end is a shutdown, which waits for the threads that were started.
  std::unique_ptr<Scheduler> scheduler(new Scheduler(std::move(core)));
  Result<void> started = scheduler->core_->crew().Start();
  if (started.ok()) started = scheduler->core_->watchdog().Start();
  if (!started.ok()) return started.error();
  return scheduler;
}

Scheduler::Scheduler(std::unique_ptr<internal::Core> core) : core_(std::move(core)) {}

Scheduler::~Scheduler() {
  // Its threads, and whoever held its locks, are not here: the memory is all that there is of it.
  if (core_->orphaned()) {
    (void)core_.release();
    return;
  }
  (void)Shutdown();
}

Result<void> Scheduler::CheckProcess() const {
  if (!core_->orphaned()) return {};
  return Error(ErrorCode::kUnsupported,
               "use of a scheduler after fork(): its threads are in the parent process");
}

internal::SpawnBatchExecutor Scheduler::BatchExecutor(Priority priority, size_t count) {
  return internal::SpawnBatchExecutor(*core_, priority, count);
}

void Scheduler::CheckMayWaitForAll() const {
  ZOKIO_CHECK(!internal::OnWorkerThread(),
              "Shutdown or Drain on a worker thread would wait for itself");
  ZOKIO_CHECK(!core_->BlockedHere(),
              "Shutdown or Drain inside BlockInPlace would wait for the task that is inside");
}

Result<void> Scheduler::Drain(Duration limit, TaskDump* left) {
  if (Result<void> process = CheckProcess(); !process.ok()) return process;
  CheckMayWaitForAll();
  VirtualClock::Waiting time_may_pass(virtual_clock());
  core_->CloseOutside();
  if (core_->WaitDrained(SaturatingAdd(Clock::Monotonic().Now(), limit))) return {};
  if (left != nullptr) *left = Dump();
  return Error(ErrorCode::kDeadlineExceeded, "drain scheduler");
}

Result<void> Scheduler::Shutdown(Duration limit, TaskDump* blocking) {
  if (Result<void> process = CheckProcess(); !process.ok()) return process;
  CheckMayWaitForAll();
  VirtualClock::Waiting time_may_pass(virtual_clock());
  core_->Stop();
  if (!core_->crew().WaitForExit(SaturatingAdd(Clock::Monotonic().Now(), limit))) {
    if (blocking != nullptr) *blocking = Dump();
    return Error(ErrorCode::kDeadlineExceeded, "shut down scheduler");
  }
  core_->watchdog().Stop();
  core_->crew().Join();
  return {};
}

TaskDump Scheduler::Dump(Duration limit) const {
  ZOKIO_CHECK(!internal::OnWorkerThread(), "Dump on a worker thread would wait for itself");
  return core_->Dump(SaturatingAdd(Clock::Monotonic().Now(), limit));
}

Executor& Scheduler::executor(Priority priority) { return core_->executor(priority); }

Executor& Scheduler::executor_on(int worker) {
  ZOKIO_CHECK(worker >= 0 && worker < workers(), "there is no such worker");
  return core_->pinned_executor(worker);
}

Executor& Scheduler::executor_on_node(int node) {
  ZOKIO_CHECK(node >= 0 && node < nodes() &&
                  !core_->placement().node_workers[static_cast<size_t>(node)].empty(),
              "there is no such node, or no worker on it");
  return core_->node_executor(node);
}

int Scheduler::workers() const { return core_->worker_count(); }

int Scheduler::nodes() const { return core_->placement().nodes; }

int Scheduler::node_of(int worker) const {
  ZOKIO_CHECK(worker >= 0 && worker < workers(), "there is no such worker");
  return core_->placement().workers[static_cast<size_t>(worker)].node;
}

std::string Scheduler::PlacementReport() const { return core_->PlacementReport(); }

VirtualClock* Scheduler::virtual_clock() const { return core_->virtual_clock(); }

std::vector<StuckPoll> Scheduler::StuckPolls() const { return core_->watchdog().reports(); }

RecoveryStats Scheduler::Recovery() const { return core_->crew().stats(); }

std::vector<WorkerStats> Scheduler::Stats() const {
  std::vector<WorkerStats> stats;
  for (const auto& worker : core_->workers()) stats.push_back(worker->Stats());
  return stats;
}

}  // namespace zokio
