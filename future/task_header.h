// TaskHeader: the control block of a spawned task, and the state machine of its life.
//
// A task is one block: [TaskHeader | result | coroutine frame], so that a spawn is one allocation.
// The frame is destroyed when the body ends; the header and result live until the last reference
// goes. The header is what executors queue and wakers point to.
//
// State word (one Atomic<uint32_t>): six flags below a reference count.
//
//   kRunning    the task is in exactly one queue, or one thread is inside RunTask; nobody else may
//               touch the frame
//   kNotified   a wake came while kRunning was set, or the runner has just seen that
//   kComplete   the frame is gone; the result is there (or cancelled). Final.
//   kJoinInterest  a JoinHandle exists; it owns the result once kComplete is set
//   kJoinWaker  `join_waker` is filled in; set by the handle, read by the completing thread
//   kCancelled  the task is to end at its next run
//
//   spawn:     kRunning | kJoinInterest, references: 1 (alive, until complete) + 1 (handle)
//              + spare
//   wake:      {idle} -> kRunning, and who did that calls Schedule, nobody else. While kRunning is
//              set: kNotified. The waker's own reference goes in the same read-modify-write.
//   run:       takes over what the wake left: a load, but where kNotified came meanwhile; poll,
//   then
//              pending:  clear kRunning; if kNotified was set meanwhile, Schedule again, and the
//                        next run changes kNotified into kRunning
//              yielded:  kRunning stays, Schedule
//              done:     destroy frame, kRunning -> kComplete, take join_waker if kJoinWaker was
//                        set, Disown, wake the joiner, drop the alive reference
//
// With kRunning come two spare references, in the same read-modify-write: the clones that the poll
// makes of its waker take them, and those left go with kRunning. So an await costs the task two
// read-modify-writes, the wake and the end of the poll.
//
// Queues own no reference: a queued task is not complete, so the alive reference holds it.
//
// Who may touch what: `root` and the frame: the runner, or the queue before it (`next` only).
// `join_waker`: the handle while kJoinWaker is clear, the
// completing thread afterwards. The rest is constant after the spawn.
//
// Memory ordering: every transition into and out of kRunning is acq_rel, so that a task's
// memory is handed from worker to worker and a wake's effects are seen by the next poll. From the
// wake to the run a task is handed on by its executor's queue, which must publish what it holds.
#ifndef ZOKIO_FUTURE_TASK_HEADER_H_
#define ZOKIO_FUTURE_TASK_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "base/atomic.h"
#include "future/context.h"
#include "future/task_locals.h"
#include "future/waker.h"

namespace zokio {

struct LeafAwait;
struct TaskHeader;

// What differs by the type of the task's result.
struct TaskVtable {
  // Starts or resumes the coroutine; true when it ran to its end.
  bool (*poll)(TaskHeader* task, Context& context);
  // Drives a cancelled body's clean-up; true when the frame may be destroyed.
  bool (*poll_cancel)(TaskHeader* task, Context& context);
  void (*destroy_frame)(TaskHeader* task);
  void (*destroy_result)(TaskHeader* task);
  // Frees the block. The frame and the result are gone.
  void (*free_block)(TaskHeader* task);
};

// Where a running coroutine finds its poll: shared by a root task and all it awaits in place.
struct TaskRoot {
  union {
    Context* context = nullptr;  // while it is being polled
    TaskHeader* next;            // while it is queued
  };
  LeafAwait* leaf = nullptr;  // what a wake polls; null before the first run
};

struct TaskHeader {
  static constexpr uint32_t kNotified = 1;
  static constexpr uint32_t kRunning = 2;
  static constexpr uint32_t kComplete = 4;
  static constexpr uint32_t kJoinInterest = 8;
  static constexpr uint32_t kJoinWaker = 16;
  static constexpr uint32_t kCancelled = 32;
  static constexpr uint32_t kReference = 64;
  // Comes and goes with kRunning.
  static constexpr uint32_t kSpare = 2;
  static constexpr uint32_t kQueued = kRunning + kSpare * kReference;

  Atomic<uint32_t> state;
  // For the executor that adopted it: where it keeps the task. Free for its use.
  uint32_t executor_slot;
  const TaskVtable* vtable;
  TaskRoot root;
  Executor* executor;
  TaskLocals* locals;
  Waker join_waker;
};

static_assert(sizeof(void*) != 8 || sizeof(TaskHeader) == 64);

// Runs a queued task once on this thread: polls it, completes or re-queues it. The environment's
// budget is refilled. Called by executors, exactly once per Schedule.
void RunTask(TaskHeader* task, PollEnvironment& environment);

// Asks a task to end: it is dropped at its next run. From any thread; idempotent.
void CancelTask(TaskHeader* task);

// Wakes by header: idempotent, from any thread. The caller holds a reference.
void WakeTask(TaskHeader* task);

void RetainTask(TaskHeader* task);
void ReleaseTask(TaskHeader* task);

// A Waker that owns a reference of `task`.
Waker TaskWaker(TaskHeader* task);

// A number that no other task of this process has had, but for one 2^32 tasks ago; given out when
// first asked for.  REQUIRES: a spawned task that has not ended.
uint32_t TaskId(TaskHeader* task);
// What SpawnNamed called it or the task it inherited its local values from, and where in the
// program that was; "" and line 0 without. Same requirement.
const char* TaskName(const TaskHeader* task);
std::source_location TaskSpawnSite(const TaskHeader* task);

namespace internal {
// The key of the origin among a task's local values.
inline constexpr char kTaskOriginKey = 0;
struct TaskOrigin {
  const char* name;
  std::source_location site;
};
}  // namespace internal

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_HEADER_H_
