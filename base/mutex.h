// Mutex, MutexLock, CondVar: blocking synchronisation, behind the seam.
//
// They block the calling *thread*: inside a task, hold one only for a few instructions and never
// across a suspension (`future/mutex.h` is the lock that suspends). In production they are the
// standard library's; under ZOKIO_MODEL they are driven by the model checker.
//
// Wakers are called and dropped, and user code run, after the lock is released.
#ifndef ZOKIO_BASE_MUTEX_H_
#define ZOKIO_BASE_MUTEX_H_

#ifdef ZOKIO_MODEL
#include "base/model/mutex.h"
#elif defined(__wasm__) && !defined(_REENTRANT)
#include "base/mutex_no_threads.h"
#else
#include <condition_variable>
#include <mutex>
#endif

#include "base/clock.h"

namespace zokio {

#ifdef ZOKIO_MODEL
using Mutex = model::Mutex;
using CondVar = model::CondVar;
using MutexLock = model::MutexLock;
#elif defined(__wasm__) && !defined(_REENTRANT)
using Mutex = no_threads::Mutex;
using CondVar = no_threads::CondVar;
using MutexLock = no_threads::MutexLock;
#else

class Mutex {
 public:
  void Lock() { mutex_.lock(); }
  bool TryLock() { return mutex_.try_lock(); }
  void Unlock() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a Mutex for its scope; may be released early and taken again.
class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : lock_(mutex.mutex_) {}
  void Unlock() { lock_.unlock(); }
  void Lock() { lock_.lock(); }

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

class CondVar {
 public:
  // Wakes may be spurious: wait in a loop over the condition.
  void Wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  // False when the deadline passed first.
  bool WaitUntil(MutexLock& lock, Instant deadline) {
    return condition_.wait_until(lock.lock_, deadline) == std::cv_status::no_timeout;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

#endif  // ZOKIO_MODEL

}  // namespace zokio

#endif  // ZOKIO_BASE_MUTEX_H_
