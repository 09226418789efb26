// Sleep: a future that is ready once its instant has come.
//
// It asks the timer of the Context at its first poll, so the same Sleep works under a scheduler's
// wheel and under virtual time. Never ready early.
//
// Cancellation: dropping it takes the entry out of the timer, from any thread.
// Cost: no allocation; a short lock to set and one to cancel.
#ifndef ZOKIO_FUTURE_SLEEP_H_
#define ZOKIO_FUTURE_SLEEP_H_

#include "base/check.h"
#include "base/clock.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/polled_once.h"
#include "future/timer.h"

namespace zokio {

class [[nodiscard]] Sleep {
 public:
  // From the first poll on.
  explicit Sleep(Duration delay) : delay_(delay) {}
  // Until an instant of the timer's clock.
  explicit Sleep(Instant deadline) : deadline_(deadline) {}
  // Movable until its first poll.
  Sleep(Sleep&& other) noexcept : delay_(other.delay_), deadline_(other.deadline_) {
    ZOKIO_DCHECK(other.entry_.timer == nullptr, "a Sleep was moved after its first poll");
  }
  ~Sleep() { Disarm(); }

  Poll<void> poll(Context& context) noexcept {
    once_.Check("a Sleep was polled after it was ready");
    return once_.Pass(PollTimer(context));
  }

 private:
  Poll<void> PollTimer(Context& context) noexcept;
  void Disarm() {
    if (entry_.timer != nullptr && !entry_.fired.load(memory_order_acquire)) {
      entry_.timer->Cancel(&entry_);
    }
  }

  Duration delay_{0};
  Instant deadline_ = kNever;
  bool relative() const { return deadline_ == kNever; }
  internal::PolledOnce once_;
  // The waker that the entry holds, to tell without a lock whether it must be replaced.
  const WakerVtable* waker_vtable_ = nullptr;
  void* waker_data_ = nullptr;
  TimerEntry entry_;
};

inline Sleep SleepFor(Duration delay) { return Sleep(delay); }
inline Sleep SleepUntil(Instant deadline) { return Sleep(deadline); }

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SLEEP_H_
