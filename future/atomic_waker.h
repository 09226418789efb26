// AtomicWaker: one task waits, any thread wakes it.
//
// The cell in which the single consumer of a structure leaves its waker. A wake that comes while
// the consumer is storing its waker is not lost: the consumer's Register then wakes at once.
//
// Thread-safety: Register by one thread at a time (the consumer); Wake and Take by any.
// Memory ordering: what a thread did before Wake is seen by the consumer that, after Register,
//   looks at the condition again, or by its next poll: both are acq_rel on one word.
// Protocol: always register first, then check the condition, so that a change in between is seen
//   either by the check or by the wake.
// Cost: Register two read-modify-writes and a clone (nothing but one if the same waker is there);
//   Wake one read-modify-write.
// Source: the state machine that futures-rs named AtomicWaker.
#ifndef ZOKIO_FUTURE_ATOMIC_WAKER_H_
#define ZOKIO_FUTURE_ATOMIC_WAKER_H_

#include <cstdint>

#include "base/atomic.h"
#include "future/waker.h"

namespace zokio {

class AtomicWaker {
 public:
  AtomicWaker() = default;
  AtomicWaker(const AtomicWaker&) = delete;
  AtomicWaker& operator=(const AtomicWaker&) = delete;

  void Register(const Waker& waker);

  // Takes the waker out, empty when there is none or another thread is taking it.
  Waker Take();

  void Wake() { Take().Wake(); }

 private:
  // kRegistering: the consumer writes waker_. kWaking: a waking thread takes it. Both: a wake came
  // during the registration; the consumer will see to it.
  enum : uint32_t { kIdle = 0, kRegistering = 1, kWaking = 2 };

  Atomic<uint32_t> state_{kIdle};
  Waker waker_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_ATOMIC_WAKER_H_
