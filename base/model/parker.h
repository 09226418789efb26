// model::Parker: one token, one sleeper, as one step of the model checker each.
//
// It states what base/parker.h promises; that the production Parker keeps the promise is a model
// test of its own, which runs base/parker.cc's state machine on a modelled futex.
// Thread-safety: as base/parker.h.
#ifndef ZOKIO_BASE_MODEL_PARKER_H_
#define ZOKIO_BASE_MODEL_PARKER_H_

#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "base/model/engine.h"

namespace zokio::model {

class Parker {
 public:
  explicit Parker(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) {
      engine->Construct(ObjectKind::kParker, this, sizeof *this, where);
    }
  }
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  void Park(SourceLocation where = SourceLocation::current()) { ParkUntil(kNever, where); }
  bool ParkUntil(Instant deadline, SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) return engine->Park(this, deadline != kNever, where);
    std::unique_lock<std::mutex> lock(plain_mutex_);
    auto arrived = [this] { return token_; };
    if (deadline == kNever) {
      plain_changed_.wait(lock, arrived);
    } else {
      plain_changed_.wait_until(lock, deadline, arrived);
    }
    const bool taken = token_;
    token_ = false;
    return taken;
  }
  bool Unpark(SourceLocation where = SourceLocation::current()) {
    if (Engine* engine = CurrentEngine()) return engine->Unpark(this, where);
    const std::lock_guard<std::mutex> lock(plain_mutex_);
    token_ = true;
    plain_changed_.notify_one();
    return false;
  }
  // Says so at once, and leaves it to the park: a loop that looks would have schedules without end.
  bool HasToken() const { return true; }

 private:
  std::mutex plain_mutex_;
  std::condition_variable plain_changed_;
  bool token_ = false;
};

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_PARKER_H_
