// PinnedQueue: the runnable tasks that are bound to one worker, oldest first.
//
// The worker's own pushes and pops are a plain list through the tasks' headers; other threads leave
// theirs in an inbox under a lock, which the worker empties as a whole. The one who finds the inbox
// empty wakes the worker while it holds the lock: who destroys the queue takes the lock once, and
// so waits for those who are inside.
//
// Ownership: none; a queued task is held by its own alive reference.
// Thread-safety: PushRemote any thread, the rest the worker.
// Memory ordering: by the lock; `waiting_` is a hint that says when to take it. A stale one costs
//   nothing, for the wake that follows a push makes the worker look again.
#ifndef ZOKIO_SCHED_INTERNAL_PINNED_QUEUE_H_
#define ZOKIO_SCHED_INTERNAL_PINNED_QUEUE_H_

#include "base/atomic.h"
#include "base/mutex.h"
#include "future/task_header.h"

namespace zokio::internal {

class PinnedQueue {
 public:
  PinnedQueue() = default;
  PinnedQueue(const PinnedQueue&) = delete;
  PinnedQueue& operator=(const PinnedQueue&) = delete;
  ~PinnedQueue() { MutexLock last_pusher_is_out(mutex_); }

  template <typename Wake>
  void PushRemote(TaskHeader* task, Wake wake) {
    MutexLock lock(mutex_);
    const bool first = inbox_.head == nullptr;
    inbox_.Append(task);
    if (!first) return;  // whoever was first has woken the worker
    waiting_.store(true, memory_order_release);
    wake();
  }

  void Push(TaskHeader* task) { ready_.Append(task); }

  bool empty() const { return ready_.head == nullptr && !waiting_.load(memory_order_acquire); }

  // Any thread: the inbox has tasks.
  bool waiting() const { return waiting_.load(memory_order_acquire); }

  // The oldest of its own, then those from outside; null when there is none.
  TaskHeader* Pop() {
    if (ready_.head == nullptr) {
      if (!waiting_.load(memory_order_acquire)) return nullptr;
      MutexLock lock(mutex_);
      waiting_.store(false, memory_order_relaxed);
      ready_ = inbox_;
      inbox_ = List();
    }
    TaskHeader* task = ready_.head;
    if (task != nullptr) ready_.head = task->root.next;
    return task;
  }

 private:
  struct List {
    void Append(TaskHeader* task) {
      task->root.next = nullptr;
      (head == nullptr ? head : tail->root.next) = task;
      tail = task;
    }
    TaskHeader* head = nullptr;
    TaskHeader* tail = nullptr;  // valid where head is
  };

  List ready_;
  alignas(64) Atomic<bool> waiting_{false};
  Mutex mutex_;
  List inbox_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_PINNED_QUEUE_H_
