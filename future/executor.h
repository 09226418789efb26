// Executor: whoever runs tasks. `sched`'s workers, the thread of a BlockOn, a test's manual one.
//
// A spawned task names its executor in its header. `Schedule` is how a wake reaches it.
//
// Thread-safety: every function from any thread.
#ifndef ZOKIO_FUTURE_EXECUTOR_H_
#define ZOKIO_FUTURE_EXECUTOR_H_

namespace zokio {

struct TaskHeader;

class Executor {
 public:
  virtual ~Executor() = default;

  // Queues a task in state NOTIFIED, or one that yielded; exactly one call per such transition, so
  // a task is never in two queues. The executor calls RunTask(task) later, once. Never runs it
  // inside this call.
  virtual void Schedule(TaskHeader* task) = 0;

  // As Schedule, for a task that was notified while it ran (it yielded, or spent its budget):
  // called by the thread that ran it. Fair executors put it behind all that waits.
  virtual void Reschedule(TaskHeader* task) { Schedule(task); }

  // A task joins: called once before its first Schedule. False when the executor is shutting down:
  // the spawn then fails and the task's frame is dropped by the caller.
  virtual bool Adopt(TaskHeader* task) = 0;

  // The task completed (its frame is gone); called on the thread that ran it. After this call the
  // executor must not touch the task.
  virtual void Disown(TaskHeader* task) = 0;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_EXECUTOR_H_
