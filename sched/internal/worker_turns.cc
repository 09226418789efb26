// The part of Worker that has turns now and then: events, queues from outside, the end, statistics.
#include <algorithm>
#include <utility>
#include <vector>

#include "future/task_header.h"
#include "sched/internal/worker.h"

namespace zokio::internal {

void Worker::WakeThief() { Notify(); }

bool Worker::EndTurn() {
  forks_left_ = kForksPerTurn;
  Instant now = core_.pace_clock().Now();
  if ((now - last_maintenance_).count() < kMaintenancePeriodNs) return false;
  last_maintenance_ = now;
  counters_.ticks.Add();
  // Somebody has taken this worker's place: back to its loop.
  if (!gate_.Enter()) return true;
  // What events wake goes to the ring, not to the slot of what the running task woke.
  TaskHeader* running = current_.load(memory_order_relaxed);
  current_.store(nullptr, memory_order_relaxed);
  PollEvents(/*ask_driver=*/true);
  if (core_.hooks() != nullptr) core_.hooks()->OnTick(index_);
  for (Priority priority : kInOrder) {
    if (queue(priority).empty()) {
      if (TaskHeader* task = TakeInjected(priority)) PushRing(task, priority);
    }
  }
  current_.store(running, memory_order_relaxed);
  bool others = lifo_slot_ != nullptr || batch_at_ < batch_count_ || HasQueued() ||
                !pinned_.empty() || node_queue_->waiting();
  gate_.Leave();
  if (others) Notify();
  const bool asked = EndIsAsked(running);
  return others || asked;
}

int Worker::PollEvents(bool ask_driver) {
  int events = 0;
  if (ask_driver && driver_->HasPendingOperations()) {
    int completions = driver_->Poll();
    counters_.completions.Add(static_cast<uint64_t>(completions));
    if (__builtin_expect(returned_, 0)) {
      counters_.late_completions.Add(static_cast<uint64_t>(completions));
    }
    events += completions;
    io_pending_.store(true, memory_order_relaxed);
  } else if (ask_driver) {
    io_pending_.store(false, memory_order_relaxed);
  }
  returned_ = returned_ && !ask_driver;
  int fired = AdvanceTimers();
  counters_.timers_fired.Add(static_cast<uint64_t>(fired));
  return events + fired;
}

// What a busy worker does now and then.
void Worker::Maintain() {
  counters_.ticks.Add();
  const Instant now = core_.pace_clock().Now();
  Tune(now);
  // What the driver reads now would be cold by the time that a long ring gets to it: a standing
  // queue of 1000 echoing connections costs a quarter more CPU than short batches.
  PollEvents(/*ask_driver=*/returned_ || queue(Priority::kNormal).size() <= kEagerPollMax ||
             counters_.ticks.Get() % kLazyPollTicks == 0);
  counters_.budget_exhaustions.Add(environment_.budget_exhaustions -
                                   counters_.budget_exhaustions.Get());
  if (core_.hooks() != nullptr) core_.hooks()->OnTick(index_);
  // Who came in from outside waits no longer for long queues than a few of these turns.
  bool turn = counters_.ticks.Get() % kInjectTicks == 0;
  for (Priority priority : kInOrder) {
    if (passive_.load(memory_order_relaxed)) break;
    if (!turn && queue(priority).size() > RunQueue::kCapacity / 2) continue;
    if (TaskHeader* task = TakeInjected(priority)) PushRing(task, priority);
  }
  Age(now);
  const uint64_t polls = counters_.polls.Get();
  // Where polls are long there is a turn after each of them.
  if (polls >= background_after_ && !queue(Priority::kBackground).empty()) {
    background_due_ = true;
    background_after_ = polls + kBackgroundGap;
  }
  urgent_ = urgent_ || background_due_;
  // A task that yields alone goes round in the batch, where nothing else is looked at.
  if (batch_at_ + 1 == batch_count_ &&
      (!pinned_.empty() || node_queue_->waiting() || !deque().empty())) {
    PushRing(batch_[batch_at_++], Priority::kNormal);
  }
  if (HasVisibleWork()) Notify();
  if (core_.stopping() && !cancelled_all_) CancelAll();
  if (core_.dump_request().number() != dump_answered_) AnswerDump();
  if (until_maintenance_ == 1) timed_since_ = core_.pace_clock().Now();
}

void Worker::Age(Instant now) {
  RunQueue& background = queue(Priority::kBackground);
  if (background.empty()) {
    aged_until_ = background.pushed();
    last_aged_ = now;
    return;
  }
  if (now - last_aged_ < core_.options().ageing_period) return;
  const uint64_t taken = background.taken();
  if (taken < aged_until_) {
    TaskHeader* old[kAgedMax];
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(aged_until_ - taken, kAgedMax));
    const uint32_t claimed = background.Claim(old, count);
    for (uint32_t i = 0; i < claimed; ++i) PushRing(old[i], Priority::kNormal);
    counters_.aged.Add(claimed);
    if (taken + claimed < aged_until_) return;  // the rest at the next turn
  }
  aged_until_ = background.pushed();
  last_aged_ = now;
}

// Chooses how many polls fit into the period until the next maintenance, by a moving average.
void Worker::Tune(Instant now) {
  int64_t spent = (now - last_maintenance_).count();
  last_maintenance_ = now;
  int64_t untimed = spent;
  if (timed_since_ != kNever) {
    counters_.AddPollTime(now - timed_since_);
    untimed -= (now - timed_since_).count();
    timed_since_ = kNever;
  }
  const int64_t usual = poll_ns_ / 8 * interval_;
  if (untimed > usual + kLongPollNs) counters_.AddPollTime(Duration(untimed - usual));
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
  std::vector<const TaskHeader*> running;
  for (const auto& worker : core_.workers()) running.push_back(worker->current());
  std::vector<TaskInfo> tasks;
  table_.ForEach([&](TaskHeader* task) {
    tasks.push_back(Describe(task, index_));
    if (const SpawnRecords* records = core_.spawn_records()) records->Tell(task, &tasks.back());
    // What its state tells is that it is queued or runs; where it runs, a worker has it.
    TaskActivity& activity = tasks.back().activity;
    if (activity == TaskActivity::kReady &&
        std::find(running.begin(), running.end(), task) != running.end()) {
      activity = TaskActivity::kRunning;
    }
  });
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
  stats.spins = counters_.spins.Get();
  stats.spin_hits = counters_.spin_hits.Get();
  stats.wakes = counters_.wakes.Get();
  stats.searches = counters_.searches.Get();
  stats.ticks = counters_.ticks.Get();
  stats.completions = counters_.completions.Get();
  stats.timers_fired = counters_.timers_fired.Get();
  stats.late_completions = counters_.late_completions.Get();
  stats.budget_exhaustions = counters_.budget_exhaustions.Get();
  stats.aged = counters_.aged.Get();
  stats.stuck_polls = counters_.stuck_polls.Get();
  for (size_t i = 0; i < stats.poll_times.size(); ++i) {
    stats.poll_times[i] = counters_.poll_times[i].Get();
  }
  for (const RunQueue& queue : queues_) stats.queue_depth += queue.size();
  return stats;
}

}  // namespace zokio::internal
