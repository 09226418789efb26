#include "sched/internal/worker.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/check.h"
#include "future/task_header.h"
#include "sched/task_batch.h"

namespace zokio::internal {
namespace {

constexpr Priority kInOrder[] = {Priority::kImmediate, Priority::kNormal, Priority::kBackground};

}  // namespace

Worker::Worker(Core& core, int index, std::unique_ptr<Driver> driver, Duration idle_period)
    : ForkHost(core.idle(), core.worker_count()),
      core_(core),
      index_(index),
      driver_(std::move(driver)),
      idle_period_(idle_period),
      table_(core.table_limit()),
      random_(static_cast<uint64_t>(index) + 1),
      wheel_(core.clock()) {
  environment_.timer = &wheel_;
  environment_.forks = this;
}

void Worker::Main() {
  Worker* outer = std::exchange(CurrentWorker::Get(), this);
  if (core_.hooks() != nullptr) core_.hooks()->OnThreadStart(index_);
  driver_->Attach();
  Loop();
  driver_->Detach();
  if (core_.hooks() != nullptr) core_.hooks()->OnThreadExit(index_);
  CurrentWorker::Get() = outer;
  core_.WorkerExited();
}

void Worker::Loop() {
  last_maintenance_ = core_.clock().Now();
  while (true) {
    TaskHeader* task = NextLocal();
    if (__builtin_expect(task == nullptr, 0)) {
      task = FindWork();
      if (task == nullptr) return;
    }
    Run(task);
    if (__builtin_expect(--until_maintenance_ == 0, 0)) Maintain();
  }
}

void Worker::Run(TaskHeader* task) {
  if (task->executor_slot == 0) {
    task->executor_slot = table_.Add(task) << core_.worker_bits() | static_cast<uint32_t>(index_);
    if (__builtin_expect(cancelled_all_, 0)) CancelTask(task);
  }
  current_ = task;
  environment_.executor = task->executor;  // what it spawns has its priority
  counters_.polls.Add();
  RunTask(task, environment_);
  current_ = nullptr;
}

void Worker::Forget(TaskHeader* task) {
  uint32_t index = task->executor_slot >> core_.worker_bits();
  auto owner = static_cast<int>(task->executor_slot & ((1u << core_.worker_bits()) - 1));
  if (owner == index_) {
    table_.RemoveLocal(index);
  } else {
    core_.workers()[static_cast<size_t>(owner)]->table_.RemoveRemote(index);
  }
}

void Worker::Push(TaskHeader* task, Priority priority) {
  if (current_ == nullptr) {
    // The driver or a timer woke it: in order, and others are woken once for the whole batch.
    PushRing(task, priority);
    return;
  }
  if (priority != Priority::kNormal) {
    PushRing(task, priority);
    Notify();
    return;
  }
  if (task == current_) {
    // It yielded: behind all others. Alone, it needs no queue.
    if (lifo_slot_ == nullptr && batch_at_ == batch_count_ && queue(priority).empty()) {
      batch_[0] = task;
      batch_at_ = 0;
      batch_count_ = 1;
    } else {
      PushRing(task, priority);
      Notify();
    }
    return;
  }
  TaskHeader* displaced = std::exchange(lifo_slot_, task);
  if (displaced == nullptr) return;
  PushRing(displaced, priority);
  Notify();
}

void Worker::PushRing(TaskHeader* task, Priority priority) {
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
    core_.inject(priority).PushBatch(batch, static_cast<uint32_t>(index_));
    counters_.overflows.Add();
  }
  bool pushed = queue(priority).Push(task);
  ZOKIO_CHECK(pushed, "half of the ring was taken just now");
}

void Worker::Notify() {
  if (__builtin_expect(core_.idle().NeedsWake(), 0) && core_.WakeOne()) counters_.wakes.Add();
}

TaskHeader* Worker::NextLocal() {
  if (__builtin_expect(background_due_, 0)) {
    background_due_ = false;
    if (TaskHeader* task = NextBackground()) return task;
  }
  if (immediate_streak_ < kImmediatePollsMax) {
    if (TaskHeader* task = NextImmediate()) return task;
    if (TaskHeader* task = NextNormal()) return task;
    return NextBackground();
  }
  immediate_streak_ = 0;
  if (TaskHeader* task = NextNormal()) return task;
  if (TaskHeader* task = NextBackground()) return task;
  return NextImmediate();
}

TaskHeader* Worker::NextImmediate() {
  TaskHeader* task = nullptr;
  if (queue(Priority::kImmediate).Claim(&task, 1) == 0 &&
      __builtin_expect(!core_.inject(Priority::kImmediate).empty(), 0)) {
    task = TakeInjected(Priority::kImmediate);
  }
  immediate_streak_ = task == nullptr ? 0 : immediate_streak_ + 1;
  return task;
}

