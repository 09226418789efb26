// CircuitBreaker: stops asking who fails again and again, and tries once in a while.
//
//   zokio::CircuitBreaker breaker(5, 2s);
//   zokio::Result<int> answer = co_await breaker.Call(server.Ask(Question{}, 100ms));
//
// Closed, it lets all calls pass. After `failures_max` failures in a row it opens: calls fail at
// once with kWouldBlock. After `pause` it is half open: one call passes; its success closes the
// breaker, its failure opens it for another pause.
//
// Thread-safety: one thread at a time: it belongs to an actor.
// Cancellation: a call dropped while it tries a half-open breaker counts as a failure.
// Cost: no allocation beside the task of the call; one look at the clock while open.
#ifndef ZOKIO_ACTOR_CIRCUIT_BREAKER_H_
#define ZOKIO_ACTOR_CIRCUIT_BREAKER_H_

#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "future/future.h"
#include "future/task.h"

namespace zokio {

class CircuitBreaker {
 public:
  enum class State : uint8_t { kClosed, kOpen, kHalfOpen };

  CircuitBreaker(uint32_t failures_max, Duration pause, const Clock& clock = Clock::Monotonic())
      : failures_max_(failures_max), pause_(pause), clock_(clock) {}
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  State state() const {
    if (!open_) return State::kClosed;
    return clock_.Now() >= retry_at_ ? State::kHalfOpen : State::kOpen;
  }

  // True where a call may be made; then its outcome is to be told.
  bool Admit() {
    if (!open_) return true;
    if (trying_ || state() == State::kOpen) return false;
    trying_ = true;
    return true;
  }
  void Succeeded() {
    failures_ = 0;
    open_ = false;
    trying_ = false;
  }
  void Failed() {
    ++failures_;
    if (!trying_ && failures_ < failures_max_) return;
    trying_ = false;
    open_ = true;
    retry_at_ = SaturatingAdd(clock_.Now(), pause_);
  }

  // Awaits a future of a Result, if the breaker lets it. The breaker outlives the task.
  template <IntoFuture A>
  Task<AwaitedOf<A>> Call(A awaitable) {
    if (!Admit()) co_return Error(ErrorCode::kWouldBlock, "circuit breaker");
    struct Outcome {
      CircuitBreaker* breaker;
      bool success = false;
      ~Outcome() { success ? breaker->Succeeded() : breaker->Failed(); }
    } outcome{this};
    AwaitedOf<A> answer = co_await std::move(awaitable);
    outcome.success = answer.ok();
    co_return answer;
  }

 private:
  const uint32_t failures_max_;
  const Duration pause_;
  const Clock& clock_;
  uint32_t failures_ = 0;
  bool open_ = false;
  bool trying_ = false;
  Instant retry_at_{};
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_CIRCUIT_BREAKER_H_
