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
  ZOKIO_CHECK(shards != 0 && (shards & mask_) == 0, "shards must be a power of two");
}

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

void InjectQueue::PushBatch(TaskQueue& tasks, uint32_t hint) {
  Shard& shard = shards_[hint & mask_];
  MutexLock lock(shard.mutex);
  shard.tasks.Append(tasks);
  shard.size.store(shard.tasks.size(), memory_order_relaxed);
}

void InjectQueue::PopBatch(uint32_t hint, uint64_t max, TaskQueue& out) {
  for (uint32_t i = 0; i <= mask_; ++i) {
    Shard& shard = shards_[(hint + i) & mask_];
    if (shard.size.load(memory_order_relaxed) == 0) continue;
    MutexLock lock(shard.mutex);
    if (shard.tasks.empty()) continue;
    if (shard.tasks.size() <= max) {
      out.Append(shard.tasks);
    } else {
      for (uint64_t n = 0; n < max; ++n) out.PushBack(shard.tasks.PopFront());
    }
    shard.size.store(shard.tasks.size(), memory_order_relaxed);
    return;
  }
}

uint64_t InjectQueue::size() const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i <= mask_; ++i) sum += shards_[i].size.load(memory_order_relaxed);
  return sum;
}

bool InjectQueue::empty() const {
  for (uint32_t i = 0; i <= mask_; ++i) {
    if (shards_[i].size.load(memory_order_relaxed) != 0) return false;
  }
  return true;
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
