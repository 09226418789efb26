#include "sched/task_table.h"

#include "base/check.h"

namespace zokio {

TaskTable::~TaskTable() {
  for (auto& segment : segments_) delete[] segment.load(memory_order_relaxed);
}

void TaskTable::Refill() {
  free_ = remote_free_.exchange(0, memory_order_acquire);
  if (free_ != 0) return;
  const uint32_t end = end_.load(memory_order_relaxed);
  ZOKIO_CHECK(end < index_limit_, "more tasks at once than a worker's table can hold");
  int segment = SegmentOf(end);
  if (segments_[segment].load(memory_order_relaxed) == nullptr) {
    uint32_t size = segment == 0 ? kFirstSegment : SegmentStart(segment);
    segments_[segment].store(new Slot[size](), memory_order_release);
  }
  // The new slot reads as "free, linked to nothing".
  free_ = end;
  end_.store(end + 1, memory_order_release);
}

void TaskTable::RemoveRemote(uint32_t index) {
  Slot& slot = At(index);
  uintptr_t word = slot.exchange(kFree, memory_order_acq_rel);
  // The visitor has the task in its hands: let it finish before the task may go.
  if ((word & kClaimed) != 0) MutexLock wait(visiting_);
  uint32_t head = remote_free_.load(memory_order_relaxed);
  do {
    slot.store(FreeWord(head), memory_order_relaxed);
  } while (
      !remote_free_.compare_exchange_weak(head, index, memory_order_release, memory_order_relaxed));
}

}  // namespace zokio
