// model::Mutex, MutexLock, CondVar: the blocking seams under the model checker.
//
// Where no engine is installed they are the standard library's.
// Thread-safety: as base/mutex.h.
#ifndef ZOKIO_BASE_MODEL_MUTEX_H_
#define ZOKIO_BASE_MODEL_MUTEX_H_

#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "base/model/engine.h"

namespace zokio::model {

class Mutex {
 public:
  explicit Mutex(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->Construct(ObjectKind::kMutex, this, sizeof *this, where);
    }
  }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->MutexLock(this, where);
    } else {
      plain_.lock();
    }
  }
  bool TryLock(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) return engine->MutexTryLock(this, where);
    return plain_.try_lock();
  }
  void Unlock(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->MutexUnlock(this, where);
    } else {
      plain_.unlock();
    }
  }

 private:
  friend class CondVar;
  std::mutex plain_;
};

class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex, SourceLocation where = SourceLocation::current())
      : mutex_(mutex), where_(where) {
    mutex_.Lock(where);
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() {
    if (held_) mutex_.Unlock(where_);
  }

  void Unlock(SourceLocation where = SourceLocation::current()) {
    mutex_.Unlock(where);
    held_ = false;
  }
  void Lock(SourceLocation where = SourceLocation::current()) {
    mutex_.Lock(where);
    held_ = true;
  }

 private:
  friend class CondVar;
  Mutex& mutex_;
  SourceLocation where_;
  bool held_ = true;
};

class CondVar {
 public:
  explicit CondVar(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->Construct(ObjectKind::kCondVar, this, sizeof *this, where);
    }
  }
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(MutexLock& lock, SourceLocation where = SourceLocation::current()) {
    WaitUntil(lock, kNever, where);
  }
  bool WaitUntil(MutexLock& lock, Instant deadline,
                 SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      return engine->CondVarWait(this, &lock.mutex_, deadline != kNever, where);
    }
    std::unique_lock<std::mutex> plain(lock.mutex_.plain_, std::adopt_lock);
    bool woken = true;
    if (deadline == kNever) {
      plain_.wait(plain);
    } else {
      woken = plain_.wait_until(plain, deadline) == std::cv_status::no_timeout;
    }
    plain.release();
    return woken;
  }
  void NotifyOne(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->CondVarNotify(this, false, where);
    } else {
      plain_.notify_one();
    }
  }
  void NotifyAll(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->CondVarNotify(this, true, where);
    } else {
      plain_.notify_all();
    }
  }

 private:
  std::condition_variable plain_;
};

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_MUTEX_H_
