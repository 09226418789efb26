// Runtime: workers with I/O. What main() uses.
//
//   int main() {
//     zokio::Runtime runtime({.workers = 4});
//     return runtime.BlockOn([]() -> zokio::Task<int> { ...; co_return 0; });
//   }
//
// Each worker thread runs tasks, shares them by stealing, and has an I/O loop of its own (an
// io_uring, or an epoll set where io_uring is denied) in which it sleeps when there is nothing to
// do. `sched/scheduler.h` and `io/loop.h` say how either half works.
//
// Ownership: owns its threads, loops and timers. Sockets and leases may outlive it: their
//   operations then fail with kShutdown.
// Thread-safety: any thread; Shutdown and the destructor not on a worker (a CHECK).
// Cancellation: Shutdown and the destructor cancel every task, wait for their end and for what the
//   kernel still holds.
// Errors: Create says why a runtime cannot be had; the constructor fails a CHECK with that.
// Cost: an idle runtime uses no CPU.
#ifndef ZOKIO_RUNTIME_RUNTIME_H_
#define ZOKIO_RUNTIME_RUNTIME_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "future/spawn.h"
#include "future/task.h"
#include "io/backend_report.h"
#include "io/loop_options.h"
#include "io/loop_stats.h"
#include "sched/placement.h"
#include "sched/scheduler.h"
#include "sched/stuck_poll.h"
#include "sched/task_dump.h"
#include "sched/topology.h"
#include "sched/virtual_clock.h"
#include "sched/worker_hooks.h"
#include "sched/worker_stats.h"

namespace zokio {

struct RuntimeOptions {
  // 0: as many as cores that this process may use.
  int workers = 0;
  // The backend (auto, io_uring, epoll), buffers and queue sizes.
  io::LoopOptions io;
  // Called on the workers; outlives the runtime. May be null.
  WorkerHooks* hooks = nullptr;
  // What SchedulerOptions says of them.
  Affinity affinity = Affinity::kNone;
  std::shared_ptr<const Topology> topology = nullptr;
  Duration stuck_poll_limit = SchedulerOptions().stuck_poll_limit;
  std::function<void(const StuckPoll&)> on_stuck_poll = nullptr;
  bool stuck_poll_stack = SchedulerOptions().stuck_poll_stack;
  int spare_workers_max = SchedulerOptions().spare_workers_max;
  VirtualClock* virtual_clock = nullptr;
  // A worker parked for so long gives unused memory back to the kernel and has OnIdle called.
  Duration idle_period = std::chrono::milliseconds(100);
  bool decay_memory_when_idle = true;
};

// What every worker and its loop did since the start.
struct RuntimeStats {
  std::vector<WorkerStats> workers;
  std::vector<io::LoopStats> loops;

  // Some lines for people: sums over all workers.
  std::string ToString() const;
};

class Runtime {
 public:
  static Result<std::unique_ptr<Runtime>> Create(const RuntimeOptions& options = {});
  explicit Runtime(const RuntimeOptions& options = {});
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  // Runs a task beside the caller. A dropped handle cancels it; Detach lets it run.
  template <typename T>
  JoinHandle<T> Spawn(Task<T> task) {
    return scheduler().Spawn(std::move(task));
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto Spawn(Callable&& callable, Args&&... args) {
    return scheduler().Spawn(std::forward<Callable>(callable), std::forward<Args>(args)...);
  }

  // Runs a task on a worker; this thread sleeps until it ends.
  template <typename T>
  T BlockOn(Task<T> task) {
    return scheduler().BlockOn(std::move(task));
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto BlockOn(Callable&& callable, Args&&... args) {
    return scheduler().BlockOn(std::forward<Callable>(callable), std::forward<Args>(args)...);
  }

  // Takes no more tasks from other threads, and waits for the end of those that live: see
  // Scheduler::Drain.
  Result<void> Drain(Duration limit = Duration::max(), TaskDump* left = nullptr);

  // As the destructor, but fails with kDeadlineExceeded when tasks need longer than `limit`.
  Result<void> Shutdown(Duration limit = Duration::max());

  // Which backend was chosen, with which features, what was denied and why.
  const io::BackendReport& backend() const;
  RuntimeStats Stats() const;
  int workers() const;
  Scheduler& scheduler();

 private:
  struct State;
  explicit Runtime(std::unique_ptr<State> state);

  static Result<std::unique_ptr<State>> MakeState(const RuntimeOptions& options);

  std::unique_ptr<State> state_;
};

}  // namespace zokio

#endif  // ZOKIO_RUNTIME_RUNTIME_H_
