// SchedulerOptions: what may be chosen when a Scheduler is created.
#ifndef ZOKIO_SCHED_SCHEDULER_OPTIONS_H_
#define ZOKIO_SCHED_SCHEDULER_OPTIONS_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "sched/driver.h"
#include "sched/idle_spin.h"
#include "sched/placement.h"
#include "sched/stuck_poll.h"
#include "sched/topology.h"
#include "sched/virtual_clock.h"
#include "sched/worker_hooks.h"

namespace zokio {

struct SchedulerOptions {
  SchedulerOptions() = default;

  // 0: as many as cores that this process may use: of the affinity mask, the cgroup's quota, and
  // `topology` where there is one.
  int workers = 0;
  // Which processors the workers' threads are bound to: see placement.h.
  Affinity affinity = Affinity::kNone;
  // The machine, or the part of it that is this scheduler's (hwloc_topology.h). Null: nothing is
  // known but the affinity mask.
  std::shared_ptr<const Topology> topology;
  // With affinity and several nodes: where tasks of other threads begin.
  OutsidePlacement outside_placement = OutsidePlacement::kNearest;
  // Makes the driver of a worker: on the thread that calls Create, for a spare worker (its number
  // is workers or more) on any thread, one at a time. Empty: a ParkDriver each.
  std::function<Result<std::unique_ptr<Driver>>(int worker)> driver;
  // Outlives the scheduler. May be null.
  WorkerHooks* hooks = nullptr;
  // Outlives the scheduler. Drivers are given deadlines of this clock.
  const Clock* clock = &Clock::Monotonic();
  // Virtual time: takes the place of `clock`, and goes forward when everything waits. Outlives the
  // scheduler. Null: real time.
  VirtualClock* virtual_clock = nullptr;
  // How long a worker without work looks out for a wake before it sleeps.
  IdleSpin idle_spin = IdleSpin::Adaptive();
  // A worker parked for so long has its hooks' OnIdle called.
  Duration idle_period = std::chrono::milliseconds(100);
  // The threads are called NAME-0, NAME-1, ...
  std::string thread_name = "zokio";

  // An immediate task two of whose polls in a row last longer is queued as a normal one, until four
  // in a row were shorter.
  Duration immediate_poll_limit = std::chrono::microseconds(100);
  // A background task that has waited so long in its worker's queue runs as a normal one once.
  Duration ageing_period = std::chrono::milliseconds(10);

  // Whether dumps tell of each task which one spawned it, and by which calls: a tree of tasks.
  // Costs some microseconds a spawn, and memory for each task that lives.
  bool record_spawns = false;

  // A poll that lasts longer is stuck: it is reported, and a spare worker takes over the tasks and
  // timers of its worker. Zero: no watchdog.
  Duration stuck_poll_limit = std::chrono::seconds(1);
  // Told of each stuck poll, on the watchdog's thread, with no lock held. Must not block for long,
  // nor shut the scheduler down.
  std::function<void(const StuckPoll&)> on_stuck_poll;
  // Whether a stuck thread is sent SIGURG to learn its stack (where nobody else handles SIGURG). A
  // call in which it blocks may then fail with EINTR: poll, epoll_wait, nanosleep.
  bool stuck_poll_stack = true;
  // How many threads may be started to take the place of workers that are stuck or block.
  int spare_workers_max = 16;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_SCHEDULER_OPTIONS_H_
