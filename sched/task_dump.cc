#include "sched/task_dump.h"

#include "future/task_header.h"

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
    text += task.cancelled ? ", cancelled\n" : "\n";
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
  info.worker = worker;
  info.cancelled = (state & TaskHeader::kCancelled) != 0;
  if ((state & (TaskHeader::kRunning | TaskHeader::kNotified)) != 0) {
    info.activity = TaskActivity::kReady;
  }
  return info;
}

}  // namespace internal
}  // namespace zokio
