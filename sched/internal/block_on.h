// What a thread outside does to wait for a task.
#ifndef ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_
#define ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_

#include "base/atomic.h"
#include "base/parker.h"
#include "base/result.h"
#include "future/context.h"
#include "future/join_handle.h"
#include "sched/virtual_clock.h"

namespace zokio::internal {

// Fails a CHECK on a worker's thread, where waiting could wait for itself.
void CheckMayBlock();

class Core;
class Worker;

// Inside BlockInPlace: while one exists, that worker counts as one that sleeps.
class WaitInPlace {
 public:
  // Nothing where `core` is null or another one than that of the task that blocks.
  explicit WaitInPlace(Core* core);
  WaitInPlace(const WaitInPlace&) = delete;
  WaitInPlace& operator=(const WaitInPlace&) = delete;
  ~WaitInPlace() { End(); }
  // What was waited for is there. Any thread.
  void End();

 private:
  Atomic<Worker*> worker_{nullptr};
};

// A thread that waits for a task, and lets virtual time pass (both may be null).
struct BlockedThread {
  BlockedThread(VirtualClock* clock, Core* core) : waits_in_place(core), time_passes(clock) {}
  Parker parker;
  WaitInPlace waits_in_place;
  VirtualClock::Waiting time_passes;
};

// A waker of that thread. Owns nothing: it must not be called once the thread has gone on, which
// holds for the one call that a JoinHandle makes.
Waker BlockedThreadWaker(BlockedThread& thread);

template <typename T>
Result<T> WaitFor(JoinHandle<T>& handle, VirtualClock* clock = nullptr, Core* core = nullptr) {
  BlockedThread thread(clock, core);
  Waker waker = BlockedThreadWaker(thread);
  PollEnvironment environment;
  environment.budget = kPollBudget;
  Context context(waker, environment);
  while (true) {
    Poll<Result<T>> poll = handle.poll(context);
    if (poll.ready()) return std::move(poll).value();
    // Only the task's end gives a token, so the waker is not called any more after this.
    thread.parker.Park();
  }
}

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_
