// OwnerGate: a lock that belongs to one thread, from which another one may take it for good.
//
// A worker's private state (the slot of the task woken last, the batch it claimed) is touched by
// its own thread alone, some hundred million times a second, and by somebody else once in a blue
// moon: when that thread is stuck inside a poll. While it polls, the owner is outside the gate; it
// enters for each touch. Who seizes the gate owns the state until the owner reclaims it, under the
// mutex of those who seize.
//
//   owner:   Leave();  ...poll: if (Enter()) { touch; Leave(); } else { touch nothing } ...
//            if (!Enter()) { MutexLock lock(mutex); Reclaim(); }
//   other:   MutexLock lock(mutex);  if (Seize()) { take what is there }
//
// Thread-safety: Enter, Leave, Yield, Reclaim: the owner. Seize, Release: any other thread, one at
//   a time (a mutex that is held around them, and around Reclaim and Yield).
// Memory ordering: both sides store their flag and then read the other's: AsymmetricFence stands in
//   between, so not both see the old value. The state itself is published by the release of
//   `inside_` in Leave and its acquire in Seize, and back by the mutex.
// Cost: Enter a store and a load, Leave a store; Seize one membarrier.
#ifndef ZOKIO_SCHED_INTERNAL_OWNER_GATE_H_
#define ZOKIO_SCHED_INTERNAL_OWNER_GATE_H_

#include "base/asymmetric_fence.h"
#include "base/atomic.h"

namespace zokio::internal {

class OwnerGate {
 public:
  // The owner is inside at first.
  OwnerGate() = default;
  OwnerGate(const OwnerGate&) = delete;
  OwnerGate& operator=(const OwnerGate&) = delete;

  // False: somebody has seized it, or tries to; the owner stays outside.
  bool Enter() {
    inside_.store(true, memory_order_relaxed);
    AsymmetricFence::FastSide();
    // Relaxed: while it reads false nobody else has touched the state since the owner did.
    if (__builtin_expect(!seized_.load(memory_order_relaxed), 1)) return true;
    inside_.store(false, memory_order_release);
    return false;
  }
  void Leave() { inside_.store(false, memory_order_release); }

  // True: the state is the caller's. False: the owner is inside, or somebody was faster.
  bool Seize() {
    if (seized_.load(memory_order_relaxed)) return false;
    seized_.store(true, memory_order_relaxed);
    AsymmetricFence::SlowSide();
    if (!inside_.load(memory_order_acquire)) return true;
    seized_.store(false, memory_order_relaxed);
    return false;
  }
  // Gives the state back untouched.
  void Release() { seized_.store(false, memory_order_relaxed); }

  // The owner itself gives the state away. REQUIRES: it is outside, nobody has seized it.
  void Yield() { seized_.store(true, memory_order_relaxed); }

  // The owner is inside again. True: the state was somebody else's until now.
  bool Reclaim() {
    const bool was_seized = seized_.load(memory_order_relaxed);
    inside_.store(true, memory_order_relaxed);
    seized_.store(false, memory_order_relaxed);
    return was_seized;
  }

  // A hint for others, exact under their mutex.
  bool seized() const { return seized_.load(memory_order_relaxed); }

 private:
  Atomic<bool> inside_{true};
  Atomic<bool> seized_{false};
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_OWNER_GATE_H_
