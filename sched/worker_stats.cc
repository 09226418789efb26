#include "sched/worker_stats.h"

namespace zokio {

WorkerStats& WorkerStats::operator+=(const WorkerStats& other) {
  polls += other.polls;
  lifo_polls += other.lifo_polls;
  spawned += other.spawned;
  completed += other.completed;
  steals += other.steals;
  stolen_tasks += other.stolen_tasks;
  injected += other.injected;
  overflows += other.overflows;
  parks += other.parks;
  spins += other.spins;
  spin_hits += other.spin_hits;
  wakes += other.wakes;
  searches += other.searches;
  ticks += other.ticks;
  completions += other.completions;
  late_completions += other.late_completions;
  timers_fired += other.timers_fired;
  budget_exhaustions += other.budget_exhaustions;
  stuck_polls += other.stuck_polls;
  aged += other.aged;
  queue_depth += other.queue_depth;
  for (size_t i = 0; i < poll_times.size(); ++i) poll_times[i] += other.poll_times[i];
  return *this;
}

}  // namespace zokio
