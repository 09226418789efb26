// LocalExecutor: runs tasks on the thread that calls it, in the order in which they became ready.
//
//   zokio::LocalExecutor executor;
//   int answer = executor.BlockOn(Compute());
//
// For programs that want tasks without threads, and for tests that run step by step. `runtime`'s
// Runtime is the executor with workers, timers and I/O.
//
// Thread-safety: BlockOn and RunUntilIdle on one thread at a time; wakes and Spawn from any thread.
// Cancellation: the destructor cancels and drops what still lives.
// Cost: one short lock per queueing. BlockOn sleeps on a futex while nothing is ready, after a look
//   of some microseconds at most (one in vain halves the next): a peer on another processor often
//   answers sooner than a thread falls asleep.
#ifndef ZOKIO_FUTURE_LOCAL_EXECUTOR_H_
#define ZOKIO_FUTURE_LOCAL_EXECUTOR_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/parker.h"
#include "future/child.h"
#include "future/executor.h"
#include "future/spawn.h"
#include "future/timer.h"

namespace zokio {

class LocalExecutor final : public Executor {
 public:
  // The timer must be driven by somebody else, and outlive the executor.
  explicit LocalExecutor(Timer* timer = nullptr);
  LocalExecutor(const LocalExecutor&) = delete;
  LocalExecutor& operator=(const LocalExecutor&) = delete;
  ~LocalExecutor() override;

  // Runs `awaitable` to its end on this thread, and other tasks of this executor meanwhile.
  template <IntoFuture A>
  AwaitedOf<A> BlockOn(A&& awaitable) {
    internal::Child<FutureOf<A>> root(ToFuture(std::forward<A>(awaitable)));
    DriveRoot(&root, [](void* future, Context& context) {
      return static_cast<decltype(root)*>(future)->Poll(context);
    });
    return root.Take();
  }

  // Runs ready tasks until none is ready. Returns how many polls it made.
  size_t RunUntilIdle();

  // Runs one ready task; false when none is ready.
  bool RunOne();

  // Tasks that live here.
  size_t live() const;

  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  class RootWaker;

  void DriveRoot(void* future, bool (*poll)(void*, Context&));
  TaskHeader* Pop();

  PollEnvironment environment_;
  Parker parker_;
  mutable Mutex mutex_;
  TaskHeader* head_ = nullptr;  // linked by root.next
  TaskHeader* tail_ = nullptr;
  std::vector<TaskHeader*> live_;
  bool closed_ = false;
};

// Runs one future to its end on this thread, with a LocalExecutor for what it spawns.
template <IntoFuture A>
AwaitedOf<A> BlockOn(A&& awaitable) {
  LocalExecutor executor;
  return executor.BlockOn(std::forward<A>(awaitable));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_LOCAL_EXECUTOR_H_
