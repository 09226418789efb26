// SmallLock: a lock of four bytes for critical sections of a few dozen instructions.
//
// One lies in each operation and in each socket's state, of which there are a hundred thousand,
// where a Mutex of 40 bytes would be most of the object. It is taken without contention except
// when a stolen task polls a socket at the very moment its home loop delivers to it.
//
// A waiter spins briefly, then sleeps for stretches of 20 microseconds on the word, in case the
// holder was preempted; so that Unlock need not look for sleepers and is a plain store.
//
// Thread-safety: any thread. Not recursive. Wakers are called and dropped after Unlock.
// Memory ordering: Unlock (release store) pairs with the next Lock (acquire exchange).
// Cost: one read-modify-write per pair.
#ifndef ZOKIO_IO_INTERNAL_SMALL_LOCK_H_
#define ZOKIO_IO_INTERNAL_SMALL_LOCK_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/futex.h"

namespace zokio::io {

class SmallLock {
 public:
  void Lock() {
    if (__builtin_expect(word_.exchange(1, memory_order_acquire) != 0, 0)) LockSlow();
  }
  void Unlock() { word_.store(0, memory_order_release); }

 private:
  [[gnu::noinline, gnu::cold]] void LockSlow() {
    for (int spin = 0;; ++spin) {
      if (word_.load(memory_order_relaxed) == 0 && word_.exchange(1, memory_order_acquire) == 0) {
        return;
      }
      if (spin >= kSpins) {
        FutexWait(word_, 1, Clock::Monotonic().Now() + std::chrono::microseconds(20));
      }
    }
  }

  static constexpr int kSpins = 64;

  Atomic<uint32_t> word_{0};
};

// Holds a SmallLock for its scope; may be released early and taken again.
class SmallLockGuard {
 public:
  explicit SmallLockGuard(SmallLock& lock) : lock_(lock) { lock_.Lock(); }
  SmallLockGuard(const SmallLockGuard&) = delete;
  SmallLockGuard& operator=(const SmallLockGuard&) = delete;
  ~SmallLockGuard() {
    if (held_) lock_.Unlock();
  }
  void Unlock() {
    held_ = false;
    lock_.Unlock();
  }

 private:
  SmallLock& lock_;
  bool held_ = true;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SMALL_LOCK_H_
