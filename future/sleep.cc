#include "future/sleep.h"

namespace zokio {

Poll<void> Sleep::PollTimer(Context& context) noexcept {
  if (entry_.timer == nullptr) {
    Timer* timer = context.timer();
    ZOKIO_CHECK(timer != nullptr, "Sleep needs an executor with a timer");
    Instant now = timer->Now();
    if (relative()) deadline_ = SaturatingAdd(now, delay_);
    if (deadline_ <= now) return kReady;
    entry_.deadline = deadline_;
    entry_.waker = context.waker().Clone();
    timer->Set(&entry_);
  } else {
    if (entry_.fired.load(memory_order_acquire)) return kReady;
    if (waker_vtable_ == context.waker().vtable() && waker_data_ == context.waker().data()) {
      return kPending;
    }
    if (entry_.timer->UpdateWaker(&entry_, context.waker())) return kReady;
  }
  waker_vtable_ = context.waker().vtable();
  waker_data_ = context.waker().data();
  return kPending;
}

}  // namespace zokio
