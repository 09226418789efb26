// PinnedQueue: the runnable tasks that are bound to one worker, oldest first.
//
// The worker's own pushes and pops are a plain list through the tasks' headers; other threads leave
// theirs in an inbox under a lock, which the worker moves over as a whole. The one who finds the
// inbox empty wakes the worker while it holds the lock: who destroys the queue takes the lock once,
// and so waits for those who are inside.
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

  // The oldest; null when there is none. What came from outside queues behind what is there, and
  // is looked for each time: tasks of its own that are always ready must not keep it out.
  TaskHeader* Pop() {
    if (__builtin_expect(waiting_.load(memory_order_acquire), 0)) TakeInbox();
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

  void TakeInbox() {
    MutexLock lock(mutex_);
    waiting_.store(false, memory_order_relaxed);
    if (inbox_.head == nullptr) return;
    (ready_.head == nullptr ? ready_.head : ready_.tail->root.next) = inbox_.head;
    ready_.tail = inbox_.tail;
    inbox_ = List();
  }

  List ready_;
  alignas(64) Atomic<bool> waiting_{false};
  Mutex mutex_;
  List inbox_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_PINNED_QUEUE_H_
