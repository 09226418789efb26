// InspectTaskWait: what a spawned task that waits, waits for, and where its coroutines stand.
//
// For dumps of a running program, in release builds: it reads what a wake and a resumption use
// anyway, so waiting tasks pay nothing for it.
//
// Thread-safety: any thread. While it looks, the task counts as running: a wake that comes
// meanwhile
//   is passed on by the looking thread, which calls the executor's Schedule.
#ifndef ZOKIO_FUTURE_TASK_WAIT_H_
#define ZOKIO_FUTURE_TASK_WAIT_H_

#include <string_view>
#include <vector>

#include "future/task_header.h"

namespace zokio {

struct TaskWait {
  // The type of the awaited future, as the compiler writes it; lives for ever. Empty before the
  // first run.
  std::string_view awaited;
  // Where each suspended coroutine would go on, the innermost first: addresses of code.
  std::vector<const void*> coroutines;
};

// False where the task does not wait: it is queued, runs, or has ended.
// REQUIRES: it is not freed meanwhile.
bool InspectTaskWait(TaskHeader* task, TaskWait* wait);

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_WAIT_H_
