#include "sched/task_dump.h"

#include <algorithm>
#include <unordered_map>
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

std::string TextOf(const TaskInfo& task) {
  std::string text = "task " + std::to_string(task.id);
  if (!task.name.empty()) text += " \"" + task.name + "\"";
  text += ", worker " + std::to_string(task.worker) + ": " + ActivityName(task.activity);
  if (!task.waits_for.empty()) text.append(" for ").append(task.waits_for);
  if (task.cancelled) text += ", cancelled";
  if (task.spawned_at.line() != 0) {
    text += ", spawned at " + std::string(task.spawned_at.file_name()) + ":" +
            std::to_string(task.spawned_at.line());
  }
  if (task.parent != 0) text += ", child of task " + std::to_string(task.parent);
  text += "\n" + internal::NamesOfCode(task.suspended_at);
  if (!task.spawned_by.empty()) text += "  spawned by\n" + internal::NamesOfCode(task.spawned_by);
  return text;
}

// `lines` with each of them that much deeper; but no deeper than can be read, for of tasks that
// each spawned the next one the text would else grow with their number's square.
void AppendIndented(const std::string& lines, size_t depth, std::string* text) {
  constexpr size_t kDepthMax = 30;
  depth = std::min(depth, kDepthMax);
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin) + 1;
    text->append(2 * depth, ' ').append(lines, begin, end - begin);
    begin = end;
  }
}

// The tasks as a forest: `visit(index, depth)`, parents before their children.
template <typename Visit>
void VisitTree(const std::vector<TaskInfo>& tasks, Visit visit) {
  std::unordered_map<uint32_t, size_t> by_id;
  for (size_t i = 0; i < tasks.size(); ++i) by_id.emplace(tasks[i].id, i);
  std::vector<std::vector<size_t>> children(tasks.size());
  struct Place {
    size_t index;
    size_t depth;
  };
  std::vector<Place> left;
  for (size_t i = tasks.size(); i-- > 0;) {
    const auto parent = by_id.find(tasks[i].parent);
    if (tasks[i].parent == 0 || parent == by_id.end() || parent->second == i) {
      left.push_back({i, 0});
    } else {
      children[parent->second].push_back(i);  // the last first, as they come off the stack
    }
  }
  while (!left.empty()) {
    const Place place = left.back();
    left.pop_back();
    visit(place.index, place.depth);
    for (size_t child : children[place.index]) left.push_back({child, place.depth + 1});
  }
}

}  // namespace

std::string TaskDump::ToString() const {
  std::string text;
  VisitTree(tasks, [&](size_t index, size_t depth) {
    AppendIndented(TextOf(tasks[index]), depth, &text);
  });
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
