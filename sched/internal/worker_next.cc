// The part of Worker that chooses what runs next, beyond the batch that it has claimed: the order
// of its own queues (worker.h), then what comes from outside, from others, or after a sleep.
#include <algorithm>
#include <iterator>
#include <utility>

#include "sched/internal/worker.h"
#include "sched/task_batch.h"

namespace zokio::internal {

TaskHeader* Worker::NextOfAll() {
  urgent_ = !queue(Priority::kImmediate).empty();
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
  if (queue(Priority::kImmediate).Claim(&task, 1) == 0) {
    // Where a thief was faster, `task` is his.
    task = __builtin_expect(core_.inject(Priority::kImmediate).empty(), 1)
               ? nullptr
               : TakeInjected(Priority::kImmediate);
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
  if (!pinned_.empty() || node_queue_->waiting()) {
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
  // Those of its own and those of its node in turn.
  const bool node_first = ++pinned_streak_ % 2 == 0;
  TaskHeader* task = node_first ? NextOfNode() : pinned_.Pop();
  if (task == nullptr) task = node_first ? pinned_.Pop() : NextOfNode();
  return task;
}

TaskHeader* Worker::NextOfNode() {
  if (!node_queue_->waiting()) return nullptr;
  const auto [task, more] = node_queue_->Pop();
  if (more && core_.idle().parked() != 0) core_.WakeOneOf(node());
  return task;
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
  TaskHeader* task;
  // Where a thief was faster, `task` is his.
  return queue(Priority::kBackground).Claim(&task, 1) != 0 ? task : nullptr;
}

TaskHeader* Worker::FindWork() {
  while (true) {
    if (core_.stopping() && !cancelled_all_) CancelAll();
    if (core_.dump_request().number() != dump_answered_) AnswerDump();
    const bool passive = passive_.load(memory_order_acquire);
    Settle();
    int events = PollEvents(/*ask_driver=*/true);
    TaskHeader* task = NextLocal();
    if (events > 1 && task != nullptr && HasVisibleWork()) Notify();
    if (task == nullptr && !passive) task = TakeInjectedOfAny();
    if (task == nullptr && !passive && !searching_ && SpinForWork()) continue;
    if (task == nullptr && !passive) task = Search();
    if (searching_ && (task != nullptr || passive)) EndSearch();
    if (task != nullptr) {
      idle_reported_ = false;
      io_waited_for_ = false;
      if (until_maintenance_ == 1) timed_since_ = core_.pace_clock().Now();
      return task;
    }
    if (core_.draining()) core_.NoteIdleWhileDraining();
    if (core_.stopping() && core_.DrainedForSure()) {
      if (searching_) EndSearch();
      core_.TellEnd();
      return nullptr;
    }
    if (core_.hooks() != nullptr && core_.hooks()->BeforePark(index_)) continue;
    if (passive) {
      Sleep(NextDeadline());  // nobody claims it, so it stands in no list
    } else {
      Park();
    }
    // Time asleep is not poll time.
    last_maintenance_ = core_.pace_clock().Now();
    until_maintenance_ = interval_;
    timed_since_ = kNever;
  }
}

TaskHeader* Worker::TakeInjected(Priority priority) {
  InjectQueue& inject = core_.inject(priority);
  if (inject.empty()) return nullptr;
  // Another shard each time: this worker's own may never be empty, for it takes the overflow.
  TaskBatch* batch = inject.PopBatch(static_cast<uint32_t>(index_) + inject_turn_++,
                                     core_.placement().node_orders[static_cast<size_t>(node())]);
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

bool Worker::HasVisibleWork() const { return !deque().empty() || HasQueued(); }

bool Worker::HasQueued() const {
  return std::any_of(std::begin(queues_), std::end(queues_),
                     [](const RunQueue& queue) { return !queue.empty(); });
}

}  // namespace zokio::internal
