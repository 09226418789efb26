#include "future/spawn.h"

namespace zokio::internal {

void StartTask(TaskHeader* task) {
  if (task->executor->Adopt(task)) {
    task->executor->Schedule(task);
    return;
  }
  // It never ran, so its frame may die here: it has no worker.
  task->vtable->destroy_frame(task);
  task->state.fetch_xor(TaskHeader::kNotified | TaskHeader::kComplete, memory_order_acq_rel);
  ReleaseTask(task);
}

}  // namespace zokio::internal