TaskHeader* Worker::NextNormal() {
  if (lifo_slot_ != nullptr) {
    TaskHeader* task = std::exchange(lifo_slot_, nullptr);
    if (++lifo_streak_ <= kLifoPollsMax) {
      counters_.lifo_polls.Add();
      return task;
    }
    PushRing(task, Priority::kNormal);  // its turn comes after all that wait now
  }
  lifo_streak_ = 0;
  if (batch_at_ < batch_count_) return NextClaimed();
  if (!pinned_.empty()) {
    if (TaskHeader* task = NextPinned()) return task;
  }
  if (!deque().empty()) {
    if (TaskHeader* task = NextForked()) return task;
  }
  // While somebody has no work, what is not run at once stays where it can be stolen.
  uint32_t limit = core_.idle().all_running() ? batch_limit_ : 1;
  batch_count_ = queue(Priority::kNormal).Claim(batch_, limit);
  batch_at_ = 1;
  if (batch_count_ != 0) return batch_[0];
  batch_at_ = 0;
  return nullptr;
}

TaskHeader* Worker::NextPinned() {
  if (pinned_streak_ >= kPinnedPollsMax) {
    pinned_streak_ = 0;
    if (HasVisibleWork()) return nullptr;
  }
  ++pinned_streak_;
  return pinned_.Pop();
}

TaskHeader* Worker::NextForked() {
  if (fork_streak_ >= kForkPollsMax && !queue(Priority::kNormal).empty()) {
    fork_streak_ = 0;
    return nullptr;
  }
  ++fork_streak_;
  TaskHeader* task = deque().Pop();
  return task == nullptr ? nullptr : AdoptForked(task);
}

TaskHeader* Worker::NextBackground() {
  TaskHeader* task = nullptr;
  queue(Priority::kBackground).Claim(&task, 1);
  return task;
}

TaskHeader* Worker::FindWork() {
  while (true) {
    if (core_.stopping() && !cancelled_all_) CancelAll();
    if (core_.dump_request().number() != dump_answered_) AnswerDump();
    int events = PollEvents(/*ask_driver=*/true);
    TaskHeader* task = NextLocal();
    if (events > 1 && task != nullptr && HasVisibleWork()) Notify();
    if (task == nullptr) task = TakeInjectedOfAny();
    if (task == nullptr) task = Search();
    if (searching_ && task != nullptr) EndSearch();
    if (task != nullptr) {
      idle_reported_ = false;
      return task;
    }
    if (core_.stopping() && core_.Drained()) {
      if (searching_) EndSearch();
      return nullptr;
    }
    if (core_.hooks() != nullptr && core_.hooks()->BeforePark(index_)) continue;
    Park();
    // Time asleep is not poll time.
    last_maintenance_ = core_.clock().Now();
    until_maintenance_ = interval_;
  }
}

TaskHeader* Worker::TakeInjected(Priority priority) {
  InjectQueue& inject = core_.inject(priority);
  if (inject.empty()) return nullptr;
  // Another shard each time: this worker's own may never be empty, for it takes the overflow.
  TaskBatch* batch = inject.PopBatch(static_cast<uint32_t>(index_) + inject_turn_++);
  if (batch == nullptr) return nullptr;
  counters_.injected.Add(batch->count);
  for (uint32_t i = 1; i < batch->count; ++i) PushRing(batch->tasks[i], priority);
  TaskHeader* first = batch->tasks[0];
  TaskBatch::Free(batch);
  // A searcher tells others when it ends its search.
  if (!searching_ && core_.WorkVisible()) Notify();
  return first;
}

TaskHeader* Worker::TakeInjectedOfAny() {
  for (Priority priority : kInOrder) {
    if (TaskHeader* task = TakeInjected(priority)) return task;
  }
  return nullptr;
}

void Worker::WakeThief() { Notify(); }

bool Worker::EndTurn() {
  forks_left_ = kForksPerTurn;
  Instant now = core_.clock().Now();
  if ((now - last_maintenance_).count() < kMaintenancePeriodNs) return false;
  last_maintenance_ = now;
  counters_.ticks.Add();
  // What events wake goes to the ring, not to the slot of what the running task woke.
  TaskHeader* running = std::exchange(current_, nullptr);
  PollEvents(/*ask_driver=*/true);
  if (core_.hooks() != nullptr) core_.hooks()->OnTick(index_);
  for (Priority priority : kInOrder) {
    if (queue(priority).empty()) {
      if (TaskHeader* task = TakeInjected(priority)) PushRing(task, priority);
    }
  }
  current_ = running;
  bool others =
      lifo_slot_ != nullptr || batch_at_ < batch_count_ || HasQueued() || !pinned_.empty();
  if (others) Notify();
  const bool asked = EndIsAsked(running);
  return others || asked;
}

void Worker::EndSearch() {
  searching_ = false;
  if (core_.idle().EndSearch() && core_.WorkVisible() && core_.WakeOne()) counters_.wakes.Add();
}

