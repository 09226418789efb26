#include "future/task_wait.h"

#include <coroutine>
#include <cstring>

#include "future/leaf_await.h"
#include "future/poll_task.h"
#include "future/task.h"

namespace zokio {
namespace {

// A suspended coroutine's frame begins with the function that resumes it (Itanium C++ ABI).
const void* CodeOf(std::coroutine_handle<> suspended) {
  const void* code;
  std::memcpy(&code, suspended.address(), sizeof code);
  return code;
}

void Walk(const LeafAwait& leaf, TaskWait* wait) {
  wait->awaited = leaf.vtable->awaited;
  std::coroutine_handle<> suspended = leaf.continuation;
  while (true) {
    wait->coroutines.push_back(CodeOf(suspended));
    const Continuation& next = internal::TaskAccess::ContinuationOf(suspended.address());
    if (next.root()) return;
    suspended = next.is_link() ? next.Link()->parent : next.Coroutine();
  }
}

}  // namespace

bool InspectTaskWait(TaskHeader* task, TaskWait* wait) {
  using H = TaskHeader;
  uint32_t state = task->state.load(memory_order_relaxed);
  do {
    if ((state & (H::kRunning | H::kNotified | H::kComplete)) != 0) return false;
  } while (!task->state.compare_exchange_weak(state, state + H::kQueued, memory_order_acq_rel,
                                              memory_order_relaxed));
  // As if this thread had taken it from a queue.
  if (task->root.leaf != nullptr) Walk(*task->root.leaf, wait);
  constexpr PolledTask kNothingDone{
      .ended = false, .requeue = false, .spare_references = H::kSpare};
  if (SettleTask(task, kNothingDone)) task->executor->Schedule(task);
  return true;
}

}  // namespace zokio
