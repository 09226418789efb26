// TaskQueue: a plain list of runnable tasks, linked through their headers.
//
// What moves in batches (an overflow, an inject shard) moves as one of these: no allocation, and
// appending one list to another is three stores.
//
// Ownership: none; a queued task is held by its own alive reference.  Thread-safety: one thread.
#ifndef ZOKIO_SCHED_TASK_QUEUE_H_
#define ZOKIO_SCHED_TASK_QUEUE_H_

#include <cstdint>

#include "future/task_header.h"

namespace zokio {

class TaskQueue {
 public:
  TaskQueue() = default;
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  bool empty() const { return head_ == nullptr; }
  uint64_t size() const { return size_; }

  void PushBack(TaskHeader* task) {
    task->root.next = nullptr;
    if (head_ == nullptr) {
      head_ = task;
    } else {
      tail_->root.next = task;
    }
    tail_ = task;
    ++size_;
  }

  // The oldest, or null.
  TaskHeader* PopFront() {
    TaskHeader* task = head_;
    if (task == nullptr) return nullptr;
    head_ = task->root.next;
    --size_;
    return task;
  }

  // Moves all of `other` to the end of this one.
  void Append(TaskQueue& other) {
    if (other.head_ == nullptr) return;
    if (head_ == nullptr) {
      head_ = other.head_;
    } else {
      tail_->root.next = other.head_;
    }
    tail_ = other.tail_;
    size_ += other.size_;
    other.head_ = nullptr;
    other.size_ = 0;
  }

 private:
  TaskHeader* head_ = nullptr;
  TaskHeader* tail_ = nullptr;  // meaningful while head_ is set
  uint64_t size_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_TASK_QUEUE_H_
