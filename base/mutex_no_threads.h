// Mutex, MutexLock, CondVar where there is one thread (wasm32 without threads): base/mutex.h takes
// them from here. Taking a lock that is held would block for ever, so it is a CHECK; so is waiting,
// because nobody could notify. Waiting with a deadline ends at the deadline.
#ifndef ZOKIO_BASE_MUTEX_NO_THREADS_H_
#define ZOKIO_BASE_MUTEX_NO_THREADS_H_

#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace zokio::no_threads {

class Mutex {
 public:
  void Lock() {
    ZOKIO_CHECK(!locked_, "the only thread waits for a lock that it holds");
    locked_ = true;
  }
  bool TryLock() { return !std::exchange(locked_, true); }
  void Unlock() {
    ZOKIO_CHECK(locked_, "a lock that nobody holds was released");
    locked_ = false;
  }

 private:
  bool locked_ = false;
};

class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : mutex_(mutex) { Lock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() {
    if (held_) Unlock();
  }
  void Unlock() {
    mutex_.Unlock();
    held_ = false;
  }
  void Lock() {
    mutex_.Lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = false;
};

class CondVar {
 public:
  void Wait(MutexLock&) { ZOKIO_CHECK(false, "the only thread waits for another one"); }
  bool WaitUntil(MutexLock&, Instant deadline) {
    ZOKIO_CHECK(deadline != kNever, "the only thread waits for another one");
    while (Clock::Monotonic().Now() < deadline) {
    }
    return false;
  }
  void NotifyOne() {}
  void NotifyAll() {}
};

}  // namespace zokio::no_threads

#endif  // ZOKIO_BASE_MUTEX_NO_THREADS_H_
