// Parker: one thread sleeps, any thread wakes it.
//
// Holds one token. `Unpark` puts the token there; `Park` takes it, waiting for it if need be. A
// token put before the park is not lost: the park returns at once. Tokens do not add up.
//
// Thread-safety: Park and ParkUntil by one thread at a time (the owner); Unpark by any.
// Memory ordering: what a thread did before Unpark is visible after the Park that took its token
//   (release exchange, acquire exchange).
// Cost: one read-modify-write each; a futex call only where somebody sleeps.
#ifndef ZOKIO_BASE_PARKER_H_
#define ZOKIO_BASE_PARKER_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/clock.h"
#ifdef ZOKIO_MODEL
#include "base/model/parker.h"
#endif

namespace zokio {

// The production implementation, under its own name so that the model checker can run it.
class FutexParker {
 public:
  // Returns once it took the token.
  void Park() { ParkUntil(kNever); }
  // True when it took the token, false when the deadline (of the monotonic clock) passed first.
  bool ParkUntil(Instant deadline);
  // Returns true when it had to wake a sleeping thread (made a system call).
  bool Unpark();
  // Whether a Park would return at once. By the owner; orders nothing, which the Park does.
  bool HasToken() const { return state_.load(memory_order_relaxed) == kToken; }

 private:
  enum : uint32_t { kEmpty = 0, kToken = 1, kParked = 2 };
  Atomic<uint32_t> state_{kEmpty};
};

#ifdef ZOKIO_MODEL
using Parker = model::Parker;
#else
using Parker = FutexParker;
#endif

}  // namespace zokio

#endif  // ZOKIO_BASE_PARKER_H_
