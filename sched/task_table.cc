#include "sched/task_table.h"

#include <cstdlib>

#include "base/check.h"

namespace zokio {
namespace {

// A large segment's pages are the kernel's zeroes until a slot in them is used: `new Slot[size]()`
// would write to all of them. Under the model checker an Atomic is more than its bytes.
#ifdef ZOKIO_MODEL
Atomic<uintptr_t>* MakeSlots(uint32_t size) { return new Atomic<uintptr_t>[size](); }
void FreeSlots(Atomic<uintptr_t>* slots) { delete[] slots; }
#else
static_assert(sizeof(Atomic<uintptr_t>) == sizeof(uintptr_t));
Atomic<uintptr_t>* MakeSlots(uint32_t size) {
  auto* slots = static_cast<Atomic<uintptr_t>*>(std::calloc(size, sizeof(Atomic<uintptr_t>)));
  ZOKIO_CHECK(slots != nullptr, "no memory for the table of a worker's tasks");
  return slots;
}
void FreeSlots(Atomic<uintptr_t>* slots) { std::free(slots); }
#endif

}  // namespace

TaskTable::~TaskTable() {
  for (auto& segment : segments_) FreeSlots(segment.load(memory_order_relaxed));
}

void TaskTable::Refill() {
  free_ = remote_free_.exchange(0, memory_order_acquire);
  if (free_ != 0) return;
  const uint32_t end = end_.load(memory_order_relaxed);
  ZOKIO_CHECK(end < index_limit_, "more tasks at once than a worker's table can hold");
  int segment = SegmentOf(end);
  if (segments_[segment].load(memory_order_relaxed) == nullptr) {
    uint32_t size = segment == 0 ? kFirstSegment : SegmentStart(segment);
    segments_[segment].store(MakeSlots(size), memory_order_release);
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
