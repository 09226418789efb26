// TaskPoller: RunTask in two steps, for an executor that queues by itself what has to run again,
// and may give the task another executor in between.
//
//   TaskPoller poller(environment);
//   PolledTask polled = poller.Poll(task);
//   if (!polled.ended && SettleTask(task, polled)) { /* queue it, as Schedule would */ }
//
// Between the two the task is the caller's: whoever wakes it meanwhile leaves a mark and reads
// nothing else of it.
//
// Lifetime: the environment outlives the poller, which serves one poll after the other.
// Thread-safety: one thread.
// Cost: as RunTask, less what a Context costs; inline, for loops that do nothing else.
#ifndef ZOKIO_FUTURE_POLL_TASK_H_
#define ZOKIO_FUTURE_POLL_TASK_H_

#include <cstdint>
#include <memory>

#include "base/check.h"
#include "future/context.h"
#include "future/task_header.h"
#include "future/task_hooks.h"
#include "future/waker.h"

namespace zokio {

struct PolledTask {
  bool ended;    // the task may be gone
  bool requeue;  // it asked to be queued again
  uint16_t spare_references;
};

namespace internal {

// In a running task's Context. Owns no reference: its clones take the spare ones.
extern const WakerVtable kRunningWakerVtable;

// The body ended or was cancelled. Runs on the thread that ran it last. `spare`: the references
// left of those that came with kRunning.
void CompleteTask(TaskHeader* task, uint32_t spare);

// A wake or a cancellation came since the task was queued or run.
[[gnu::noinline]] uint32_t TakeNotification(TaskHeader* task, uint32_t state);

// Takes over a queued task. True when it was cancelled.
[[gnu::always_inline]] inline bool BeginRun(TaskHeader* task) {
  // Relaxed: what the wake that queued it did comes by the queue.
  uint32_t state = task->state.load(memory_order_relaxed);
  if (__builtin_expect((state & TaskHeader::kNotified) != 0, 0)) {
    state = TakeNotification(task, state);
  }
  ZOKIO_DCHECK((state & (TaskHeader::kNotified | TaskHeader::kRunning)) != 0 &&
                   (state & TaskHeader::kComplete) == 0,
               "a task was run that was not queued");
  return (state & TaskHeader::kCancelled) != 0;
}

}  // namespace internal

class TaskPoller {
 public:
  explicit TaskPoller(PollEnvironment& environment)
      : environment_(environment), context_(borrowed_.waker, environment) {}
  TaskPoller(const TaskPoller&) = delete;
  TaskPoller& operator=(const TaskPoller&) = delete;

  // REQUIRES: the task is queued, with the caller.
  [[gnu::always_inline]] PolledTask Poll(TaskHeader* task) {
    const bool cancelled = internal::BeginRun(task);
    environment_.budget = kPollBudget;
    environment_.running = task;
    environment_.requeue = false;
    std::construct_at(&borrowed_.waker, &internal::kRunningWakerVtable, task);
    context_.Restart(task->locals, TaskHeader::kSpare);
    task->root.context = &context_;  // for the waker
    TaskHooks* hooks = GetTaskHooks();
    if (__builtin_expect(hooks != nullptr, 0)) hooks->OnPollStart(task);
    const bool done = __builtin_expect(cancelled, 0) ? task->vtable->poll_cancel(task, context_)
                                                     : task->vtable->poll(task, context_);
    if (__builtin_expect(hooks != nullptr, 0)) hooks->OnPollEnd(task, done);
    const uint16_t spare = context_.spare_references();
    if (done) internal::CompleteTask(task, spare);
    return {done, environment_.requeue, spare};
  }

 private:
  // The running task's waker owns nothing, so it is never dropped: the task's alive reference holds
  // the task while it runs.
  union Borrowed {
    Borrowed() : waker() {}
    ~Borrowed() {}  // NOLINT(modernize-use-equals-default): the union
    Waker waker;
  };

  PollEnvironment& environment_;
  Borrowed borrowed_;
  Context context_;
};

// The end of a poll that left the task pending. True: the caller has to queue it, for it asked so
// or was woken meanwhile. False: the task may be gone.
[[gnu::always_inline]] inline bool SettleTask(TaskHeader* task, PolledTask polled) {
  using H = TaskHeader;
  if (polled.requeue) {
    // It stays queued, with all the spare references that come with that.
    const uint32_t used = (H::kSpare - polled.spare_references) * H::kReference;
    if (__builtin_expect(used != 0, 0)) task->state.fetch_add(used, memory_order_relaxed);
    return true;
  }
  const uint32_t left = H::kRunning + polled.spare_references * H::kReference;
  // A wake that came meanwhile has set kNotified and left the queueing to this thread.
  return (task->state.fetch_sub(left, memory_order_acq_rel) & H::kNotified) != 0;
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_POLL_TASK_H_
