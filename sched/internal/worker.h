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
//   7. background tasks; one of them comes before all others after a maintenance, so that they get
//      a turn about every 64 polls or 50 µs, whichever is shorter, but not within 8 polls
// Every few dozen polls, tuned so that it is about every 50 µs, comes maintenance: the driver, the
// timers, the hooks, the inject queues. Without work the worker asks the driver and the inject
// queues, then searches the other workers, then parks in the driver.
//
// While a poll is stuck, or blocks in place, its private state is the crew's (crew.h): what the
// poll then wakes goes to the inject queue.
//
// Thread-safety: everything by the worker's own thread, except driver().Unpark, the Steal of
//   its queues, the counters, the table's RemoveRemote, and what is said to be any thread's or the
//   crew's (which holds its lock and, for the private state, the gate).
#ifndef ZOKIO_SCHED_INTERNAL_WORKER_H_
#define ZOKIO_SCHED_INTERNAL_WORKER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/random.h"
#include "base/thread_local.h"
#include "future/context.h"
#include "future/executor.h"
#include "future/poll_task.h"
#include "sched/driver.h"
#include "sched/fork_host.h"
#include "sched/idle_spin.h"
#include "sched/internal/core.h"
#include "sched/internal/counter.h"
#include "sched/internal/owner_gate.h"
#include "sched/internal/pinned_queue.h"
#include "sched/internal/prefetch_task.h"
#include "sched/internal/spin_learner.h"
#include "sched/priority.h"
#include "sched/run_queue.h"
#include "sched/task_table.h"
#include "sched/timer_wheel.h"
#include "sched/worker_stats.h"

namespace zokio::internal {

// The innermost worker whose loop runs on this thread.
struct CurrentWorkerTag;
using CurrentWorker = ThreadLocal<class Worker*, CurrentWorkerTag>;
// The worker inside whose poll this thread is in BlockInPlace, when it is no worker's.
struct BlockedWorkerTag;
using BlockedWorker = ThreadLocal<class Worker*, BlockedWorkerTag>;

// For WatchForFork: in the child this thread is no worker any more.
void LeaveWorkerAfterFork();

inline constexpr Priority kInOrder[] = {Priority::kImmediate, Priority::kNormal,
                                        Priority::kBackground};

struct WorkerCounters {
  Counter polls, lifo_polls, spawned, completed, steals, stolen_tasks, injected, overflows, parks,
      spins, spin_hits, wakes, searches, ticks, completions, timers_fired, budget_exhaustions,
      late_completions, aged;
  Counter stuck_polls;  // the crew's, under its lock
  Counter poll_times[kPollTimeBuckets];

  void AddPollTime(Duration lasted) { poll_times[PollTimeBucket(lasted)].Add(); }
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

  // Any thread: what it polls now, which may end at any moment; null between polls.
  TaskHeader* current() const { return current_.load(memory_order_acquire); }
  // Any thread: grows with each poll, each turn that a forking task takes in one, each task's end.
  uint64_t Progress() const {
    return counters_.polls.Get() + counters_.ticks.Get() + counters_.completed.Get();
  }
  // Any thread: it sleeps in its driver, or is about to.
  bool asleep() const { return asleep_.load(memory_order_seq_cst); }
  // Any thread: it is inside BlockInPlace, and waits there for its own scheduler.
  bool waits_in_place() const { return waits_in_place_.load(memory_order_seq_cst); }
  // Any thread: how it spins before it parks, in this driver.
  IdleSpin spin() const { return spin_; }
  // Any thread: says when and on which processor, and unparks it.
  void Wake(Instant now, int cpu) {
    woken_on_.store(cpu, memory_order_relaxed);
    woken_at_ns_.store(now.time_since_epoch().count(), memory_order_relaxed);
    driver_->Unpark();
  }
  void SetWaitsInPlace(bool waits) { waits_in_place_.store(waits, memory_order_seq_cst); }
  bool io_pending() const { return io_pending_.load(memory_order_relaxed); }
  int index() const { return index_; }
  // Any thread: whose place it has in the scheduler's Placement: its own, or as a spare worker that
  // of the one it stands in for.
  int place() const { return place_.load(memory_order_relaxed); }
  int node() const { return core_.placement().workers[static_cast<size_t>(place())].node; }
  // Any thread: errno of the failure to bind its thread to its processors, or 0.
  int pin_error() const { return pin_error_.load(memory_order_relaxed); }
  int thread_number() const { return thread_number_.load(memory_order_relaxed); }
  TimerWheel& wheel() { return wheel_; }

  // The crew's.
  OwnerGate& gate() { return gate_; }
  TaskTable& table() { return table_; }
  bool passive() const { return passive_.load(memory_order_relaxed); }
  void SetPassive(bool passive) { passive_.store(passive, memory_order_release); }
  void SetPlace(int place) { place_.store(place, memory_order_relaxed); }
  Worker* caretaker() const { return caretaker_; }
  // REQUIRES: the gate is seized. Its queued tasks go to the inject queue; its timers, and those
  // that it cares for, to `to`.
  void GiveAway(Worker& to);
  void RemoveWard(Worker& ward);
  // Its thread is back from a poll that was stuck.
  void NoteReturn();

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
  static constexpr uint64_t kBackgroundGap = 8;
  static constexpr uint32_t kAgedMax = 32;
  static constexpr int64_t kLongPollNs = 1'000'000;
  static constexpr uint32_t kStealMax = RunQueue::kCapacity / 2;

