// TimerWheel: the Timer of a worker, a hierarchical wheel.
//
// Time is cut into ticks of 32.8 µs. Seven levels of 64 slots each: a slot of level 0 is one tick,
// of level k 64^k ticks, 4.5 years in all; a deadline beyond is looked at again by then. An entry
// goes to the level of the highest digit (base 64) in which its tick differs from the current one,
// and moves down as its time comes near. A mask of occupied slots per level finds the next one by a
// few instructions. A slot of level 0 that has become the current tick is fired where it is.
//
// A timer never fires before its deadline, and its tick begins at most 32.8 µs after it. An entry
// lives in the frame that waits, so nothing is allocated.
//
// Thread-safety: any thread. Set is the owner's, Advance and the wait until NextDeadline too,
// unless
//   a foster has them: while the owner is stuck in a poll another worker advances its wheel, and is
//   unparked where the owner sets an earlier deadline.
// Memory ordering: the lock orders everything about an entry; `fired` is stored last, with
//   release, so that who reads true may free the entry without the lock.
// Cancellation: Cancel unlinks; a firing entry is out of the wheel before its waker is called.
// Cost: Set and Cancel are O(1) under a short lock; an entry moves down at most six times.
// Source: G. Varghese, T. Lauck, "Hashed and hierarchical timing wheels", 1987.
#ifndef ZOKIO_SCHED_TIMER_WHEEL_H_
#define ZOKIO_SCHED_TIMER_WHEEL_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "future/timer.h"
#include "sched/driver.h"

namespace zokio {

class TimerWheel final : public Timer {
 public:
  // `clock` outlives the wheel.
  explicit TimerWheel(const Clock& clock = Clock::Monotonic());
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  // REQUIRES: no entry is linked.
  ~TimerWheel() override;

  Instant Now() const override { return clock_.Now(); }
  void Set(TimerEntry* entry) override;
  bool UpdateWaker(TimerEntry* entry, const Waker& waker) override;
  void Cancel(TimerEntry* entry) override;

  // When to call Advance next: not after the first deadline's tick, maybe before (an entry has to
  // move down); kNever when nothing is linked. Exact enough to sleep by.
  Instant NextDeadline() const { return Instant(Duration(next_ns_.load(memory_order_relaxed))); }

  // From now on `foster` sleeps in this driver and advances this wheel; null: the owner does again.
  // Whoever is told so reads NextDeadline afterwards.
  void SetFoster(Driver* foster);

  // Fires what is due at `now`; returns how many wakers it called, outside the lock.
  int Advance(Instant now);

  // Linked entries: a hint.
  uint64_t size() const { return size_.load(memory_order_relaxed); }

  static constexpr int kTickShift = 15;
  static constexpr Duration kTick{int64_t{1} << kTickShift};

 private:
  static constexpr int kLevelBits = 6;
  static constexpr int kSlots = 1 << kLevelBits;
  static constexpr int kLevels = 7;
  // Further away than this many ticks an entry waits at the last level to be looked at again.
  static constexpr uint64_t kTicksMax = uint64_t{kSlots - 1} << (kLevelBits * (kLevels - 1));
  // Values of TimerEntry::slot.
  static constexpr uint32_t kUnlinked = 0;
  static constexpr uint32_t kDue = 1 + kLevels * kSlots;

  struct Expiration {
    bool found;
    int level;
    int slot;
    uint64_t tick;  // when the slot begins
  };

  struct List {
    TimerEntry* head = nullptr;
    TimerEntry* tail = nullptr;
  };

  uint64_t TickOf(Instant deadline) const;  // the first tick that begins at or after it
  uint64_t TickBefore(Instant now) const;   // the last tick that began
  void Link(TimerEntry* entry, uint64_t tick);
  void Unlink(TimerEntry* entry);
  void LinkAt(TimerEntry* entry, uint32_t slot);
  Expiration NextExpiration() const;
  void MoveSlot(const Expiration& expiration);
  uint32_t NextDue(uint64_t target);
  int TakeFront(uint32_t slot, Waker* wakers, int room);
  void UpdateNext();

  const Clock& clock_;
  const int64_t start_ns_;  // where tick 0 begins
  Mutex mutex_;
  Driver* foster_ = nullptr;
  uint64_t elapsed_ = 0;  // the current tick
  uint64_t occupied_[kLevels] = {};
  List lists_[kDue + 1];
  Atomic<int64_t> next_ns_;
  Atomic<uint64_t> size_{0};
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_TIMER_WHEEL_H_
