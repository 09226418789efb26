// TaskHooks: what a tracer hears of every spawned task: spawn, wake, poll, end.
//
// Calls come from the thread on which the thing happens, in the hot path: be short, take no lock
// that is held while tasks are woken, throw nothing. The task exists during the call and no longer.
//
// Cost: without hooks one load and a branch an event.
#ifndef ZOKIO_FUTURE_TASK_HOOKS_H_
#define ZOKIO_FUTURE_TASK_HOOKS_H_

#include "base/atomic.h"

namespace zokio {

struct TaskHeader;

class TaskHooks {
 public:
  virtual ~TaskHooks() = default;

  // Before its executor hears of it.
  virtual void OnSpawn(TaskHeader*) {}
  // A wake that makes the task ready to run; not one that finds it running or ready.
  virtual void OnWake(TaskHeader*) {}
  virtual void OnPollStart(TaskHeader*) {}
  // `ended`: the body ended or was cancelled; OnEnd follows.
  virtual void OnPollEnd(TaskHeader*, bool /*ended*/) {}
  // Its frame is about to be destroyed.
  virtual void OnEnd(TaskHeader*) {}
};

// Installs hooks for all tasks of the process; null removes them. They must live until no thread
// can be inside a call any more: in practice, for ever.
void SetTaskHooks(TaskHooks* hooks);
namespace internal {
extern constinit Atomic<TaskHooks*> g_task_hooks;
}  // namespace internal
inline TaskHooks* GetTaskHooks() { return internal::g_task_hooks.load(memory_order_acquire); }

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_HOOKS_H_
