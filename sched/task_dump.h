// TaskDump: which tasks live in a scheduler, and what they do.
//
// Scheduler::Dump asks each worker for the tasks that it was the first to run; a worker that is
// inside one long poll does not answer in time and is named instead, for it is what hangs.
//
// Thread-safety: a plain value.
#ifndef ZOKIO_SCHED_TASK_DUMP_H_
#define ZOKIO_SCHED_TASK_DUMP_H_

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace zokio {

struct TaskHeader;

enum class TaskActivity : uint8_t {
  kWaiting,  // for a wake
  kReady,    // in a queue: it was woken, or has yielded
  kRunning,  // on a worker
};

struct TaskInfo {
  uint32_t id = 0;   // TaskId
  std::string name;  // SpawnNamed's, or empty
  int worker = 0;    // where it ran first
  TaskActivity activity = TaskActivity::kWaiting;
  bool cancelled = false;  // told to end: it waits for what it has started
  // Where SpawnNamed was called; line 0 without.
  std::source_location spawned_at;
  // With SchedulerOptions::record_spawns: the id of the task that spawned it, which may have ended,
  // or 0; and the return addresses of the call that did, the innermost first. A forked child that
  // another worker took has neither.
  uint32_t parent = 0;
  std::vector<const void*> spawned_by;
  // Of a waiting task: the type of the future that it awaits, and where its coroutines would go on,
  // the innermost first: addresses of code, which ToString names.
  std::string_view waits_for;
  std::vector<const void*> suspended_at;
};

struct TaskDump {
  std::vector<TaskInfo> tasks;      // by worker
  std::vector<int> silent_workers;  // did not answer in time: their tasks are missing
  uint64_t not_started = 0;         // spawned, and in a queue since

  // A line for each task, with one for each of its suspended coroutines, and one for each silent
  // worker; a task's children stand below it, indented. Code is told as
  // `program(function+offset) [address]` where the program exports the function's name, else as
  // `program(+offset)`: `addr2line -fCe program +offset` tells function, file and line of any.
  std::string ToString() const;
};

namespace internal {

// What is said of a task, which is ready where it may also be running.  REQUIRES: it cannot end
// meanwhile.
TaskInfo Describe(TaskHeader* task, int worker);

}  // namespace internal
}  // namespace zokio

#endif  // ZOKIO_SCHED_TASK_DUMP_H_
