#include "actor/internal/blocking_executor.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/parker.h"
#include "future/context.h"
#include "future/task_header.h"

namespace zokio::internal {

class BlockingExecutor::PollJob final : public BlockingJob {
 public:
  PollJob(BlockingExecutor& executor, TaskHeader* task) : executor_(executor), task_(task) {}

  void Run() override {
    PollEnvironment environment;
    environment.executor = &executor_;
    environment.timer = &executor_.wheel_;
    RunTask(task_, environment);
  }

 private:
  BlockingExecutor& executor_;
  TaskHeader* const task_;
};

namespace {

BlockingPoolOptions PoolOptions(int threads_max) {
  BlockingPoolOptions options;
  options.threads_max = threads_max;
  return options;
}

}  // namespace

BlockingExecutor::BlockingExecutor(int threads_max) : pool_(PoolOptions(threads_max)) {}

Result<std::unique_ptr<BlockingExecutor>> BlockingExecutor::Create(int threads_max) {
  std::unique_ptr<BlockingExecutor> executor(new BlockingExecutor(threads_max));
  // Whichever thread sets a timer unparks the one that waits for the first.
  executor->wheel_.SetFoster(&executor->driver_);
  Result<Thread> thread =
      Thread::Start("zokio-act-time", [self = executor.get()] { self->RunTimers(); });
  if (!thread.ok()) return thread.error();
  executor->timers_ = *std::move(thread);
  return executor;
}

BlockingExecutor::~BlockingExecutor() {
  {
    MutexLock lock(mutex_);
    accepting_ = false;
    for (TaskHeader* task : living_) CancelTask(task);  // none is freed before it is disowned
    while (!living_.empty()) ended_.Wait(lock);
  }
  // Whoever scheduled one of them is a few instructions from its end.
  for (Parker parker; schedulers_.load(memory_order_acquire) != 0;) {
    parker.ParkUntil(Clock::Monotonic().Now() + std::chrono::microseconds(20));
  }
  pool_.Shutdown();
  stopping_.store(true, memory_order_release);
  driver_.Unpark();
  timers_.Join();
}

void BlockingExecutor::Schedule(TaskHeader* task) {
  // The task may have run, and all be over, before Post has returned.
  schedulers_.fetch_add(1, memory_order_relaxed);
  const Result<void> posted = pool_.Post(std::make_unique<PollJob>(*this, task));
  ZOKIO_CHECK(posted.ok(), "no thread for an actor that blocks");
  schedulers_.fetch_sub(1, memory_order_release);
}

bool BlockingExecutor::Adopt(TaskHeader* task) {
  MutexLock lock(mutex_);
  if (accepting_) living_.insert(task);
  return accepting_;
}

void BlockingExecutor::Disown(TaskHeader* task) {
  // Notified under the lock: whoever waits may destroy this once it has the lock and the pool's
  // threads are back.
  MutexLock lock(mutex_);
  living_.erase(task);
  if (living_.empty()) ended_.NotifyAll();
}

void BlockingExecutor::RunTimers() {
  while (!stopping_.load(memory_order_acquire)) {
    driver_.Park(wheel_.NextDeadline());
    wheel_.Advance(wheel_.Now());
  }
}

}  // namespace zokio::internal
