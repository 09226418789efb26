// NodeQueue: the runnable tasks that are bound to one memory node, oldest first, for any of its
// workers.
//
// Who finds it empty wakes a worker of the node that sleeps, while he holds the lock: who destroys
// the queue takes the lock once, and so waits for those who are inside. A worker that takes a task
// and sees more wakes the next one.
//
// Ownership: none; a queued task is held by its own alive reference.
// Thread-safety: any thread.
// Memory ordering: by the lock. A worker that is about to sleep says so first (IdleSet, under its
//   lock, which `wake` takes too) and then looks at `waiting`: so one of the two sees the other.
// Cost: a lock for each push and each pop; an empty queue costs a load.
#ifndef ZOKIO_SCHED_INTERNAL_NODE_QUEUE_H_
#define ZOKIO_SCHED_INTERNAL_NODE_QUEUE_H_

#include <utility>

#include "base/atomic.h"
#include "base/mutex.h"
#include "future/task_header.h"

namespace zokio::internal {

class NodeQueue {
 public:
  NodeQueue() = default;
  NodeQueue(const NodeQueue&) = delete;
  NodeQueue& operator=(const NodeQueue&) = delete;
  ~NodeQueue() { WaitForPushers(); }

  template <typename Wake>
  void Push(TaskHeader* task, Wake wake) {
    MutexLock lock(mutex_);
    task->root.next = nullptr;
    (head_ == nullptr ? head_ : tail_->root.next) = task;
    const bool first = head_ == task;
    tail_ = task;
    if (!first) return;  // whoever takes the one before wakes another worker
    waiting_.store(true, memory_order_release);
    wake();
  }

  // The oldest, and whether there are more; null when there is none.
  std::pair<TaskHeader*, bool> Pop() {
    MutexLock lock(mutex_);
    TaskHeader* task = head_;
    if (task == nullptr) return {nullptr, false};
    head_ = task->root.next;
    if (head_ == nullptr) waiting_.store(false, memory_order_relaxed);
    return {task, head_ != nullptr};
  }

  bool waiting() const { return waiting_.load(memory_order_acquire); }

  // REQUIRES: no new push comes.
  void WaitForPushers() { MutexLock last_pusher_is_out(mutex_); }

 private:
  alignas(64) Atomic<bool> waiting_{false};
  Mutex mutex_;
  TaskHeader* head_ = nullptr;
  TaskHeader* tail_ = nullptr;  // valid where head_ is
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_NODE_QUEUE_H_
