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

// Among those equally near it begins anywhere, so that thieves do not meet.
template <typename VictimAt, typename Rob>
TaskHeader* Worker::RobGroup(uint32_t count, VictimAt victim_at, Rob rob) {
  const uint32_t start = random_.Below(count);
  for (uint32_t i = 0; i < count; ++i) {
    Worker& victim = victim_at(start + i < count ? start + i : start + i - count);
    if (&victim == this) continue;
    if (TaskHeader* task = rob(victim)) return task;
  }
  return nullptr;
}

template <typename Rob>
TaskHeader* Worker::RobNearestFirst(Rob rob) {
  const auto workers = core_.workers();
  const auto count = static_cast<uint32_t>(workers.size());
  const auto any = [workers](uint32_t i) -> Worker& { return *workers[i]; };
  const StealOrder& order = core_.placement().steal_orders[static_cast<size_t>(place())];
  if (order.group_ends.empty()) return RobGroup(count, any, rob);
  const auto asked_for = static_cast<uint32_t>(core_.worker_count());
  // A spare worker begins with the one it stands in for.
  if (place() != index_) {
    if (TaskHeader* task = rob(any(static_cast<uint32_t>(place())))) return task;
  }
  uint32_t begin = 0;
  for (const uint32_t end : order.group_ends) {
    const auto near = [&](uint32_t i) -> Worker& { return any(order.victims[begin + i]); };
    if (TaskHeader* task = RobGroup(end - begin, near, rob)) return task;
    begin = end;
  }
  if (count == asked_for) return nullptr;
  return RobGroup(
      count - asked_for, [&](uint32_t i) -> Worker& { return any(asked_for + i); }, rob);
}

TaskHeader* Worker::StealOnce(Priority priority) {
  return RobNearestFirst([this, priority](Worker& victim) -> TaskHeader* {
    TaskHeader* stolen[kStealMax];
    const uint32_t n = victim.queue(priority).Steal(stolen, kStealMax);
    if (n == 0) return nullptr;
    counters_.steals.Add();
    counters_.stolen_tasks.Add(n);
    for (uint32_t k = 1; k < n; ++k) PushRing(stolen[k], priority);
    return stolen[0];
  });
}

TaskHeader* Worker::StealForked() {
  return RobNearestFirst([this](Worker& victim) -> TaskHeader* {
    TaskHeader* task = victim.deque().Steal();
    if (task == nullptr) return nullptr;
    counters_.steals.Add();
    counters_.stolen_tasks.Add();
    return AdoptForked(task);
  });
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
