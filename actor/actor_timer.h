// ActorTimer: what TellAfter and TellEvery answer, to be able to cancel.
//
//   ActorTimer timeout_ = TellAfter(1s, GiveUp{});
//   ...
//   timeout_.Cancel();
//
// Dropped, it cancels nothing: a timer ends with its actor.
//
// Thread-safety: for the actor whose timer it is, in its hooks and handlers.
// Cost: keeps the block of the timer's coroutine until it is dropped.
#ifndef ZOKIO_ACTOR_ACTOR_TIMER_H_
#define ZOKIO_ACTOR_ACTOR_TIMER_H_

#include <utility>

#include "actor/internal/activation.h"
#include "actor/internal/loop.h"

namespace zokio {

class ActorTimer {
 public:
  ActorTimer() = default;
  ActorTimer(ActorTimer&& other) noexcept
      : activation_(std::exchange(other.activation_, nullptr)) {}
  ActorTimer& operator=(ActorTimer&& other) noexcept {
    std::swap(activation_, other.activation_);
    return *this;
  }
  ~ActorTimer() {
    if (activation_ != nullptr) activation_->Unref();
  }

  // It sends nothing more. A message that is in the mailbox already stays there.
  void Cancel() {
    if (activation_ != nullptr && !activation_->ended) {
      activation_->target->loop()->CancelActivation(activation_);
    }
  }
  // It will send a message.
  bool active() const {
    return activation_ != nullptr && !activation_->ended && !activation_->cancelled;
  }

  // For the package itself: takes over one share.
  explicit ActorTimer(internal::Activation* activation) : activation_(activation) {}

 private:
  internal::Activation* activation_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ACTOR_TIMER_H_
