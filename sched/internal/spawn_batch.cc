#include "sched/internal/spawn_batch.h"

#include "base/check.h"
#include "future/task_header.h"
#include "sched/internal/core.h"

namespace zokio::internal {

SpawnBatchExecutor::SpawnBatchExecutor(Core& core, Priority priority, uint64_t count)
    : core_(core), priority_(priority), expected_(count), accepted_(core.AdoptMany(count)) {}

SpawnBatchExecutor::~SpawnBatchExecutor() {
  if (batch_ != nullptr) Flush();
  if (accepted_ && expected_ != 0) core_.DisownMany(expected_);
}

bool SpawnBatchExecutor::Adopt(TaskHeader* task) {
  task->executor_slot = 0;
  if (!accepted_) return false;
  ZOKIO_CHECK(expected_ != 0, "a batch of more tasks than it said");
  --expected_;
  core_.RecordSpawn(task);
  return true;
}

void SpawnBatchExecutor::Schedule(TaskHeader* task) {
  task->executor = &core_.executor(priority_);  // nobody else knows the task yet
  if (batch_ == nullptr) batch_ = TaskBatch::Make();
  batch_->Add(task);
  if (batch_->full()) Flush();
}

void SpawnBatchExecutor::Disown(TaskHeader*) { ZOKIO_CHECK(false, "a task ended in its batch"); }

void SpawnBatchExecutor::Flush() {
  core_.InjectBatch(batch_, priority_);
  batch_ = nullptr;
}

}  // namespace zokio::internal
