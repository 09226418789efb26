// SpawnRecords: by whom each living task was spawned, and from where in the program: what makes a
// tree of a dump (SchedulerOptions::record_spawns).
//
// A table beside the tasks, because a task has no room for it that all would have to pay for. From
// where is told by the return addresses of the call: every way to spawn has them, and who spawns
// passes nothing on.
//
// Thread-safety: Add by whoever spawns, before the task is queued; Remove by whoever runs the task
//   to its end; Tell by any thread, for a task that cannot end meanwhile.
// Cost: a few microseconds to unwind, a short lock, a block of 150 bytes for each living task.
#ifndef ZOKIO_SCHED_INTERNAL_SPAWN_RECORDS_H_
#define ZOKIO_SCHED_INTERNAL_SPAWN_RECORDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/mutex.h"
#include "sched/task_dump.h"

namespace zokio {

struct TaskHeader;

namespace internal {

class SpawnRecords {
 public:
  SpawnRecords() = default;
  SpawnRecords(const SpawnRecords&) = delete;
  SpawnRecords& operator=(const SpawnRecords&) = delete;

  // `parent`: what this thread runs, or null.
  void Add(TaskHeader* task, TaskHeader* parent);
  void Remove(TaskHeader* task);
  // Fills in what a dump says of it; nothing where there is no record.
  void Tell(TaskHeader* task, TaskInfo* info) const;

 private:
  static constexpr size_t kShards = 16;
  static constexpr int kCallsMax = 12;

  struct Record {
    uint32_t parent;
    int calls;
    std::array<const void*, kCallsMax> addresses;
  };
  struct Shard {
    mutable Mutex mutex;
    std::unordered_map<const TaskHeader*, Record> records;
  };
  const Shard& ShardOf(const TaskHeader* task) const {
    // Blocks are multiples of 16 bytes, and often of 64.
    const auto address = reinterpret_cast<uintptr_t>(task);
    return shards_[(address >> 4 ^ address >> 8) % kShards];
  }
  Shard& ShardOf(const TaskHeader* task) {
    return const_cast<Shard&>(static_cast<const SpawnRecords*>(this)->ShardOf(task));
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace internal
}  // namespace zokio

#endif  // ZOKIO_SCHED_INTERNAL_SPAWN_RECORDS_H_
