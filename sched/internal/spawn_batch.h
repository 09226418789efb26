// SpawnBatchExecutor: collects the tasks of a batch, and hands them on together.
//
// Tasks are made through it one by one; each then belongs to the scheduler's own executor. Counted
// as alive from the beginning: a shutdown waits for a batch that is on its way.
//
// Thread-safety: the thread that spawns the batch.
#ifndef ZOKIO_SCHED_INTERNAL_SPAWN_BATCH_H_
#define ZOKIO_SCHED_INTERNAL_SPAWN_BATCH_H_

#include <cstdint>

#include "future/executor.h"
#include "sched/priority.h"
#include "sched/task_batch.h"

namespace zokio::internal {

class Core;

class SpawnBatchExecutor final : public Executor {
 public:
  SpawnBatchExecutor(Core& core, Priority priority, uint64_t count);
  SpawnBatchExecutor(const SpawnBatchExecutor&) = delete;
  SpawnBatchExecutor& operator=(const SpawnBatchExecutor&) = delete;
  // Hands on what is left, and gives back what was never made (an exception came in between).
  ~SpawnBatchExecutor() override;

  void Schedule(TaskHeader* task) override;
  bool Adopt(TaskHeader* task) override;
  void Disown(TaskHeader* task) override;

 private:
  void Flush();

  Core& core_;
  const Priority priority_;
  uint64_t expected_;
  const bool accepted_;
  TaskBatch* batch_ = nullptr;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_SPAWN_BATCH_H_
