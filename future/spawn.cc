#include "future/spawn.h"

#include "future/task_hooks.h"

namespace zokio::internal {

void StartTask(TaskHeader* task) {
  if (TaskHooks* hooks = GetTaskHooks()) hooks->OnSpawn(task);
  if (task->executor->Adopt(task)) {
    task->executor->Schedule(task);
    return;
  }
  // It never ran, so its frame may die here: it has no worker.
  if (TaskHooks* hooks = GetTaskHooks()) hooks->OnEnd(task);
  task->vtable->destroy_frame(task);
  TaskLocals::Release(task->locals);
  task->state.fetch_add(TaskHeader::kComplete - TaskHeader::kQueued, memory_order_acq_rel);
  ReleaseTask(task);
}

}  // namespace zokio::internal
