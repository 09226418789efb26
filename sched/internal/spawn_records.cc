#include "sched/internal/spawn_records.h"

#include "future/task_header.h"
#include "sched/internal/thread_stack.h"

namespace zokio::internal {

void SpawnRecords::Add(TaskHeader* task, TaskHeader* parent) {
  Record record;
  record.parent = parent == nullptr ? 0 : TaskId(parent);
  record.calls = CallsOfThisThread(record.addresses.data(), kCallsMax);
  Shard& shard = ShardOf(task);
  MutexLock lock(shard.mutex);
  shard.records[task] = record;
}

void SpawnRecords::Remove(TaskHeader* task) {
  Shard& shard = ShardOf(task);
  MutexLock lock(shard.mutex);
  shard.records.erase(task);
}

void SpawnRecords::Tell(TaskHeader* task, TaskInfo* info) const {
  const Shard& shard = ShardOf(task);
  MutexLock lock(shard.mutex);
  const auto found = shard.records.find(task);
  if (found == shard.records.end()) return;
  const Record& record = found->second;
  info->parent = record.parent;
  info->spawned_by.assign(record.addresses.begin(), record.addresses.begin() + record.calls);
}

}  // namespace zokio::internal
