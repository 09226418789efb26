// BlockingExecutor: polls tasks on the threads of a blocking pool, so that a poll may block.
//
// Each poll is a job. A task is polled by one thread at a time, as on any executor, but by
// whichever of the pool is free. Timers are those of a thread that does nothing else.
//
// Ownership: owns pool, timer and its thread. What handlers have spawned here and left is cancelled
//   at its end.
// Thread-safety: any thread.
// Errors: a poll for which the system gives no thread, and there is none, is a CHECK: a loop that
//   is not polled would be a lost wake-up.
// Cost: idle, one thread that sleeps; those of the pool end after a while.
#ifndef ZOKIO_ACTOR_INTERNAL_BLOCKING_EXECUTOR_H_
#define ZOKIO_ACTOR_INTERNAL_BLOCKING_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <unordered_set>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/thread.h"
#include "future/executor.h"
#include "sched/blocking_pool.h"
#include "sched/park_driver.h"
#include "sched/timer_wheel.h"

namespace zokio::internal {

class BlockingExecutor final : public Executor {
 public:
  // `threads_max`: so many polls may block at once.
  static Result<std::unique_ptr<BlockingExecutor>> Create(int threads_max);
  BlockingExecutor(const BlockingExecutor&) = delete;
  BlockingExecutor& operator=(const BlockingExecutor&) = delete;
  // Cancels the tasks that live, and waits for their ends.
  ~BlockingExecutor() override;

  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  class PollJob;

  explicit BlockingExecutor(int threads_max);
  void RunTimers();

  TimerWheel wheel_;
  ParkDriver driver_;  // in which the timers' thread sleeps
  Atomic<bool> stopping_{false};
  Atomic<uint32_t> schedulers_{0};  // threads inside Schedule
  Mutex mutex_;
  CondVar ended_;
  bool accepting_ = true;
  std::unordered_set<TaskHeader*> living_;
  BlockingPool pool_;
  Thread timers_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_BLOCKING_EXECUTOR_H_
