// What a thread outside does to wait for a task.
#ifndef ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_
#define ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_

#include <optional>
#include <utility>

#include "base/mutex.h"
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

// Inside BlockInPlace: from Begin to End that worker counts as one that sleeps.
class WaitInPlace {
 public:
  WaitInPlace() = default;
  WaitInPlace(const WaitInPlace&) = delete;
  WaitInPlace& operator=(const WaitInPlace&) = delete;
  ~WaitInPlace() { End(); }
  // Nothing where `core` is null or another one than that of the task that blocks.
  void Begin(Core* core);
  void End();

 private:
  Worker* worker_ = nullptr;
};

// A thread that waits for a task. Meanwhile it lets virtual time pass, and the worker that it holds
// by BlockInPlace counts as asleep: from when the task has its waker until the task's end, both
// exactly. Were it sooner or later, time would run on while the thread has not got a processor yet.
class BlockedThread {
 public:
  // `clock` is null in real time.
  BlockedThread(VirtualClock* clock, Core* core) : clock_(clock), core_(core) {}

  // The task has the waker, and may have ended already.
  void Begin();
  void Park() { parker_.Park(); }
  // Any thread. It may be gone from here on.
  void Wake();

 private:
  VirtualClock* const clock_;
  Core* const core_;
  Parker parker_;
  Mutex mutex_;
  // Under the mutex; of use in virtual time only.
  bool ended_ = false;
  WaitInPlace in_place_;
  std::optional<VirtualClock::Waiting> time_passes_;
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
    thread.Begin();
    // Only the task's end gives a token, so the waker is not called any more after this.
    thread.Park();
  }
}

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_BLOCK_ON_H_
