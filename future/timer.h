// Timer: the abstract "wake me at"; `sched` implements it by wheels, tests by a virtual clock.
//
// A TimerEntry lives in the future that waits (a Sleep in a coroutine frame) and is linked into
// the timer's own structure, so setting a timer allocates nothing. The entry may be set on one
// thread and cancelled on another; Cancel is the handshake after which the timer will never touch
// the entry again, so that the frame may go.
#ifndef ZOKIO_FUTURE_TIMER_H_
#define ZOKIO_FUTURE_TIMER_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/clock.h"
#include "future/waker.h"

namespace zokio {

class Timer;

// What a timer links. All fields belong to the timer between Set and (Cancel or expiry); `fired`
// alone may be read by the owner at any time.
struct TimerEntry {
  TimerEntry() = default;
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;

  TimerEntry* previous = nullptr;
  TimerEntry* next = nullptr;
  Instant deadline{};
  Waker waker;
  // The timer in which it was set: Cancel and Update go to that one, wherever the task is now.
  Timer* timer = nullptr;
  uint32_t slot = 0;  // the wheel's bookkeeping
  Atomic<bool> fired{false};
};

class Timer {
 public:
  virtual ~Timer() = default;

  virtual Instant Now() const = 0;

  // Links `entry` (not linked anywhere) to fire at `entry->deadline`. To fire is, in this order:
  // the entry is unlinked and its waker moved out (under the timer's lock), `fired` becomes true
  // (release; the timer's last touch: the frame may go at once), the waker is woken outside the
  // lock. A deadline that passed fires at the next turn. Sets entry->timer.
  // Called on the thread whose Context gave this Timer.
  virtual void Set(TimerEntry* entry) = 0;

  // Replaces the waker of a set entry; true when it had fired already (then the waker is dropped).
  virtual bool UpdateWaker(TimerEntry* entry, const Waker& waker) = 0;

  // Unlinks `entry` if it is linked. When it returns, the timer does not and will not touch the
  // entry. From any thread.
  virtual void Cancel(TimerEntry* entry) = 0;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TIMER_H_
