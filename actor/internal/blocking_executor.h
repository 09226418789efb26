// BlockingExecutor: polls tasks on the threads of a blocking pool, so that a poll may block.
//
// Each poll is a job. A task is polled by one thread at a time, as on any executor, but by
// whichever of the pool is free. Timers are those of a thread that does nothing else.
//
// Ownership: owns pool, timer and its thread. Tasks end before it.
// Thread-safety: any thread.
// Errors: a poll for which the system gives no thread, and there is none, is a CHECK: a loop that
//   is not polled would be a lost wake-up.
// Cost: idle, one thread that sleeps; those of the pool end after a while.
#ifndef ZOKIO_ACTOR_INTERNAL_BLOCKING_EXECUTOR_H_
#define ZOKIO_ACTOR_INTERNAL_BLOCKING_EXECUTOR_H_

#include <memory>

#include "base/atomic.h"
#include "base/result.h"
#include "base/thread.h"
#include "future/executor.h"
#include "sched/blocking_pool.h"
#include "sched/park_driver.h"
#include "sched/timer_wheel.h"

namespace zokio::internal {

class BlockingExecutor final : public Executor {
 public:
  static Result<std::unique_ptr<BlockingExecutor>> Create();
  BlockingExecutor(const BlockingExecutor&) = delete;
  BlockingExecutor& operator=(const BlockingExecutor&) = delete;
  // REQUIRES: its tasks have completed.
  ~BlockingExecutor() override;

  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader*) override { return true; }
  void Disown(TaskHeader*) override {}

 private:
  class PollJob;

  BlockingExecutor() = default;
  void RunTimers();

  TimerWheel wheel_;
  ParkDriver driver_;  // in which the timers' thread sleeps
  Atomic<bool> stopping_{false};
  BlockingPool pool_;
  Thread timers_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_BLOCKING_EXECUTOR_H_
