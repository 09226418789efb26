// IdleSpin: how long a worker that has found no work looks out for a wake before it sleeps.
//
// A wake that comes while it looks costs neither side a system call; a look-out in vain costs
// processor time, which on a machine with two hardware threads a core is somebody else's.
//
// Adaptive: a worker measures what a sleep costs it, without the waiting, and how long it waits
// each time. Among some fractions of that cost, from none to twice of it, it looks out for the one
// that would have been cheapest for its last waits (internal/spin_learner.h). It does not where the
// one who wakes it runs on its own processor, and rests from it for a while after it was
// interrupted in it: somebody else wanted the processor.
//
// Whatever is chosen, nobody looks out where workers outnumber the processors or the quota, nor
// under virtual time, nor in a driver that cannot be asked (Driver::TellsUnparks): an I/O loop's
// worker waits in the kernel at once.
//
// Thread-safety: a plain value.
// Source: A. Karlin et al., "Empirical studies of competitive spinning for a shared-memory
//   multiprocessor", 1991.
#ifndef ZOKIO_SCHED_IDLE_SPIN_H_
#define ZOKIO_SCHED_IDLE_SPIN_H_

#include "base/clock.h"

namespace zokio {

class IdleSpin {
 public:
  // Sleeps at once.
  static constexpr IdleSpin Never() { return IdleSpin(Duration::zero()); }
  // Looks out for so long each time.
  static constexpr IdleSpin For(Duration limit) { return IdleSpin(limit); }
  static constexpr IdleSpin Adaptive() { return IdleSpin(Duration(-1)); }

  constexpr bool adaptive() const { return limit_ < Duration::zero(); }
  constexpr bool never() const { return limit_ == Duration::zero(); }
  // REQUIRES: not adaptive.
  constexpr Duration limit() const { return limit_; }

 private:
  explicit constexpr IdleSpin(Duration limit) : limit_(limit) {}

  Duration limit_;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_IDLE_SPIN_H_
