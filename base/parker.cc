#include "base/parker.h"

#include "base/futex.h"

namespace zokio {

bool FutexParker::ParkUntil(Instant deadline) {
  uint32_t state = kToken;
  if (state_.compare_exchange_strong(state, kEmpty, memory_order_acquire)) return true;
  state = kEmpty;
  if (!state_.compare_exchange_strong(state, kParked, memory_order_acquire)) {
    // Only the owner leaves kEmpty for kParked, so this is a token that came in between.
    state_.exchange(kEmpty, memory_order_acquire);
    return true;
  }
  while (true) {
    bool timed_out = !FutexWait(state_, kParked, deadline);
    // A spurious return leaves kParked in place; a token replaced it.
    state = kToken;
    if (state_.compare_exchange_strong(state, kEmpty, memory_order_acquire)) return true;
    if (!timed_out) continue;
    return state_.exchange(kEmpty, memory_order_acquire) == kToken;
  }
}

bool FutexParker::Unpark() {
  if (state_.exchange(kToken, memory_order_release) != kParked) return false;
  FutexWake(state_, 1);
  return true;
}

}  // namespace zokio
