#include "sched/task_dump.h"

#include <utility>

#include "future/task_header.h"
#include "future/task_wait.h"
#include "sched/internal/thread_stack.h"

namespace zokio {
namespace {

const char* ActivityName(TaskActivity activity) {
  switch (activity) {
    case TaskActivity::kWaiting:
      return "waiting";
    case TaskActivity::kReady:
      return "ready";
    case TaskActivity::kRunning:
      return "running";
  }
  return "";
}

}  // namespace

std::string TaskDump::ToString() const {
  std::string text;
  for (const TaskInfo& task : tasks) {
    text += "task " + std::to_string(task.id);
    if (!task.name.empty()) text += " \"" + task.name + "\"";
    text += ", worker " + std::to_string(task.worker) + ": " + ActivityName(task.activity);
    if (!task.waits_for.empty()) text.append(" for ").append(task.waits_for);
    if (task.cancelled) text += ", cancelled";
    if (task.spawned_at.line() != 0) {
      text += ", spawned at " + std::string(task.spawned_at.file_name()) + ":" +
              std::to_string(task.spawned_at.line());
    }
    text += "\n" + internal::NamesOfCode(task.suspended_at);
  }
  for (int worker : silent_workers) {
    text += "worker " + std::to_string(worker) + ": no answer, inside a poll\n";
  }
  if (not_started != 0) text += std::to_string(not_started) + " tasks that have not run yet\n";
  return text;
}

namespace internal {

TaskInfo Describe(TaskHeader* task, int worker) {
  const uint32_t state = task->state.load(memory_order_acquire);
  TaskInfo info;
  info.id = TaskId(task);
  info.name = TaskName(task);
  info.spawned_at = TaskSpawnSite(task);
  info.worker = worker;
  TaskWait wait;
  if (InspectTaskWait(task, &wait)) {
    info.waits_for = wait.awaited;
    info.suspended_at = std::move(wait.coroutines);
  } else {
    info.activity = TaskActivity::kReady;
  }
  info.cancelled = (state & TaskHeader::kCancelled) != 0;
  return info;
}

}  // namespace internal
}  // namespace zokio
