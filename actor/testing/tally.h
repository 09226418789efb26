// Tally: waits until as many parts of a program as said have ended, and adds up what they report.
//
// Thread-safety: Part and Add by any thread; Wait by one. May be destroyed once Wait is back.
#ifndef ZOKIO_ACTOR_TESTING_TALLY_H_
#define ZOKIO_ACTOR_TESTING_TALLY_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace zokio::testing {

class Tally {
 public:
  explicit Tally(uint64_t parts) : left_(parts) {}

  void Add(uint64_t sum) { sum_.fetch_add(sum, memory_order_relaxed); }
  void Part(uint64_t sum = 0) {
    Add(sum);
    if (left_.fetch_sub(1, memory_order_acq_rel) != 1) return;
    // Notified under the lock: who waits may destroy this object once it has the lock.
    MutexLock lock(mutex_);
    done_ = true;
    changed_.NotifyAll();
  }
  // The sum of all parts.
  uint64_t Wait() {
    MutexLock lock(mutex_);
    while (!done_) changed_.Wait(lock);
    return sum_.load(memory_order_relaxed);
  }
  // False where parts are left after `limit`.
  bool WaitFor(Duration limit) {
    const Instant deadline = SaturatingAdd(Clock::Monotonic().Now(), limit);
    MutexLock lock(mutex_);
    while (!done_ && changed_.WaitUntil(lock, deadline)) continue;
    return done_;
  }
  uint64_t left() const { return left_.load(memory_order_relaxed); }

 private:
  Atomic<uint64_t> left_;
  Atomic<uint64_t> sum_{0};
  Mutex mutex_;
  CondVar changed_;
  bool done_ = false;
};

}  // namespace zokio::testing

#endif  // ZOKIO_ACTOR_TESTING_TALLY_H_
