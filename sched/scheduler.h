// Scheduler: worker threads that run tasks, share their work by stealing, and sleep without work.
//
//   auto scheduler = zokio::Scheduler::Create();
//   int answer = scheduler.value()->BlockOn([]() -> zokio::Task<int> { co_return 42; });
//
// It needs no I/O: given a Driver per worker (what `runtime` does) workers wait for I/O and for
// each other in one place; without one they sleep on a futex. How queues, stealing and wake-ups
// work is told in run_queue.h, idle_set.h and internal/worker.h.
//
// Ownership: owns its threads, drivers and timers; tasks belong to themselves, but end before it.
// Thread-safety: any thread. Drain, Shutdown and the destructor not on a worker (a CHECK).
// Cancellation: Shutdown, and so the destructor, cancels all tasks and runs them to their end; a
//   task's frame always dies on a worker.
// Errors: Create fails where a driver or a thread cannot be had. In a process forked from the one
//   that created it: kUnsupported, spawned tasks end at once, and its end leaves all as it is.
// Cost: idle workers use no CPU. A wake within one worker takes no lock and no system call.
#ifndef ZOKIO_SCHED_SCHEDULER_H_
#define ZOKIO_SCHED_SCHEDULER_H_

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/result.h"
#include "future/executor.h"
#include "future/join_handle.h"
#include "future/spawn.h"
#include "future/task.h"
#include "sched/internal/block_on.h"
#include "sched/internal/spawn_batch.h"
#include "sched/priority.h"
#include "sched/scheduler_options.h"  // IWYU pragma: export
#include "sched/stuck_poll.h"
#include "sched/task_dump.h"
#include "sched/virtual_clock.h"
#include "sched/worker_stats.h"

namespace zokio {

namespace internal {
class Core;
}  // namespace internal

class Scheduler {
 public:
  static constexpr int kWorkersMax = 1024;

  static Result<std::unique_ptr<Scheduler>> Create(SchedulerOptions options = SchedulerOptions());
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  // Shuts down without a limit of time.
  ~Scheduler();

