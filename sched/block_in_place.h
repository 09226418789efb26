// BlockInPlace: a call that blocks, made where it stands, while another thread takes the place of
// its worker.
//
//   int status = zokio::BlockInPlace([&] { return waitpid(child, &status, 0); });
//
// The worker's other tasks and timers go to a spare worker meanwhile, which has a driver of its
// own; tasks bound to this worker and completions of its ring wait. For calls that cannot leave the
// task (they refer to what is on its stack, or to a thread); a BlockingPool is better where the
// call can be moved, for it leaves the ring alone.
//
// Thread-safety: any thread; on one that is no worker it just calls. The callable may wait for the
//   scheduler (BlockOn) where a spare worker was had.
// Errors: where no thread can be had (SchedulerOptions::spare_workers_max) it blocks its worker. An
//   exception of the callable goes through.
// A fiber must not Await in it (a CHECK), nor may it shut its own scheduler down or drain it (a
// CHECK). Virtual time stands still meanwhile, but while it waits in BlockOn of its own scheduler.
// Cost: two locks and two wakes, a lock for each queued task; the first time a thread's start.
#ifndef ZOKIO_SCHED_BLOCK_IN_PLACE_H_
#define ZOKIO_SCHED_BLOCK_IN_PLACE_H_

#include <functional>
#include <utility>

namespace zokio {

namespace internal {

class Worker;

// From its beginning to its end the thread's worker is another one's.
class BlockingSection {
 public:
  BlockingSection();
  BlockingSection(const BlockingSection&) = delete;
  BlockingSection& operator=(const BlockingSection&) = delete;
  ~BlockingSection();

 private:
  Worker* worker_;  // null: nothing to give back
};

}  // namespace internal

template <typename Callable>
decltype(auto) BlockInPlace(Callable&& callable) {
  internal::BlockingSection section;
  return std::invoke(std::forward<Callable>(callable));
}

}  // namespace zokio

#endif  // ZOKIO_SCHED_BLOCK_IN_PLACE_H_
