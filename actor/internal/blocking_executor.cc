#include "actor/internal/blocking_executor.h"

#include <utility>

#include "base/check.h"
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

Result<std::unique_ptr<BlockingExecutor>> BlockingExecutor::Create() {
  std::unique_ptr<BlockingExecutor> executor(new BlockingExecutor);
  // Whichever thread sets a timer unparks the one that waits for the first.
  executor->wheel_.SetFoster(&executor->driver_);
  Result<Thread> thread =
      Thread::Start("zokio-act-time", [self = executor.get()] { self->RunTimers(); });
  if (!thread.ok()) return thread.error();
  executor->timers_ = *std::move(thread);
  return executor;
}

BlockingExecutor::~BlockingExecutor() {
  pool_.Shutdown();
  stopping_.store(true, memory_order_release);
  driver_.Unpark();
  timers_.Join();
}

void BlockingExecutor::Schedule(TaskHeader* task) {
  const Result<void> posted = pool_.Post(std::make_unique<PollJob>(*this, task));
  ZOKIO_CHECK(posted.ok(), "no thread for an actor that blocks");
}

void BlockingExecutor::RunTimers() {
  while (!stopping_.load(memory_order_acquire)) {
    driver_.Park(wheel_.NextDeadline());
    wheel_.Advance(wheel_.Now());
  }
}

}  // namespace zokio::internal
