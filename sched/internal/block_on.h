// What a thread outside does to wait for a task.
#ifndef ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_
#define ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_

#include "base/parker.h"
#include "base/result.h"
#include "future/context.h"
#include "future/join_handle.h"

namespace zokio::internal {

// Fails a CHECK on a worker's thread, where waiting could wait for itself.
void CheckMayBlock();

// A waker of a thread that sleeps on `parker`. Owns nothing: it must not be called once the thread
// has gone on, which holds for the one call that a JoinHandle makes.
Waker ParkerWaker(Parker& parker);

template <typename T>
Result<T> WaitFor(JoinHandle<T>& handle) {
  Parker parker;
  Waker waker = ParkerWaker(parker);
  PollEnvironment environment;
  environment.budget = kPollBudget;
  Context context(waker, environment);
  while (true) {
    Poll<Result<T>> poll = handle.poll(context);
    if (poll.ready()) return std::move(poll).value();
    // Only the task's end gives a token, so the waker is not called any more after this.
    parker.Park();
  }
}

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_
