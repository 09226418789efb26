// The part of Worker that looks for work at other workers.
#include "future/task_header.h"
#include "future/task_hooks.h"
#include "future/task_locals.h"
#include "sched/internal/worker.h"

namespace zokio::internal {

TaskHeader* Worker::Search() {
  if (core_.workers().size() == 1) return nullptr;
  if (!searching_) {
    if (!core_.idle().TryBeginSearch()) return nullptr;
    searching_ = true;
  }
  counters_.searches.Add();
  constexpr int kPasses = 3;
  for (int pass = 0; pass < kPasses; ++pass) {
    if (TaskHeader* task = StealOnce(Priority::kImmediate)) return task;
    if (TaskHeader* task = StealOnce(Priority::kNormal)) return task;
    if (TaskHeader* task = StealForked()) return task;
    if (TaskHeader* task = StealOnce(Priority::kBackground)) return task;
  }
  return nullptr;
}

TaskHeader* Worker::StealOnce(Priority priority) {
  const auto workers = core_.workers();
  auto count = static_cast<uint32_t>(workers.size());
  uint32_t start = random_.Below(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t victim = start + i < count ? start + i : start + i - count;
    if (static_cast<int>(victim) == index_) continue;
    TaskHeader* stolen[kStealMax];
    uint32_t n = workers[victim]->queue(priority).Steal(stolen, kStealMax);
    if (n == 0) continue;
    counters_.steals.Add();
    counters_.stolen_tasks.Add(n);
    for (uint32_t k = 1; k < n; ++k) PushRing(stolen[k], priority);
    return stolen[0];
  }
  return nullptr;
}

TaskHeader* Worker::StealForked() {
  const auto workers = core_.workers();
  auto count = static_cast<uint32_t>(workers.size());
  uint32_t start = random_.Below(count);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t victim = start + i < count ? start + i : start + i - count;
    if (static_cast<int>(victim) == index_) continue;
    TaskHeader* task = workers[victim]->deque().Steal();
    if (task == nullptr) continue;
    counters_.steals.Add();
    counters_.stolen_tasks.Add();
    return AdoptForked(task);
  }
  return nullptr;
}

// What the fork left undone because most children are never seen by anybody else.
TaskHeader* Worker::AdoptForked(TaskHeader* task) {
  TaskLocals::Retain(task->locals);
  if (TaskHooks* hooks = GetTaskHooks()) hooks->OnSpawn(task);
  // Its parent lives, so the scheduler cannot have drained.
  counters_.spawned.Add();
  return task;
}

}  // namespace zokio::internal
