#include "sched/scheduler.h"

#include "sched/cores.h"
#include "sched/internal/core.h"
#include "sched/internal/worker.h"
#include "sched/park_driver.h"

namespace zokio {

Result<std::unique_ptr<Scheduler>> Scheduler::Create(SchedulerOptions options) {
  int workers = options.workers == 0 ? AvailableCores() : options.workers;
  if (workers < 0 || workers > kWorkersMax) {
    return Error(ErrorCode::kInvalidArgument, "create scheduler");
  }
  auto core = std::make_unique<internal::Core>(workers, *options.clock, options.hooks);
  for (int i = 0; i < workers; ++i) {
    std::unique_ptr<Driver> driver;
    if (options.driver) {
      Result<std::unique_ptr<Driver>> made = options.driver(i);
      if (!made.ok()) return made.error();
      driver = std::move(made).value();
    } else {
      driver = std::make_unique<ParkDriver>();
    }
    core->AddWorker(
        std::make_unique<internal::Worker>(*core, i, std::move(driver), options.idle_period));
  }
  std::unique_ptr<Scheduler> scheduler(new Scheduler(std::move(core)));
  Result<void> started = scheduler->StartThreads(options.thread_name);
  if (!started.ok()) return started.error();
  return scheduler;
}

Scheduler::Scheduler(std::unique_ptr<internal::Core> core) : core_(std::move(core)) {}

Scheduler::~Scheduler() { (void)Shutdown(); }

Result<void> Scheduler::StartThreads(const std::string& name) {
  for (int i = 0; i < workers(); ++i) {
    internal::Worker* worker = core_->workers()[static_cast<size_t>(i)].get();
    Result<Thread> thread =
        Thread::Start(name + "-" + std::to_string(i), [worker] { worker->Main(); });
    if (!thread.ok()) return thread.error();
    threads_.push_back(std::move(thread).value());
  }
  return {};
}

Result<void> Scheduler::Shutdown(Duration limit, TaskDump* blocking) {
  ZOKIO_CHECK(!internal::OnWorkerThread(), "Shutdown on a worker thread would wait for itself");
  core_->Stop();
  // Those that were started: Create may have failed in between.
  Instant deadline = SaturatingAdd(Clock::Monotonic().Now(), limit);
  if (!core_->WaitForExit(static_cast<int>(threads_.size()), deadline)) {
    if (blocking != nullptr) *blocking = Dump();
    return Error(ErrorCode::kDeadlineExceeded, "shut down scheduler");
  }
  for (Thread& thread : threads_) thread.Join();
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

int Scheduler::workers() const { return core_->worker_count(); }

std::vector<WorkerStats> Scheduler::Stats() const {
  std::vector<WorkerStats> stats;
  for (const auto& worker : core_->workers()) stats.push_back(worker->Stats());
  return stats;
}

}  // namespace zokio
