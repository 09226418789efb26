// TaskLocals: a task's local values: an immutable list that tasks share and extend.
//
// A future polled `With` a value sees a list with that value in front; tasks that a scope starts
// inside it get the same list. Nodes are never changed once they are in a list, so a list is shared
// between tasks and threads by a count.
//
// Ownership: each node holds a share of the next. A spawned task holds a share until it ended.
// Thread-safety: immutable but for the count.
// Cost: one pooled block a value; a look-up walks the list.
#ifndef ZOKIO_FUTURE_TASK_LOCALS_H_
#define ZOKIO_FUTURE_TASK_LOCALS_H_

#include <cstdint>
#include <new>
#include <utility>

#include "base/atomic.h"
#include "mem/frame_pool.h"

namespace zokio {

class TaskLocals {
 public:
  TaskLocals(const TaskLocals&) = delete;
  TaskLocals& operator=(const TaskLocals&) = delete;

  // A list of `value` under `key`, before `next`, which gets one more owner. The caller owns one
  // share of the result.
  template <typename T>
  static TaskLocals* Prepend(const void* key, T value, TaskLocals* next);

  static TaskLocals* Retain(TaskLocals* locals) {
    if (locals != nullptr) locals->references_.fetch_add(1, memory_order_relaxed);
    return locals;
  }
  static void Release(TaskLocals* locals);

  // The value that was put under `key` last, or null.
  template <typename T>
  static const T* Find(const TaskLocals* locals, const void* key);

 private:
  template <typename T>
  struct Node;

  TaskLocals(const void* key, TaskLocals* next, void (*free)(TaskLocals*))
      : key_(key), next_(Retain(next)), free_(free) {}

  const void* key_;
  TaskLocals* next_;
  void (*free_)(TaskLocals*);
  Atomic<uint32_t> references_{1};
};

template <typename T>
struct TaskLocals::Node : TaskLocals {
  Node(const void* key, TaskLocals* next, T&& initial)
      : TaskLocals(key, next, &Free), value(std::move(initial)) {}
  static void Free(TaskLocals* locals) {
    auto* node = static_cast<Node*>(locals);
    node->~Node();
    FramePool::Free(node, sizeof(Node));
  }
  T value;
};

template <typename T>
TaskLocals* TaskLocals::Prepend(const void* key, T value, TaskLocals* next) {
  return ::new (FramePool::Allocate(sizeof(Node<T>))) Node<T>(key, next, std::move(value));
}

template <typename T>
const T* TaskLocals::Find(const TaskLocals* locals, const void* key) {
  for (; locals != nullptr; locals = locals->next_) {
    if (locals->key_ == key) return &static_cast<const Node<T>*>(locals)->value;
  }
  return nullptr;
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_LOCALS_H_
