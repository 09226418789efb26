// TaskTable: all suspended tasks that a worker was the first to run, so that a shutdown finds them.
//
// A task gets an index when it is first run, on that worker's thread, and gives it back where it
// completes, mostly there too. On the owner's thread both are plain loads and stores; a task that
// completes on another worker returns its index through a list that the owner takes as a whole.
//
// Ownership: none; an entry is removed before the task's alive reference is given up.
// Thread-safety: Add, RemoveLocal and ForEach by the owner, RemoveRemote by any other thread.
//   VisitOne by any, while the owner does not call RemoveLocal.
//   ForEach visits tasks that other threads complete meanwhile: it claims an entry, and who wants
//   to remove a claimed one waits for the visit to end.
// Memory ordering: entries are exchanged acq_rel between the visit and removal, freed indices are
//   published by release and taken by acquire.
// Cost: 8 bytes an entry, in segments that double and are kept until the end.
#ifndef ZOKIO_SCHED_TASK_TABLE_H_
#define ZOKIO_SCHED_TASK_TABLE_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/mutex.h"

namespace zokio {

struct TaskHeader;

class TaskTable {
 public:
  // REQUIRES: `index_limit` <= kIndexLimit.
  explicit TaskTable(uint32_t index_limit = kIndexLimit) : index_limit_(index_limit) {}
  TaskTable(const TaskTable&) = delete;
  TaskTable& operator=(const TaskTable&) = delete;
  ~TaskTable();

  // Never zero.  REQUIRES: fewer than `index_limit` entries, or a CHECK fails.
  uint32_t Add(TaskHeader* task) {
    if (free_ == 0) Refill();
    uint32_t index = free_;
    Slot& slot = At(index);
    free_ = Link(slot.load(memory_order_relaxed));
    slot.store(reinterpret_cast<uintptr_t>(task), memory_order_release);
    return index;
  }
  void RemoveLocal(uint32_t index) {
    At(index).store(FreeWord(free_), memory_order_relaxed);
    free_ = index;
  }
  void RemoveRemote(uint32_t index);

  // Calls `visit(task)` for each entry; `visit` must not wait for another thread.
  template <typename Visit>
  void ForEach(Visit visit) {
    MutexLock lock(visiting_);
    const uint32_t end = end_.load(memory_order_acquire);
    for (uint32_t index = 1; index < end; ++index) {
      uintptr_t word = At(index).load(memory_order_acquire);
      if (word == 0 || (word & kFree) != 0) continue;
      VisitSlot(At(index), word, visit);
    }
  }

  // Calls `visit(task)` where `task` has an entry.
  template <typename Visit>
  void VisitOne(TaskHeader* task, Visit visit) {
    MutexLock lock(visiting_);
    const uint32_t end = end_.load(memory_order_acquire);
    for (uint32_t index = 1; index < end; ++index) {
      const auto word = reinterpret_cast<uintptr_t>(task);
      if (At(index).load(memory_order_acquire) == word) VisitSlot(At(index), word, visit);
    }
  }

  static constexpr uint32_t kIndexLimit = uint32_t{1} << 28;

 private:
  using Slot = Atomic<uintptr_t>;

  // The low bits of a slot's word; tasks are aligned to 16.
  static constexpr uintptr_t kClaimed = 1;
  static constexpr uintptr_t kFree = 2;
  static constexpr uint32_t kFirstSegment = 256;
  static constexpr int kSegments = 21;

  static uintptr_t FreeWord(uint32_t next) { return uintptr_t{next} << 2 | kFree; }
  static uint32_t Link(uintptr_t word) { return static_cast<uint32_t>(word >> 2); }

  // Segment 0 holds indices below 256, segment k those from 256 * 2^(k-1) to twice that.
  static int SegmentOf(uint32_t index) {
    return index < kFirstSegment ? 0 : 32 - __builtin_clz(index / kFirstSegment);
  }
  static uint32_t SegmentStart(int segment) {
    return segment == 0 ? 0 : kFirstSegment << (segment - 1);
  }
  Slot& At(uint32_t index) {
    int segment = SegmentOf(index);
    return segments_[segment].load(memory_order_acquire)[index - SegmentStart(segment)];
  }
  // REQUIRES: the lock is held.
  template <typename Visit>
  static void VisitSlot(Slot& slot, uintptr_t word, Visit& visit) {
    if (!slot.compare_exchange_strong(word, word | kClaimed, memory_order_acq_rel)) return;
    visit(reinterpret_cast<TaskHeader*>(word));
    uintptr_t claimed = word | kClaimed;
    // Fails where a remover came meanwhile: it waits for the lock and frees the entry itself.
    slot.compare_exchange_strong(claimed, word, memory_order_acq_rel);
  }
  // Makes free_ non-zero.
  void Refill();

  const uint32_t index_limit_;
  uint32_t free_ = 0;        // the owner's list of free indices, linked through the slots
  Atomic<uint32_t> end_{1};  // the first index that was never used
  Atomic<Slot*> segments_[kSegments]{};
  Mutex visiting_;
  alignas(64) Atomic<uint32_t> remote_free_{0};
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_TASK_TABLE_H_