  void Loop();
  // Binds its thread to the processors of its place, where that has changed.
  void Settle();
  [[gnu::always_inline]] inline void Run(TaskHeader* task);
  bool RunOther(TaskHeader* task);
  // At its first run: into the table.
  void Register(TaskHeader* task);
  [[gnu::always_inline]] inline void Requeue(TaskHeader* task);
  void RequeueElsewhere(TaskHeader* task);
  void NearMaintenance();
  TaskHeader* NextLocal();
  TaskHeader* NextOfAll();
  TaskHeader* NextImmediate();
  TaskHeader* NextNormal();
  TaskHeader* NextPinned();
  TaskHeader* NextOfNode();
  TaskHeader* NextForked();
  TaskHeader* NextBackground();
  TaskHeader* FindWork();
  TaskHeader* TakeInjected(Priority priority);
  TaskHeader* TakeInjectedOfAny();
  TaskHeader* Search();
  template <typename Rob>
  TaskHeader* RobNearestFirst(Rob rob);
  template <typename VictimAt, typename Rob>
  TaskHeader* RobGroup(uint32_t count, VictimAt victim_at, Rob rob);
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
  // Until something comes; `deadline` is the next timer's.
  void Sleep(Instant deadline);
  void SleepInVirtualTime();
  // Before it searches and parks: looks out for work for a while. True: there is news.
  bool SpinForWork();
  Instant Spin(Instant end);
  bool HasReasonToLook() const;
  void LearnFromSleep(Instant asleep_at);
  Instant NextDeadline() const;
  int AdvanceTimers();
  void PushPrivate(TaskHeader* task);
  void Maintain();
  void Tune(Instant now);
  // Background tasks that have waited for long become normal ones for their next run.
  void Age(Instant now);
  // Timers, and the driver if asked; what they wake goes to the ring. Returns how much there was.
  int PollEvents(bool ask_driver);
  void PushRing(TaskHeader* task, Priority priority);
  void Overflow(TaskHeader* task, Priority priority);
  RunQueue& queue(Priority priority) { return queues_[static_cast<int>(priority)]; }
  bool HasQueued() const;
  // After a push to a ring.
  void Notify() {
    if (__builtin_expect(core_.idle().NeedsWake(), 0)) Wake();
  }
  void Wake();
  void CancelAll();
  void AnswerDump();

  Core& core_;
  Executor& normal_;
  const int index_;
  const std::unique_ptr<Driver> driver_;
  const Duration idle_period_;
  const IdleSpin spin_;

  // Written by other threads now and then.
  RunQueue queues_[kPriorities];
  TaskTable table_;
  PinnedQueue pinned_;
  Atomic<TaskHeader*> current_{nullptr};  // being polled
  Atomic<bool> asleep_{false};
  Atomic<bool> waits_in_place_{false};
  Atomic<bool> io_pending_{false};
  Atomic<bool> passive_{false};
  Atomic<int> place_;
  Atomic<int64_t> woken_at_ns_{0};
  Atomic<int> woken_on_{-1};
  Atomic<int> pin_error_{0};
  Atomic<bool> has_wards_{false};
  Atomic<int> thread_number_{0};

  // The crew's lock.
  Worker* caretaker_ = nullptr;
  mutable Mutex wards_mutex_;
  std::vector<Worker*> wards_;  // under wards_mutex_ too, for this worker reads it

  // Inside the gate: the owner's, or of who has seized it.
  OwnerGate gate_;
  alignas(64) TaskHeader* lifo_slot_ = nullptr;
  uint32_t batch_at_ = 0;
  uint32_t batch_count_ = 0;
  TaskHeader* batch_[kBatchMax];  // claimed from the ring, oldest first

  // The owner's alone.
  uint32_t lifo_streak_ = 0;
  uint32_t immediate_streak_ = 0;
  uint32_t fork_streak_ = 0;
  uint32_t pinned_streak_ = 0;
  bool background_due_ = false;
  uint64_t background_after_ = 0;  // polls; then the next one may be due
  bool urgent_ = false;  // a background task is due, or an immediate one may be queued here
  uint32_t inject_turn_ = 0;
  uint32_t batch_limit_ = kBatchMax;
  uint32_t interval_ = kIntervalMax;
  uint32_t until_maintenance_ = kIntervalMax;
  int64_t poll_ns_ = 0;           // moving average, in 1/8 ns
  Instant timed_since_ = kNever;  // when the poll began that is timed
  Instant last_maintenance_{};
  uint64_t aged_until_ = 0;  // background tasks pushed before this are waiting since last_aged_
  Instant last_aged_{};
  uint64_t dump_answered_ = 0;
  bool searching_ = false;
  bool cancelled_all_ = false;
  bool idle_reported_ = false;       // to the hooks, in this idle spell
  NodeQueue* node_queue_ = nullptr;  // of its place
  int settled_at_ = -1;              // the place that its thread is bound to
  bool returned_ = false;            // from a stuck poll, and has not asked its driver since
  bool io_waited_for_ = false;       // virtual time: no completion came in the grace
  SpinLearner spin_learner_;
  Duration spun_for_{-1};  // the last wait, where a spin was enough and it is not noted yet
  Instant idle_since_{};   // where it may spin: when it last had found nothing
  Random random_;
  PollEnvironment environment_;
  TaskPoller poller_{environment_};
  TimerWheel wheel_;
  WorkerCounters counters_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_WORKER_H_
