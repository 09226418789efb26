// Priority: which of the runnable tasks of a worker runs first.
//
// A task keeps the priority it was spawned with, and what it spawns through its Context's executor
// has the same; but an immediate one whose polls are long is queued as a normal one meanwhile, and
// a background one that has waited for long runs as a normal one once (SchedulerOptions). Nothing
// starves: see internal/worker.h for how many turns the lower ones are kept.
#ifndef ZOKIO_SCHED_PRIORITY_H_
#define ZOKIO_SCHED_PRIORITY_H_

#include <cstdint>

namespace zokio {

enum class Priority : uint8_t {
  kImmediate,  // before all others: short work that somebody waits for
  kNormal,
  kBackground,  // when there is nothing else, and a small share of the turns otherwise
};

inline constexpr int kPriorities = 3;

}  // namespace zokio

#endif  // ZOKIO_SCHED_PRIORITY_H_
