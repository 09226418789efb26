#include "sched/inject_queue.h"

#include "base/check.h"
#include "base/thread_local.h"

namespace zokio {
namespace {

struct ThreadNumberTag;
using ThreadNumber = ThreadLocal<uint32_t, ThreadNumberTag>;

constinit Atomic<uint32_t> next_thread_number{1};

}  // namespace

InjectQueue::InjectQueue(uint32_t shards)
    : mask_(shards - 1), shards_(std::make_unique<Shard[]>(shards)) {
  ZOKIO_CHECK(shards != 0 && shards <= 32 && (shards & mask_) == 0,
              "shards must be a power of two, at most 32");
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

void InjectQueue::PushBatch(TaskBatch* batch, uint32_t hint) {
  Shard& shard = shards_[hint & mask_];
  MutexLock lock(shard.mutex);
  AppendBatch(shard, batch);
  Grow(shard, batch->count);
}

TaskBatch* InjectQueue::PopBatch(uint32_t hint) {
  const uint32_t filled = filled_.load(memory_order_relaxed);
  for (uint32_t i = 0; i <= mask_; ++i) {
    Shard& shard = shards_[(hint + i) & mask_];
    if ((filled & BitOf(shard)) == 0) continue;
    MutexLock lock(shard.mutex);
    TaskBatch* batch = shard.first;
    if (batch == nullptr) continue;
    shard.first = batch->next;
    if (shard.first == nullptr) shard.last = nullptr;
    shard.size -= batch->count;
    if (shard.size == 0) filled_.fetch_and(~BitOf(shard), memory_order_relaxed);
    return batch;
  }
  return nullptr;
}

uint64_t InjectQueue::size() const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i <= mask_; ++i) {
    MutexLock lock(shards_[i].mutex);
    sum += shards_[i].size;
  }
  return sum;
}

int64_t InjectQueue::spawned() const {
  int64_t sum = 0;
  for (uint32_t i = 0; i <= mask_; ++i) sum += shards_[i].spawned.load(memory_order_seq_cst);
  return sum;
}

void InjectQueue::WaitForPushers() {
  for (uint32_t i = 0; i <= mask_; ++i) {
    MutexLock lock(shards_[i].mutex);
    while (shards_[i].waking != 0) shards_[i].idle.Wait(lock);
  }
}

}  // namespace zokio