void Worker::Park() {
  bool last = core_.idle().Announce(index_, searching_);
  searching_ = false;
  if (last && core_.WorkVisible()) {
    core_.idle().WithdrawToSearch(index_);
    searching_ = true;
    return;
  }
  counters_.parks.Add();
  Instant deadline = wheel_.NextDeadline();
  Instant idle_at = kNever;
  // Once per idle spell the hooks learn that it lasts.
  if (core_.hooks() != nullptr && !idle_reported_) {
    idle_at = SaturatingAdd(core_.clock().Now(), idle_period_);
  }
  driver_->Park(std::min(deadline, idle_at));
  searching_ = !core_.idle().Withdraw(index_);
  if (idle_at < deadline && !searching_ && core_.clock().Now() >= idle_at) {
    // An Unpark may have come as well: the caller looks at everything again before the next park.
    idle_reported_ = true;
    core_.hooks()->OnIdle(index_);
  }
}

bool Worker::HasVisibleWork() const { return !deque().empty() || HasQueued(); }

bool Worker::HasQueued() const {
  return std::any_of(std::begin(queues_), std::end(queues_),
                     [](const RunQueue& queue) { return !queue.empty(); });
}

int Worker::PollEvents(bool ask_driver) {
  int events = 0;
  if (ask_driver && driver_->HasPendingOperations()) {
    int completions = driver_->Poll();
    counters_.completions.Add(static_cast<uint64_t>(completions));
    events += completions;
  }
  if (wheel_.NextDeadline() != kNever) {
    int fired = wheel_.Advance(core_.clock().Now());
    counters_.timers_fired.Add(static_cast<uint64_t>(fired));
    events += fired;
  }
  return events;
}

// What a busy worker does now and then.
void Worker::Maintain() {
  counters_.ticks.Add();
  Tune(core_.clock().Now());
  // What the driver reads now would be cold by the time that a long ring gets to it: a standing
  // queue of 1000 echoing connections costs a quarter more CPU than short batches.
  PollEvents(/*ask_driver=*/queue(Priority::kNormal).size() <= kEagerPollMax ||
             counters_.ticks.Get() % kLazyPollTicks == 0);
  counters_.budget_exhaustions.Add(environment_.budget_exhaustions -
                                   counters_.budget_exhaustions.Get());
  if (core_.hooks() != nullptr) core_.hooks()->OnTick(index_);
  // Who came in from outside waits no longer for long queues than a few of these turns.
  bool turn = counters_.ticks.Get() % kInjectTicks == 0;
  for (Priority priority : kInOrder) {
    if (!turn && queue(priority).size() > RunQueue::kCapacity / 2) continue;
    if (TaskHeader* task = TakeInjected(priority)) PushRing(task, priority);
  }
  background_due_ = !queue(Priority::kBackground).empty();
  if (HasVisibleWork()) Notify();
  if (core_.stopping() && !cancelled_all_) CancelAll();
  if (core_.dump_request().number() != dump_answered_) AnswerDump();
}

// Chooses how many polls fit into the period until the next maintenance, by a moving average.
void Worker::Tune(Instant now) {
  int64_t spent = (now - last_maintenance_).count();
  last_maintenance_ = now;
  poll_ns_ += spent / interval_ - poll_ns_ / 8;
  int64_t each = std::max<int64_t>(poll_ns_ / 8, 1);
  interval_ =
      static_cast<uint32_t>(std::clamp<int64_t>(kMaintenancePeriodNs / each, 1, kIntervalMax));
  batch_limit_ = static_cast<uint32_t>(std::clamp<int64_t>(kBatchPeriodNs / each, 1, kBatchMax));
  until_maintenance_ = interval_;
}

// The scheduler stops: whatever waits here will end at its next run.
void Worker::CancelAll() {
  cancelled_all_ = true;
  table_.ForEach([](TaskHeader* task) { CancelTask(task); });
}

void Worker::AnswerDump() {
  dump_answered_ = core_.dump_request().number();
  std::vector<TaskInfo> tasks;
  table_.ForEach([&](TaskHeader* task) { tasks.push_back(Describe(task, index_)); });
  core_.dump_request().Answer(dump_answered_, index_, std::move(tasks));
}

WorkerStats Worker::Stats() const {
  WorkerStats stats;
  stats.polls = counters_.polls.Get();
  stats.lifo_polls = counters_.lifo_polls.Get();
  stats.spawned = counters_.spawned.Get();
  stats.completed = counters_.completed.Get();
  stats.steals = counters_.steals.Get();
  stats.stolen_tasks = counters_.stolen_tasks.Get();
  stats.injected = counters_.injected.Get();
  stats.overflows = counters_.overflows.Get();
  stats.parks = counters_.parks.Get();
  stats.wakes = counters_.wakes.Get();
  stats.searches = counters_.searches.Get();
  stats.ticks = counters_.ticks.Get();
  stats.completions = counters_.completions.Get();
  stats.timers_fired = counters_.timers_fired.Get();
  stats.budget_exhaustions = counters_.budget_exhaustions.Get();
  for (const RunQueue& queue : queues_) stats.queue_depth += queue.size();
  return stats;
}

}  // namespace zokio::internal
