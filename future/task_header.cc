#include "future/task_header.h"

#include "base/check.h"
#include "future/poll_task.h"
#include "future/task_hooks.h"

namespace zokio {
namespace {

constinit Atomic<uint32_t> g_last_id{0};

using H = TaskHeader;

Waker CloneTaskWaker(void* data) {
  auto* task = static_cast<TaskHeader*>(data);
  RetainTask(task);
  return TaskWaker(task);
}

// What a wake changes: idle to queued; otherwise the wake is remembered.
uint32_t Woken(uint32_t state) {
  bool idle = (state & (H::kNotified | H::kRunning | H::kComplete)) == 0;
  return idle ? state + H::kQueued : state | H::kNotified;
}
void ScheduleWoken(TaskHeader* task) {
  if (TaskHooks* hooks = GetTaskHooks()) hooks->OnWake(task);
  task->executor->Schedule(task);
}

// In one read-modify-write: until it has ended, a task has a reference of its own, so this one is
// never the last.
void WakeAndRelease(void* data) {
  auto* task = static_cast<TaskHeader*>(data);
  uint32_t state = task->state.load(memory_order_relaxed);
  while ((state & H::kComplete) == 0) {
    uint32_t woken = Woken(state);
    if (!task->state.compare_exchange_weak(state, woken - H::kReference, memory_order_acq_rel,
                                           memory_order_relaxed)) {
      continue;
    }
    if ((woken & H::kNotified) == 0) ScheduleWoken(task);
    return;
  }
  ReleaseTask(task);
}

void WakeByRef(void* data) { WakeTask(static_cast<TaskHeader*>(data)); }

void DropTaskWaker(void* data) { ReleaseTask(static_cast<TaskHeader*>(data)); }

constexpr WakerVtable kTaskWakerVtable{&CloneTaskWaker, &WakeAndRelease, &WakeByRef,
                                       &DropTaskWaker};

// The waker in a running task's Context, which owns no reference: its clones take the spare ones.
Waker CloneRunningWaker(void* data) {
  auto* task = static_cast<TaskHeader*>(data);
  if (!task->root.context->TakeSpareReference()) RetainTask(task);
  return TaskWaker(task);
}
// Sets `flags` and wakes.
void Notify(TaskHeader* task, uint32_t flags) {
  // Release: the next poll sees what the waking thread did. The read-modify-write is needed even
  // where kNotified is set already, or that poll could miss it.
  uint32_t state = task->state.load(memory_order_relaxed);
  uint32_t woken;
  do {
    woken = Woken(state);
  } while (!task->state.compare_exchange_weak(state, woken | flags, memory_order_acq_rel,
                                              memory_order_relaxed));
  if ((woken & H::kNotified) == 0) ScheduleWoken(task);
}

}  // namespace

namespace internal {

constinit Atomic<TaskHooks*> g_task_hooks{nullptr};

constexpr WakerVtable kRunningWakerVtable{&CloneRunningWaker, &WakeAndRelease, &WakeByRef,
                                          &DropTaskWaker, &kTaskWakerVtable};

void CompleteTask(TaskHeader* task, uint32_t spare) {
  if (TaskHooks* hooks = GetTaskHooks()) hooks->OnEnd(task);
  task->vtable->destroy_frame(task);
  // What is most often the case costs one read-modify-write or none. Nobody but the handle and this
  // thread has a reference then, and the handle's waker is not set.
  task->executor->Disown(task);
  // Not by whoever drops the last reference: values have destructors, and that may be a waker.
  if (task->locals != nullptr) TaskLocals::Release(task->locals);
  // Only now: until it is disowned, whoever walks the executor's tasks may take a reference.
  uint32_t state = task->state.load(memory_order_acquire);
  const uint32_t running = H::kRunning + spare * H::kReference;
  if (state == running + H::kReference) {
    task->vtable->destroy_result(task);
    task->vtable->free_block(task);
    return;
  }
  if (state == running + H::kJoinInterest + 2 * H::kReference &&
      task->state.compare_exchange_strong(state, H::kComplete | H::kJoinInterest | H::kReference,
                                          memory_order_acq_rel)) {
    return;
  }
  uint32_t before = task->state.fetch_add(H::kComplete - running, memory_order_acq_rel);
  // Without a handle nobody will ever take the result.
  if ((before & H::kJoinInterest) == 0) task->vtable->destroy_result(task);
  // By reference: the handle may be comparing this waker with another right now. It is dropped
  // with the block.
  if ((before & H::kJoinWaker) != 0) task->join_waker.WakeByRef();
  ReleaseTask(task);  // the alive reference
}

uint32_t TakeNotification(TaskHeader* task, uint32_t state) {
  const uint32_t running = (state & H::kRunning) != 0 ? 0 : H::kQueued;
  return task->state.fetch_add(running - H::kNotified, memory_order_acq_rel);
}

}  // namespace internal

void SetTaskHooks(TaskHooks* hooks) { internal::g_task_hooks.store(hooks, memory_order_release); }

uint32_t TaskId(TaskHeader* task) {
  // The result slot stands behind the header, and the id first in it.
  auto& id = *reinterpret_cast<Atomic<uint32_t>*>(task + 1);
  uint32_t known = id.load(memory_order_relaxed);
  while (known == 0) {
    uint32_t fresh = g_last_id.fetch_add(1, memory_order_relaxed) + 1;
    if (id.compare_exchange_strong(known, fresh, memory_order_relaxed)) return fresh;
  }
  return known;
}

const char* TaskName(const TaskHeader* task) {
  const auto* origin =
      TaskLocals::Find<internal::TaskOrigin>(task->locals, &internal::kTaskOriginKey);
  return origin == nullptr ? "" : origin->name;
}

std::source_location TaskSpawnSite(const TaskHeader* task) {
  const auto* origin =
      TaskLocals::Find<internal::TaskOrigin>(task->locals, &internal::kTaskOriginKey);
  return origin == nullptr ? std::source_location() : origin->site;
}

Waker TaskWaker(TaskHeader* task) { return Waker(&kTaskWakerVtable, task); }

void RetainTask(TaskHeader* task) {
  uint32_t before = task->state.fetch_add(H::kReference, memory_order_relaxed);
  ZOKIO_CHECK(before < UINT32_MAX / 2, "33 million references to one task: wakers are leaked");
}

void ReleaseTask(TaskHeader* task) {
  // Release: this owner's accesses come before the free. Acquire: the free comes after all others'.
  uint32_t before = task->state.fetch_sub(H::kReference, memory_order_acq_rel);
  if (before / H::kReference == 1) task->vtable->free_block(task);
}

void WakeTask(TaskHeader* task) { Notify(task, 0); }

void CancelTask(TaskHeader* task) { Notify(task, H::kCancelled); }

void RunTask(TaskHeader* task, PollEnvironment& environment) {
  TaskPoller poller(environment);
  const PolledTask polled = poller.Poll(task);
  environment.running = nullptr;
  if (!polled.ended && SettleTask(task, polled)) task->executor->Schedule(task);
}

}  // namespace zokio
