// StuckPoll: a poll that has kept its worker for longer than SchedulerOptions::stuck_poll_limit,
// because it blocks or computes without end; what the watchdog says of it.
//
// Thread-safety: a plain value.
#ifndef ZOKIO_SCHED_STUCK_POLL_H_
#define ZOKIO_SCHED_STUCK_POLL_H_

#include <cstdint>
#include <source_location>
#include <string>

#include "base/clock.h"

namespace zokio {

struct StuckPoll {
  int worker = 0;
  uint32_t task_id = 0;             // TaskId
  std::string task_name;            // SpawnNamed's, or empty
  std::source_location spawned_at;  // where SpawnNamed was called; line 0 without
  Duration lasted{};                // when it was seen, at least
  // Another thread goes on with the worker's tasks and timers. False: none could be had.
  bool replaced = false;
  // The worker's driver held operations; what completes waits until the poll ends.
  bool io_waits = false;
  // Where the thread was, innermost call first, a line each: `program(function+offset) [address]`.
  // Empty where the platform or the thread did not tell.
  std::string stack;

  // Some lines for people.
  std::string ToString() const;
};

// What was done about polls that are stuck, and calls that said they would block.
struct RecoveryStats {
  uint64_t stuck_polls = 0;
  uint64_t replaced = 0;  // of these: others went on with the worker's tasks
  uint64_t in_place = 0;  // calls of BlockInPlace
  int spare_workers = 0;  // threads that were started for either
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_STUCK_POLL_H_
