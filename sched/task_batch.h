// TaskBatch: up to 128 runnable tasks that move between queues as one block.
//
// An array and not a chain through the tasks' headers: who moves a batch does not touch the tasks,
// whose cache lines are mostly elsewhere, and holds a lock for a few instructions only.
//
// Ownership: whoever holds the pointer frees it by Free; the tasks are held by their own alive
//   references.  Thread-safety: a plain value.  Cost: one pooled block of about a kilobyte.
#ifndef ZOKIO_SCHED_TASK_BATCH_H_
#define ZOKIO_SCHED_TASK_BATCH_H_

#include <cstdint>
#include <new>

#include "mem/frame_pool.h"

namespace zokio {

struct TaskHeader;

struct TaskBatch {
  static constexpr uint32_t kCapacity = 128;

  static TaskBatch* Make() {
    auto* batch = static_cast<TaskBatch*>(FramePool::Allocate(sizeof(TaskBatch)));
    batch->next = nullptr;
    batch->count = 0;
    return batch;
  }
  static void Free(TaskBatch* batch) { FramePool::Free(batch, sizeof(TaskBatch)); }

  bool full() const { return count == kCapacity; }
  void Add(TaskHeader* task) { tasks[count++] = task; }

  TaskBatch* next;  // for whoever holds several
  uint32_t count;
  TaskHeader* tasks[kCapacity];  // oldest first
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_TASK_BATCH_H_
