// Shield(future): cancelling the task that awaits it waits for its end instead of dropping it.
// Finally(body, cleanup): runs `cleanup` after `body`, also when that failed or was cancelled.
//
//   co_await zokio::Shield(journal.Commit());
//   co_await zokio::Finally(Work(connection), [&] { return connection.SayGoodbye(); });
//
// Cancellation: a shielded future is polled to its end by `poll_cancel`, which those who withdraw
// it
//   (tasks, scopes, combinators) await. Keep what is shielded short: it delays them all. Finally
//   withdraws its body first and then runs the clean-up, shielded. One that was never polled is
//   dropped without either.
// Errors: the body's; an exception of the clean-up is thrown when the body had none.
// Cost: no allocation.
#ifndef ZOKIO_FUTURE_SHIELD_H_
#define ZOKIO_FUTURE_SHIELD_H_

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "future/child.h"
#include "future/future.h"
#include "future/polled_once.h"

namespace zokio {

template <Future F>
class [[nodiscard]] ShieldFuture {
 public:
  explicit ShieldFuture(F future) : child_(std::move(future)) {}

  Poll<OutputOf<F>> poll(Context& context) {
    once_.Check("a Shield was polled after it was ready");
    started_ = true;
    if (!child_.Poll(context)) return kPending;
    once_.Answered();
    if constexpr (std::is_void_v<OutputOf<F>>) {
      child_.Take();
      return kReady;
    } else {
      return Poll<OutputOf<F>>(child_.Take());
    }
  }
  // Its answer, or exception, is dropped.
  Poll<void> poll_cancel(Context& context) {
    Context living = context.ForLivingFrame();
    return !started_ || child_.Poll(living) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  bool started_ = false;
  internal::PolledOnce once_;
  internal::Child<F> child_;
};

template <IntoFuture A>
auto Shield(A&& awaitable) {
  return ShieldFuture<FutureOf<A>>(ToFuture(std::forward<A>(awaitable)));
}

template <Future F, typename Cleanup>
class [[nodiscard]] FinallyFuture {
  using G = FutureOf<std::invoke_result_t<Cleanup&>>;

 public:
  FinallyFuture(F body, Cleanup cleanup) : body_(std::move(body)), cleanup_(std::move(cleanup)) {}
  // Movable until its first poll.
  FinallyFuture(FinallyFuture&& other) noexcept
      : body_(std::move(other.body_)), cleanup_(std::move(other.cleanup_)) {}

  Poll<OutputOf<F>> poll(Context& context) {
    once_.Check("a Finally was polled after it was ready");
    started_ = true;
    if (!body_.Poll(context) || !CleanUp(context)) return kPending;
    once_.Answered();
    if (!body_.failed()) last_->Take();
    if constexpr (std::is_void_v<OutputOf<F>>) {
      body_.Take();
      return kReady;
    } else {
      return Poll<OutputOf<F>>(body_.Take());
    }
  }
  Poll<void> poll_cancel(Context& context) {
    if (!started_) return kReady;
    return body_.Cancel(context) && CleanUp(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  bool CleanUp(Context& context) {
    if (!last_) last_.emplace(ToFuture(std::invoke(cleanup_)));
    Context living = context.ForLivingFrame();
    return last_->Poll(living);
  }

  bool started_ = false;
  internal::PolledOnce once_;
  internal::Child<F> body_;
  Cleanup cleanup_;
  std::optional<internal::Child<G>> last_;
};

// `cleanup()` gives a future; it is called once, after the body ended or was withdrawn.
template <IntoFuture A, typename Cleanup>
auto Finally(A&& body, Cleanup cleanup) {
  return FinallyFuture<FutureOf<A>, Cleanup>(ToFuture(std::forward<A>(body)), std::move(cleanup));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SHIELD_H_
