#include "future/task_locals.h"

namespace zokio {

void TaskLocals::Release(TaskLocals* locals) {
  // A loop, not a recursion: lists may be long.
  while (locals != nullptr && locals->references_.fetch_sub(1, memory_order_acq_rel) == 1) {
    TaskLocals* next = locals->next_;
    locals->free_(locals);
    locals = next;
  }
}

}  // namespace zokio
