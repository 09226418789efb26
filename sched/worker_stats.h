// WorkerStats: what a worker has done since its start, as plain numbers.
//
// Thread-safety: a plain value; Scheduler::Stats takes a snapshot while workers run, so the fields
//   of one snapshot may be from slightly different moments.
#ifndef ZOKIO_SCHED_WORKER_STATS_H_
#define ZOKIO_SCHED_WORKER_STATS_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.h"

namespace zokio {

// Bucket i counts polls of 2^i to 2^(i+1) ns; the last one all that are longer (2 s and more).
inline constexpr int kPollTimeBuckets = 32;
constexpr int PollTimeBucket(Duration lasted) {
  const auto ns = static_cast<uint64_t>(std::max<int64_t>(lasted.count(), 1));
  return std::min(63 - __builtin_clzll(ns), kPollTimeBuckets - 1);
}

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
  uint64_t spins = 0;             // of these, before which it looked out for a wake
  uint64_t spin_hits = 0;         // of these, that it need not sleep for
  uint64_t wakes = 0;             // other workers that it woke
  uint64_t searches = 0;          // times that it began to look for work elsewhere
  uint64_t ticks = 0;             // turns given to the driver, timers and hooks while busy
  uint64_t completions = 0;       // delivered by the driver
  uint64_t late_completions = 0;  // of these, after they had waited for a stuck poll to end
  uint64_t timers_fired = 0;
  uint64_t budget_exhaustions = 0;
  uint64_t stuck_polls = 0;  // the watchdog found that lasted too long (sched/stuck_poll.h)
  uint64_t aged = 0;         // background tasks that had waited for long and ran as normal ones
  uint64_t queue_depth = 0;  // now, not since the start

  // How long polls last, by those that were timed: each one of an immediate task, of the others one
  // in each tick, and what took a millisecond longer than all between two ticks usually does.
  std::array<uint64_t, kPollTimeBuckets> poll_times{};

  WorkerStats& operator+=(const WorkerStats& other);
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_WORKER_STATS_H_
