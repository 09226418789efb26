// WorkerStats: what a worker has done since its start, as plain numbers.
//
// Thread-safety: a plain value; Scheduler::Stats takes a snapshot while workers run, so the fields
//   of one snapshot may be from slightly different moments.
#ifndef ZOKIO_SCHED_WORKER_STATS_H_
#define ZOKIO_SCHED_WORKER_STATS_H_

#include <cstdint>

namespace zokio {

struct WorkerStats {
  uint64_t polls = 0;             // tasks run, each run counted
  uint64_t lifo_polls = 0;        // of these, from the slot of the task woken last
  uint64_t spawned = 0;           // tasks spawned on this worker's thread
  uint64_t completed = 0;         // tasks that ended on it
  uint64_t steals = 0;            // successful thefts from other workers
  uint64_t stolen_tasks = 0;      // tasks they brought
  uint64_t injected = 0;          // tasks taken from the inject queue
  uint64_t overflows = 0;         // times that the ring was full and half of it went to inject
  uint64_t parks = 0;             // times that it slept, or tried to
  uint64_t wakes = 0;             // other workers that it woke
  uint64_t searches = 0;          // times that it began to look for work elsewhere
  uint64_t ticks = 0;             // turns given to the driver, timers and hooks while busy
  uint64_t completions = 0;       // delivered by the driver
  uint64_t late_completions = 0;  // of these, after they had waited for a stuck poll to end
  uint64_t timers_fired = 0;
  uint64_t budget_exhaustions = 0;
  uint64_t queue_depth = 0;  // now, not since the start

  WorkerStats& operator+=(const WorkerStats& other);
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_WORKER_STATS_H_
