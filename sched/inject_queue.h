// InjectQueue: where tasks enter a scheduler from threads that are not its workers.
//
// On a machine of several memory nodes each node has shards of its own; a worker looks at those of
// its node first, then at those of others. Sharded: a thread keeps to the shard of its own number,
// so that many spawning threads do not meet on one lock; a worker looks at all shards, starting at
// its own, and takes a whole batch. Unbounded; first in, first out within a shard. It also takes
// what overflows a worker's ring.
//
// It counts the threads that are still between their push and the end of their wake-up call, so
// that the owner can be destroyed: the pushed task may have run, and ended all, before that.
//
// Ownership: its batches, not the tasks in them.
// Thread-safety: any thread.
// Memory ordering: a shard's lock publishes; its bit of `filled_` is a hint that changes under the
//   lock, for the wake protocol (sched/idle_set.h).
// Cost: one short lock a push; one a batch for the taker, none for an empty shard; `empty` a load.
#ifndef ZOKIO_SCHED_INJECT_QUEUE_H_
#define ZOKIO_SCHED_INJECT_QUEUE_H_

#include <cstdint>
#include <memory>
#include <span>

#include "base/atomic.h"
#include "base/mutex.h"
#include "sched/task_batch.h"

namespace zokio {

class InjectQueue {
 public:
  static constexpr uint32_t kShardsMax = 64;

  // REQUIRES: shards is a power of two, and shards * nodes at most kShardsMax.
  explicit InjectQueue(uint32_t shards, uint32_t nodes = 1);
  InjectQueue(const InjectQueue&) = delete;
  InjectQueue& operator=(const InjectQueue&) = delete;
  // REQUIRES: empty.
  ~InjectQueue();

  // Pushes, then calls `wake()` where `needs_wake()` says so: the latter under the shard's lock,
  // the former outside. `this` stays alive until `wake` returned, see WaitForPushers.
  template <typename NeedsWake, typename Wake>
  void Push(TaskHeader* task, NeedsWake needs_wake, Wake wake, uint32_t node = 0) {
    Shard& shard = ShardOf(node, ThisThread());
    {
      MutexLock lock(shard.mutex);
      if (shard.last == nullptr || shard.last->full()) AppendBatch(shard, TaskBatch::Make());
      shard.last->Add(task);
      Grow(shard, 1);
      if (!needs_wake()) return;
      ++shard.waking;
    }
    wake();
    EndWake(shard);
  }

  // A whole batch from any thread, as Push. Takes the batch over.
  template <typename NeedsWake, typename Wake>
  void PushShared(TaskBatch* batch, NeedsWake needs_wake, Wake wake, uint32_t node = 0) {
    Shard& shard = ShardOf(node, ThisThread());
    {
      MutexLock lock(shard.mutex);
      AppendBatch(shard, batch);
      Grow(shard, batch->count);
      if (!needs_wake()) return;
      ++shard.waking;
    }
    wake();
    EndWake(shard);
  }

  // From a worker: a whole batch, into the shard of `hint`. Takes the batch over.
  void PushBatch(TaskBatch* batch, uint32_t hint, uint32_t node = 0);

  // The oldest batch of one shard, looking first at the shard of `hint`, in the nodes' order; null
  // when all are empty. The caller frees it.
  TaskBatch* PopBatch(uint32_t hint) {
    constexpr int kOnly[] = {0};
    return PopBatch(hint, kOnly);
  }
  TaskBatch* PopBatch(uint32_t hint, std::span<const int> nodes);

  // Hints: how many wait, in all or for one node, and whether any does.
  uint64_t size() const;
  uint64_t SizeOf(uint32_t node) const;
  bool empty() const { return filled_.load(memory_order_relaxed) == 0; }

  // Counts tasks that a thread outside brought in, on a line that thread has mostly for itself.
  void CountSpawned(int64_t delta) {
    shards_[ThisThread() & mask_].spawned.fetch_add(delta, memory_order_seq_cst);
  }
  int64_t spawned() const;

  // Waits until no thread is inside Push any more. REQUIRES: no new push comes.
  void WaitForPushers();

 private:
  struct alignas(64) Shard {
    Mutex mutex;
    TaskBatch* first = nullptr;
    TaskBatch* last = nullptr;  // null where first is
    uint32_t waking = 0;
    CondVar idle;
    Atomic<uint64_t> size{0};  // written under the lock
    Atomic<int64_t> spawned{0};
  };

  static uint32_t ThisThread();
  uint32_t shards() const { return nodes_ * (mask_ + 1); }
  Shard& ShardOf(uint32_t node, uint32_t hint) {
    if (__builtin_expect(node >= nodes_, 0)) node %= nodes_;  // more nodes than shards
    return shards_[node * (mask_ + 1) + (hint & mask_)];
  }
  static void AppendBatch(Shard& shard, TaskBatch* batch);
  // REQUIRES: the shard's lock is held.
  void Grow(Shard& shard, uint64_t count) {
    const uint64_t before = shard.size.load(memory_order_relaxed);
    if (before == 0) filled_.fetch_or(BitOf(shard), memory_order_relaxed);
    shard.size.store(before + count, memory_order_relaxed);
  }
  uint64_t BitOf(const Shard& shard) const {
    return uint64_t{1} << static_cast<uint32_t>(&shard - shards_.get());
  }
  void EndWake(Shard& shard);

  const uint32_t mask_;  // of a node's shards
  const uint32_t nodes_;
  const std::unique_ptr<Shard[]> shards_;
  // A bit for each shard that has something; read before each poll, written where that changes.
  alignas(64) Atomic<uint64_t> filled_{0};
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_INJECT_QUEUE_H_
