// Context: what a future is given when it is polled.
//
// It names the waker to keep, and through its environment the budget of this poll, the executor
// that runs the task, its timer and the task's local values. Everything a leaf future needs comes
// by this one argument; nothing is looked up in thread-locals.
//
// Lifetime: on the stack of whoever polls; valid during the poll only. Futures keep clones of the
// waker, never the Context or what it points to.
// Thread-safety: one thread.
#ifndef ZOKIO_FUTURE_CONTEXT_H_
#define ZOKIO_FUTURE_CONTEXT_H_

#include <cstdint>

#include "future/executor.h"
#include "future/timer.h"
#include "future/waker.h"

namespace zokio {

class ForkHost;    // sched/fork_host.h
class TaskLocals;  // future/task_locals.h

// Where a poll happens: one per worker thread, filled in by the executor. Outlives every poll on
// that thread.
struct PollEnvironment {
  Executor* executor = nullptr;
  Timer* timer = nullptr;  // null: futures that need time fail with a CHECK that says so
  // Where forked children can be stolen from; null: forks run their children in turn.
  ForkHost* forks = nullptr;
  // How many more steps the running task may take before it must let others run; set by the
  // executor before each poll. Channels, locks and sockets spend it.
  int32_t budget = 0;
  // Polls cut short because the budget was spent.
  uint64_t budget_exhaustions = 0;
  // The task that RunTask polls now, and whether it asked to be queued again (RequestRequeue).
  const void* running = nullptr;
  bool requeue = false;
};

inline constexpr int32_t kPollBudget = 128;

class Context {
 public:
  Context(const Waker& waker, PollEnvironment& environment, TaskLocals* locals = nullptr)
      : waker_(&waker), environment_(&environment), locals_(locals) {}

  // The same poll, for a child that has a waker of its own.
  Context WithWaker(const Waker& waker) const {
    Context child = *this;
    child.waker_ = &waker;
    return child;
  }

  // The same poll, with other local values.
  Context WithLocals(TaskLocals* locals) const {
    Context child = *this;
    child.locals_ = locals;
    return child;
  }
  // For poll_cancel: the coroutine that awaits is about to be destroyed, so what it holds beside
  // the awaited future (a stream, a set of futures) must be made ready for that too.
  Context ForDyingFrame() const {
    Context child = *this;
    child.frame_dies_ = true;
    return child;
  }
  // For what is driven to its end while the frame around it dies: its own body goes on.
  Context ForLivingFrame() const {
    Context child = *this;
    child.frame_dies_ = false;
    return child;
  }
  bool frame_dies() const { return frame_dies_; }

  const Waker& waker() const { return *waker_; }
  Executor* executor() const { return environment_->executor; }
  Timer* timer() const { return environment_->timer; }
  TaskLocals* locals() const { return locals_; }
  PollEnvironment& environment() const { return *environment_; }

  // Takes one unit of the budget. False when none is left: the waker has been woken already, and
  // the caller must answer pending, so that other tasks get their turn. Called by leaf futures
  // before they make progress that could otherwise go on for ever.
  bool SpendBudget() {
    if (__builtin_expect(environment_->budget > 0, 1)) {
      --environment_->budget;
      return true;
    }
    ++environment_->budget_exhaustions;
    RequestRequeue();
    return false;
  }
  // Has this poll repeated after all others that are ready; the caller answers pending. As a wake,
  // but where the waker is the running task's own, nothing atomic happens: see RunTask.
  void RequestRequeue() {
    if (waker_->data() == environment_->running) {
      environment_->requeue = true;
    } else {
      waker_->WakeByRef();
    }
  }
  // Gives a unit back: the step made no progress after all.
  void RefundBudget() { ++environment_->budget; }

  // For TaskPoller and its waker: the next poll, of a task with these local values, and references
  // of the running task that the poll may give to clones.
  void Restart(TaskLocals* locals, uint16_t spare_references) {
    locals_ = locals;
    spare_references_ = spare_references;
  }
  uint16_t spare_references() const { return spare_references_; }
  bool TakeSpareReference() {
    if (spare_references_ == 0) return false;
    --spare_references_;
    return true;
  }

 private:
  const Waker* waker_;
  PollEnvironment* environment_;
  TaskLocals* locals_;
  bool frame_dies_ = false;
  uint16_t spare_references_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_CONTEXT_H_