  // Runs a task beside the caller: a Task, or a callable with its arguments that are kept with it.
  // On a worker of this scheduler it goes to that worker's queue.
  template <typename T>
  JoinHandle<T> Spawn(Task<T> task) {
    return zokio::Spawn(executor(), std::move(task));
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto Spawn(Callable&& callable, Args&&... args) {
    return zokio::Spawn(executor(), std::forward<Callable>(callable), std::forward<Args>(args)...);
  }

  // The same with a priority of its own.
  template <typename T>
  JoinHandle<T> Spawn(Priority priority, Task<T> task) {
    return zokio::Spawn(executor(priority), std::move(task));
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto Spawn(Priority priority, Callable&& callable, Args&&... args) {
    return zokio::Spawn(executor(priority), std::forward<Callable>(callable),
                        std::forward<Args>(args)...);
  }

  // Spawns make(0), ..., make(count - 1), each a task, and wakes workers for all of them together:
  // cheaper than one by one, above all from outside. The handles are in order. An exception of
  // `make` goes through; those made before are cancelled.
  template <typename Make>
  auto SpawnBatch(Priority priority, size_t count, Make make) {
    using Handle = decltype(zokio::Spawn(executor(), make(size_t{0})));
    std::vector<Handle> handles;
    handles.reserve(count);
    auto batch = BatchExecutor(priority, count);
    for (size_t i = 0; i < count; ++i) handles.push_back(zokio::Spawn(batch, make(i)));
    return handles;
  }
  template <typename Make>
  auto SpawnBatch(size_t count, Make make) {
    return SpawnBatch(Priority::kNormal, count, std::move(make));
  }

  // Runs a task on one worker and no other: for what is bound to a thread, or to the data that this
  // worker's cache holds. What it forks may run elsewhere.
  // REQUIRES: 0 <= worker < workers().
  template <typename T>
  JoinHandle<T> SpawnOn(int worker, Task<T> task) {
    return zokio::Spawn(executor_on(worker), std::move(task));
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto SpawnOn(int worker, Callable&& callable, Args&&... args) {
    return zokio::Spawn(executor_on(worker), std::forward<Callable>(callable),
                        std::forward<Args>(args)...);
  }

  // Runs a task on the workers of one memory node and no other: for what works on that node's
  // memory. What it forks may run elsewhere. Without affinity there is node 0 alone.
  // REQUIRES: 0 <= node < nodes(), and a worker is on it.
  template <typename T>
  JoinHandle<T> SpawnOnNode(int node, Task<T> task) {
    return zokio::Spawn(executor_on_node(node), std::move(task));
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto SpawnOnNode(int node, Callable&& callable, Args&&... args) {
    return zokio::Spawn(executor_on_node(node), std::forward<Callable>(callable),
                        std::forward<Args>(args)...);
  }

  // Runs a task on a worker; this thread sleeps until it ends. An exception of the task is rethrown
  // here. kCancelled when the scheduler was shut down meanwhile.
  // REQUIRES: not on a worker's thread, of whichever scheduler.
  template <typename T>
  Result<T> TryBlockOn(Task<T> task) {
    internal::CheckMayBlock();
    if (Result<void> process = CheckProcess(); !process.ok()) return process.error();
    JoinHandle<T> handle = Spawn(std::move(task));
    return internal::WaitFor(handle, virtual_clock(), core_.get());
  }

  // As TryBlockOn, where a shutdown meanwhile is a defect of the program.
  template <typename T>
  T BlockOn(Task<T> task) {
    ZOKIO_CHECK(CheckProcess().ok(),
                "use of a scheduler after fork(): its threads are in the "
                "parent process; create one in the child");
    Result<T> result = TryBlockOn(std::move(task));
    ZOKIO_CHECK(result.ok(), "the scheduler was shut down during BlockOn");
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  auto BlockOn(Callable&& callable, Args&&... args) {
    return BlockOn(MakeTask(std::forward<Callable>(callable), std::forward<Args>(args)...));
  }

  // Takes no more tasks from other threads and waits until those that live, and what they spawn,
  // have ended by themselves: first a Drain with a limit, then a Shutdown, ends a program politely.
  // Fails with kDeadlineExceeded when that takes longer; `left` then tells which tasks live. What
  // has nothing to end it (a server's accept loop) must be told by the program. Spawns from outside
  // end at once, also afterwards; jobs of a BlockingPool and other schedulers are outside.
  // REQUIRES: not on a worker's thread, nor inside BlockInPlace of one's own.
  Result<void> Drain(Duration limit = Duration::max(), TaskDump* left = nullptr);

  // Takes no more tasks, cancels those that live, waits for their end and ends the threads.
  // Fails with kDeadlineExceeded when that takes longer than `limit`; it goes on nevertheless, and
  // may be called again. Idempotent. On failure `blocking` tells which tasks it waits for.
  // REQUIRES: as Drain.
  Result<void> Shutdown(Duration limit = Duration::max(), TaskDump* blocking = nullptr);

  // Which tasks live and what they do. Waits so long for workers to answer, which they do between
  // two polls, or at once when asleep.  REQUIRES: not on a worker's thread.
  TaskDump Dump(Duration limit = std::chrono::milliseconds(100)) const;

  // Tasks spawned through it have this priority.
  Executor& executor(Priority priority = Priority::kNormal);
  // Tasks spawned through it run on this worker only.
  Executor& executor_on(int worker);
  // Tasks spawned through it run on this node's workers only.
  Executor& executor_on_node(int node);
  int workers() const;
  // Memory nodes of the machine, as far as the workers' places make a difference (1 without
  // affinity), and which of them a worker is on.
  int nodes() const;
  int node_of(int worker) const;
  // Where the workers run, a line each; what was asked for and could not be had.
  std::string PlacementReport() const;
  // A snapshot for each worker; spare ones come last, once they exist.
  std::vector<WorkerStats> Stats() const;

  // The last few polls that were stuck (SchedulerOptions::stuck_poll_limit), oldest first, and how
  // many there were.
  std::vector<StuckPoll> StuckPolls() const;
  RecoveryStats Recovery() const;

 private:
  explicit Scheduler(std::unique_ptr<internal::Core> core);

  VirtualClock* virtual_clock() const;
  // Fails a CHECK where waiting for all tasks would wait for the caller.
  void CheckMayWaitForAll() const;
  // kUnsupported in a process that was forked from the one that created it.
  Result<void> CheckProcess() const;
  internal::SpawnBatchExecutor BatchExecutor(Priority priority, size_t count);

  std::unique_ptr<internal::Core> core_;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_SCHEDULER_H_
