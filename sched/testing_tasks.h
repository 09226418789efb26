// Bare task headers for tests of queues and tables: tasks that are never run.
#ifndef ZOKIO_SCHED_TESTING_TASKS_H_
#define ZOKIO_SCHED_TESTING_TASKS_H_

#include <cstddef>
#include <memory>
#include <new>

#include "future/task_header.h"

namespace zokio::testing {

class BareTasks {
 public:
  explicit BareTasks(size_t count) : count_(count), tasks_(new Slot[count]) {
    for (size_t i = 0; i < count; ++i) {
      tasks_[i].task = ::new (tasks_[i].bytes) TaskHeader{.state = TaskHeader::kReference,
                                                          .executor_slot = 0,
                                                          .vtable = nullptr,
                                                          .root = {},
                                                          .executor = nullptr,
                                                          .locals = nullptr,
                                                          .join_waker = {}};
    }
  }
  ~BareTasks() {
    for (size_t i = 0; i < count_; ++i) tasks_[i].task->~TaskHeader();
  }

  TaskHeader* operator[](size_t index) { return tasks_[index].task; }
  size_t size() const { return count_; }

 private:
  struct Slot {
    alignas(16) unsigned char bytes[sizeof(TaskHeader)];
    TaskHeader* task;
  };
  size_t count_;
  std::unique_ptr<Slot[]> tasks_;
};

}  // namespace zokio::testing

#endif  // ZOKIO_SCHED_TESTING_TASKS_H_
