// DumpRequest: how a thread outside asks all workers what tasks they have.
//
// The asker raises the number of the request and wakes the workers; each answers once, at its next
// turn. Late answers to an older request are dropped.
//
// Thread-safety: Wanted, Answer: workers. Ask: any other thread, one at a time.
// Memory ordering: the lock; `number_` is a hint that says when to take it.
#ifndef ZOKIO_SCHED_INTERNAL_DUMP_REQUEST_H_
#define ZOKIO_SCHED_INTERNAL_DUMP_REQUEST_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "sched/task_dump.h"

namespace zokio::internal {

class DumpRequest {
 public:
  // The number of the last request.
  uint64_t number() const { return number_.load(memory_order_acquire); }

  void Answer(uint64_t number, int worker, std::vector<TaskInfo> tasks) {
    {
      MutexLock lock(mutex_);
      if (number != number_.load(memory_order_relaxed) || waited_for_.empty()) return;
      auto found = std::find(waited_for_.begin(), waited_for_.end(), worker);
      if (found == waited_for_.end()) return;
      waited_for_.erase(found);
      tasks_.insert(tasks_.end(), std::make_move_iterator(tasks.begin()),
                    std::make_move_iterator(tasks.end()));
      if (!waited_for_.empty()) return;
    }
    answered_.Unpark();
  }

  // `wake()` makes all workers take a turn. Who has not answered at the deadline (of the monotonic
  // clock) is silent.
  template <typename Wake>
  TaskDump Ask(int workers, Instant deadline, Wake wake) {
    MutexLock one_at_a_time(asking_);
    {
      MutexLock lock(mutex_);
      tasks_.clear();
      waited_for_.clear();
      for (int i = 0; i < workers; ++i) waited_for_.push_back(i);
      number_.store(number_.load(memory_order_relaxed) + 1, memory_order_release);
    }
    wake();
    bool in_time = true;
    while (in_time && !AllAnswered()) in_time = answered_.ParkUntil(deadline);
    MutexLock lock(mutex_);
    TaskDump dump;
    dump.tasks = std::move(tasks_);
    tasks_.clear();
    dump.silent_workers = std::move(waited_for_);
    waited_for_.clear();
    std::sort(dump.tasks.begin(), dump.tasks.end(), [](const TaskInfo& a, const TaskInfo& b) {
      return a.worker != b.worker ? a.worker < b.worker : a.id < b.id;
    });
    return dump;
  }

 private:
  bool AllAnswered() {
    MutexLock lock(mutex_);
    return waited_for_.empty();
  }

  Atomic<uint64_t> number_{0};
  Mutex asking_;
  Mutex mutex_;
  std::vector<int> waited_for_;
  std::vector<TaskInfo> tasks_;
  Parker answered_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_DUMP_REQUEST_H_
