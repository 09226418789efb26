// Worker: one thread of a scheduler, its queues, its driver and its timers.
//
// It has a ring for each priority. A turn of its loop takes the next task, in this order:
//   1. immediate tasks, its own and those from outside, at most 32 in a row while others wait
//   2. the LIFO slot: the normal task woken last by the task that ran last; at most three times in
//      a row, so that two tasks that wake each other cannot keep out the rest
//   3. the batch it claimed from its normal ring
//   4. tasks bound to this worker (pinned_queue.h), at most 16 in a row while others wait
//   5. children that a task forked and then left (sched/fork.h), the newest first, at most 16 in a
//      row while others wait
//   6. its normal ring
//   7. background tasks; one of them comes before all others after each maintenance, so that they
//      get a turn at least every 64 polls or about 50 µs, whichever is longer
// Every few dozen polls, tuned so that it is about every 50 µs, comes maintenance: the driver, the
// timers, the hooks, the inject queues. Without work the worker asks the driver and the inject
// queues, then searches the other workers, then parks in the driver.
//
// Thread-safety: everything by the worker's own thread, except driver().Unpark, the Steal of
//   its queues, the counters and the table's RemoveRemote.
#ifndef ZOKIO_SCHED_INTERNAL_WORKER_H_
#define ZOKIO_SCHED_INTERNAL_WORKER_H_

#include <cstdint>
#include <memory>

#include "base/random.h"
#include "base/thread_local.h"
#include "future/context.h"
#include "sched/driver.h"
#include "sched/fork_host.h"
#include "sched/internal/core.h"
#include "sched/internal/counter.h"
#include "sched/internal/pinned_queue.h"
#include "sched/internal/prefetch_task.h"
#include "sched/priority.h"
#include "sched/run_queue.h"
#include "sched/task_table.h"
#include "sched/timer_wheel.h"
#include "sched/worker_stats.h"

namespace zokio::internal {

// The innermost worker whose loop runs on this thread.
struct CurrentWorkerTag;
using CurrentWorker = ThreadLocal<class Worker*, CurrentWorkerTag>;

struct WorkerCounters {
  Counter polls, lifo_polls, spawned, completed, steals, stolen_tasks, injected, overflows, parks,
      wakes, searches, ticks, completions, timers_fired, budget_exhaustions;
};

class Worker final : private ForkHost {
 public:
  Worker(Core& core, int index, std::unique_ptr<Driver> driver, Duration idle_period);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // The whole life of the worker's thread.
  void Main();

  // Queues a task from this worker's thread.
  void Push(TaskHeader* task, Priority priority);
  // A task that ends on this thread leaves the table of whichever worker has it.
  void Forget(TaskHeader* task);

  Core& core() const { return core_; }
  Driver& driver() { return *driver_; }
  // Any thread: there is something to steal.
  bool HasVisibleWork() const;
  using ForkHost::deque;
  PinnedQueue& pinned() { return pinned_; }
  WorkerCounters& counters() { return counters_; }
  WorkerStats Stats() const;

 private:
  static constexpr uint32_t kBatchMax = 16;
  static constexpr uint32_t kLifoPollsMax = 3;
  static constexpr uint32_t kImmediatePollsMax = 32;
  static constexpr uint32_t kForkPollsMax = 16;
  static constexpr uint32_t kPinnedPollsMax = 16;
  static constexpr uint32_t kIntervalMax = 64;
  static constexpr uint64_t kInjectTicks = 4;
  // With more than this waiting in the ring, the driver is asked every so many ticks only.
  static constexpr uint32_t kEagerPollMax = 16;
  static constexpr uint64_t kLazyPollTicks = 16;
  static constexpr int64_t kMaintenancePeriodNs = 50'000;
  static constexpr int64_t kBatchPeriodNs = 20'000;
  static constexpr uint32_t kStealMax = RunQueue::kCapacity / 2;

  void Loop();
  void Run(TaskHeader* task);
  TaskHeader* NextLocal();
  TaskHeader* NextImmediate();
  TaskHeader* NextNormal();
  TaskHeader* NextPinned();
  TaskHeader* NextForked();
  TaskHeader* NextBackground();
  TaskHeader* FindWork();
  TaskHeader* TakeInjected(Priority priority);
  TaskHeader* TakeInjectedOfAny();
  TaskHeader* Search();
  TaskHeader* StealOnce(Priority priority);
  TaskHeader* StealForked();
  // A forked child becomes a task of its own.
  TaskHeader* AdoptForked(TaskHeader* task);
  void WakeThief() override;
  bool EndTurn() override;
  // The next of batch_, with the two behind it on their way into the cache.
  TaskHeader* NextClaimed() {
    TaskHeader* task = batch_[batch_at_++];
    if (batch_at_ < batch_count_) PrefetchTask(batch_[batch_at_]);
    if (batch_at_ + 1 < batch_count_) PrefetchTaskHeader(batch_[batch_at_ + 1]);
    return task;
  }
  // Whether the running task is to end, alone or with all others; maintenance sees to it then.
  bool EndIsAsked(const TaskHeader* running) {
    const bool told = running != nullptr &&
                      (running->state.load(memory_order_relaxed) & TaskHeader::kNotified) != 0;
    const bool asked = told || (core_.stopping() && !cancelled_all_);
    if (asked) until_maintenance_ = 1;
    return asked;
  }
  void EndSearch();
  void Park();
  void Maintain();
  void Tune(Instant now);
  // Timers, and the driver if asked; what they wake goes to the ring. Returns how much there was.
  int PollEvents(bool ask_driver);
  void PushRing(TaskHeader* task, Priority priority);
  void Overflow(TaskHeader* task, Priority priority);
  RunQueue& queue(Priority priority) { return queues_[static_cast<int>(priority)]; }
  bool HasQueued() const;
  void Notify();
  void CancelAll();
  void AnswerDump();

  Core& core_;
  const int index_;
  const std::unique_ptr<Driver> driver_;
  const Duration idle_period_;

  // Written by other threads now and then.
  RunQueue queues_[kPriorities];
  TaskTable table_;
  PinnedQueue pinned_;

  // The owner's alone.
  alignas(64) TaskHeader* lifo_slot_ = nullptr;
  TaskHeader* current_ = nullptr;  // being polled
  uint32_t lifo_streak_ = 0;
  uint32_t immediate_streak_ = 0;
  uint32_t fork_streak_ = 0;
  uint32_t pinned_streak_ = 0;
  bool background_due_ = false;
  uint32_t inject_turn_ = 0;
  uint32_t batch_at_ = 0;
  uint32_t batch_count_ = 0;
  uint32_t batch_limit_ = kBatchMax;
  TaskHeader* batch_[kBatchMax];  // claimed from the ring, oldest first
  uint32_t interval_ = kIntervalMax;
  uint32_t until_maintenance_ = kIntervalMax;
  int64_t poll_ns_ = 0;  // moving average, in 1/8 ns
  Instant last_maintenance_{};
  uint64_t dump_answered_ = 0;
  bool searching_ = false;
  bool cancelled_all_ = false;
  bool idle_reported_ = false;  // to the hooks, in this idle spell
  Random random_;
  PollEnvironment environment_;
  TimerWheel wheel_;
  WorkerCounters counters_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_WORKER_H_
