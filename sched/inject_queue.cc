#include "sched/inject_queue.h"

#include "base/check.h"
#include "base/thread_local.h"

namespace zokio {
namespace {

struct ThreadNumberTag;
using ThreadNumber = ThreadLocal<uint32_t, ThreadNumberTag>;

constinit Atomic<uint32_t> next_thread_number{1};

}  // namespace

InjectQueue::InjectQueue(uint32_t shards, uint32_t nodes)
    : mask_(shards - 1), nodes_(nodes), shards_(std::make_unique<Shard[]>(shards * nodes)) {
  ZOKIO_CHECK(shards != 0 && (shards & mask_) == 0, "shards must be a power of two");
  ZOKIO_CHECK(nodes != 0 && this->shards() <= kShardsMax, "too many shards");
}

InjectQueue::~InjectQueue() { ZOKIO_CHECK(empty(), "an inject queue dies with tasks in it"); }

uint32_t InjectQueue::ThisThread() {
  uint32_t& number = ThreadNumber::GetInline();
  if (number == 0) number = next_thread_number.fetch_add(1, memory_order_relaxed);
  return number;
}

void InjectQueue::EndWake(Shard& shard) {
  MutexLock lock(shard.mutex);
  // Under the lock: once it is released the queue may go.
  if (--shard.waking == 0) shard.idle.NotifyAll();
}

void InjectQueue::AppendBatch(Shard& shard, TaskBatch* batch) {
  (shard.last != nullptr ? shard.last->next : shard.first) = batch;
  shard.last = batch;
}

void InjectQueue::PushBatch(TaskBatch* batch, uint32_t hint, uint32_t node) {
  Shard& shard = ShardOf(node, hint);
  MutexLock lock(shard.mutex);
  AppendBatch(shard, batch);
  Grow(shard, batch->count);
}

TaskBatch* InjectQueue::PopBatch(uint32_t hint, std::span<const int> nodes) {
  const uint64_t filled = filled_.load(memory_order_relaxed);
  for (const int node : nodes) {
    for (uint32_t i = 0; i <= mask_; ++i) {
      Shard& shard = ShardOf(static_cast<uint32_t>(node), hint + i);
      if ((filled & BitOf(shard)) == 0) continue;
      MutexLock lock(shard.mutex);
      TaskBatch* batch = shard.first;
      if (batch == nullptr) continue;
      shard.first = batch->next;
      if (shard.first == nullptr) shard.last = nullptr;
      const uint64_t left = shard.size.load(memory_order_relaxed) - batch->count;
      shard.size.store(left, memory_order_relaxed);
      if (left == 0) filled_.fetch_and(~BitOf(shard), memory_order_relaxed);
      return batch;
    }
  }
  return nullptr;
}

uint64_t InjectQueue::SizeOf(uint32_t node) const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i <= mask_; ++i) {
    sum += shards_[node % nodes_ * (mask_ + 1) + i].size.load(memory_order_relaxed);
  }
  return sum;
}

uint64_t InjectQueue::size() const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < shards(); ++i) sum += shards_[i].size.load(memory_order_relaxed);
  return sum;
}

int64_t InjectQueue::spawned() const {
  int64_t sum = 0;
  for (uint32_t i = 0; i < shards(); ++i) sum += shards_[i].spawned.load(memory_order_seq_cst);
  return sum;
}

void InjectQueue::WaitForPushers() {
  for (uint32_t i = 0; i < shards(); ++i) {
    MutexLock lock(shards_[i].mutex);
    while (shards_[i].waking != 0) shards_[i].idle.Wait(lock);
  }
}

}  // namespace zokio
