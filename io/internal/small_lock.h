// SmallLock: a lock of four bytes for critical sections of a few dozen instructions.
//
// One lies in each operation and in each socket's state, of which there are a hundred thousand,
// where a Mutex of 40 bytes would be most of the object. It is taken without contention except
// when a stolen task polls a socket at the very moment its home loop delivers to it.
//
// A waiter spins briefly, then sleeps for stretches of 20 microseconds on the word, in case the
// holder was preempted; so that Unlock need not look for sleepers and is a plain store.
//
// Who knows, inside, that only one reference to what the lock guards is left, and that it is
// another's, says so by UnlockToSole. That one may then do without the lock, for good: nobody else
// is left who could take it.
//
// Thread-safety: any thread. Not recursive. Wakers are called and dropped after Unlock.
// Memory ordering: Unlock and UnlockToSole (release stores) pair with the next Lock (acquire
//   exchange); UnlockToSole with IsSole (acquire load) too.
// Cost: one read-modify-write per pair; IsSole is a load.
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
    if (__builtin_expect(word_.exchange(kHeld, memory_order_acquire) == kHeld, 0)) LockSlow();
  }
  void Unlock() { word_.store(kFree, memory_order_release); }

  void UnlockToSole() { word_.store(kSole, memory_order_release); }
  // Whether the last Unlock was UnlockToSole. For the holder of that reference.
  bool IsSole() const { return word_.load(memory_order_acquire) == kSole; }

 private:
  [[gnu::noinline, gnu::cold]] void LockSlow() {
    for (int spin = 0;; ++spin) {
      if (word_.load(memory_order_relaxed) != kHeld &&
          word_.exchange(kHeld, memory_order_acquire) != kHeld) {
        return;
      }
      if (spin >= kSpins) {
        FutexWait(word_, kHeld, Clock::Monotonic().Now() + std::chrono::microseconds(20));
      }
    }
  }

  static constexpr int kSpins = 64;
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kHeld = 1;
  static constexpr uint32_t kSole = 2;  // free

  Atomic<uint32_t> word_{kFree};
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
  void UnlockToSole() {
    held_ = false;
    lock_.UnlockToSole();
  }

 private:
  SmallLock& lock_;
  bool held_ = true;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SMALL_LOCK_H_
