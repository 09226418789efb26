// Crew: the threads of a scheduler's workers, and who takes whose place.
//
// There are as many active workers as were asked for. One that is stuck in a poll, or says that it
// will block, is replaced: its queued tasks go to the inject queue, its timers to the foster care
// of a spare worker, which from now on is active. What cannot move stays: tasks bound to it, its
// driver, children that it forked (they may be stolen). When the poll ends the worker takes its
// timers back, and one spare worker too many becomes passive: it runs what its own driver and
// timers wake, for sockets may have their home there, but takes nothing from others.
//
// Thread-safety: any thread. StepAside, StepBack and Return by the worker's own.
// Memory ordering: one lock around all of it; OwnerGate says how the worker's own thread is kept
//   out.
// Errors: where a thread or a driver cannot be had, the worker is not replaced.
#ifndef ZOKIO_SCHED_INTERNAL_CREW_H_
#define ZOKIO_SCHED_INTERNAL_CREW_H_

#include <cstdint>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "base/result.h"
#include "base/thread.h"
#include "sched/stuck_poll.h"

namespace zokio::internal {

class Core;
class Worker;

class Crew {
 public:
  explicit Crew(Core& core) : core_(core) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Starts the threads of the workers that were asked for.
  Result<void> Start();

  // False when the deadline (monotonic clock) passed before all threads ended.
  bool WaitForExit(Instant deadline);
  // The last access of a worker's thread to what the waiter may destroy after joining the thread.
  void WorkerExited();
  bool all_exited() const;
  // REQUIRES: WaitForExit said true.
  void Join();

  // The watchdog: the poll that had made `progress` when it was seen still goes on. False: it does
  // not, or was dealt with. Else the report says which task it is and whether it was replaced.
  bool Replace(Worker& stuck, uint64_t progress, StuckPoll* report);

  // The worker's thread, inside a poll: it is about to block. False: nobody takes its place.
  bool StepAside(Worker& worker);
  // It has blocked, and the poll goes on.
  void StepBack(Worker& worker);
  // The poll ended, and it found its gate seized.
  void Return(Worker& worker);

  RecoveryStats stats() const;

 private:
  // REQUIRES: the lock is held.
  Worker* SpareLocked();
  Worker* MakeSpareLocked();
  Result<void> StartLocked(Worker& worker);
  void HandOverLocked(Worker& from, Worker& to);
  bool TakeBackLocked(Worker& worker);
  void RebalanceLocked();

  Core& core_;
  mutable Mutex mutex_;
  std::vector<Thread> threads_;
  RecoveryStats stats_;
  Atomic<int> started_{0};
  Atomic<int> exited_{0};
  Parker exit_parker_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_CREW_H_
