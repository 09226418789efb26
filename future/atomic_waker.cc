#include "future/atomic_waker.h"

#include <utility>

namespace zokio {

void AtomicWaker::Register(const Waker& waker) {
  uint32_t state = kIdle;
  if (!state_.compare_exchange_strong(state, kRegistering, memory_order_acquire,
                                      memory_order_acquire)) {
    // A wake is under way and may have taken the old waker: this poll must be repeated. (A second
    // consumer would be a defect of the caller; its wake is harmless.)
    waker.WakeByRef();
    return;
  }
  Waker old;
  if (!waker_.WillWake(waker)) {
    old = std::move(waker_);
    waker_ = waker.Clone();
  }
  state = kRegistering;
  if (state_.compare_exchange_strong(state, kIdle, memory_order_acq_rel, memory_order_acquire)) {
    return;
  }
  // kRegistering | kWaking: the wake left the taking to us.
  Waker taken = std::move(waker_);
  state_.exchange(kIdle, memory_order_acq_rel);
  std::move(taken).Wake();
}

Waker AtomicWaker::Take() {
  if (state_.fetch_or(kWaking, memory_order_acq_rel) != kIdle) return Waker();
  Waker taken = std::move(waker_);
  state_.fetch_and(~static_cast<uint32_t>(kWaking), memory_order_release);
  return taken;
}

}  // namespace zokio
