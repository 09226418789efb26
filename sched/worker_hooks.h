// WorkerHooks: turns that the scheduler gives to other packages on its worker threads.
//
// `mem` drains remote frees and trims idle pools, `actor` flushes its rings, metrics are sampled.
// Thread-safety: called on worker threads, several at once; the object outlives the scheduler.
// Rules: short, never blocking.
#ifndef ZOKIO_SCHED_WORKER_HOOKS_H_
#define ZOKIO_SCHED_WORKER_HOOKS_H_

namespace zokio {

class WorkerHooks {
 public:
  virtual ~WorkerHooks() = default;

  virtual void OnThreadStart(int /*worker*/) {}
  // Every few dozen polls of a busy worker.
  virtual void OnTick(int /*worker*/) {}
  // Before a worker parks. True: it made work, look at the queues again first.
  virtual bool BeforePark(int /*worker*/) { return false; }
  // The worker has been parked for longer than the idle period (once per idle spell).
  virtual void OnIdle(int /*worker*/) {}
  virtual void OnThreadExit(int /*worker*/) {}
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_WORKER_HOOKS_H_
