// WithCancel(token, future): the future's answer, or kCancelled once the token is cancelled.
// WithDeadline(instant, future): the same with a source of its own that is cancelled at the
// instant,
//   or with the task's current token, and kDeadlineExceeded for the former.
// CurrentToken(): the token of the innermost of these around the running task, empty without.
//
//   co_await zokio::WithCancel(token, Serve(stream));     // anything Serve awaits is a point to
//   stop zokio::CancelToken token = co_await zokio::CurrentToken();
//
// The token is inherited by all that the future awaits and by the tasks that it starts in scopes or
// by SpawnChild, without being handed on. A future of T yields Result<T>; one of Result<T> stays
// so.
//
// Guarantees: once the token is cancelled the future is not polled again but withdrawn (what awaits
// a
//   Shield is waited for), then dropped, then the error is given. One that is cancelled before its
//   first poll is never polled. Where the answer came first, it is given.
// Cost: no allocation but one pooled block for the inherited token, and for WithDeadline its
// source; a
//   poll costs one load more, the first a short lock.
#ifndef ZOKIO_FUTURE_WITH_CANCEL_H_
#define ZOKIO_FUTURE_WITH_CANCEL_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "future/cancellation.h"
#include "future/child.h"
#include "future/future.h"
#include "future/polled_once.h"
#include "future/sleep.h"
#include "future/task_local.h"

namespace zokio {

namespace internal {

inline constexpr TaskLocal<CancelToken> kCurrentToken;

template <typename T>
struct ResultOf {
  using type = Result<T>;
};
template <typename T>
struct ResultOf<Result<T>> {
  using type = Result<T>;
};

}  // namespace internal

// Empty where nobody set one.
class [[nodiscard]] CurrentToken {
 public:
  Poll<CancelToken> poll(Context& context) noexcept {
    once_.Check("a CurrentToken was polled after it was ready");
    once_.Answered();
    const CancelToken* token = internal::kCurrentToken.Get(context);
    return token == nullptr ? CancelToken() : *token;
  }

 private:
  internal::PolledOnce once_;
};

template <Future F>
class [[nodiscard]] CancellableFuture {
  using Output = OutputOf<F>;
  using Answer = typename internal::ResultOf<Output>::type;
  using Inner = WithLocalFuture<F, CancelToken>;

 public:
  CancellableFuture(CancelToken token, F future)
      : token_(token),
        wait_(token.Cancelled()),
        child_(Inner(internal::kCurrentToken.key(), std::move(token), std::move(future))) {}

  Poll<Answer> poll(Context& context) {
    once_.Check("a WithCancel or WithDeadline was polled after it was ready");
    if (!token_.cancelled()) {
      if (child_.Poll(context)) return Take();
      if (!Expired(context)) return kPending;
    }
    if (!child_.Cancel(context)) return kPending;
    once_.Answered();
    return Answer(Error(ErrorCode::kCancelled, "token"));
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return child_.Cancel(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  // Waits, without a lock where the same waker waits already.
  bool Expired(Context& context) {
    if (!token_.cancelled() && waker_vtable_ == context.waker().vtable() &&
        waker_data_ == context.waker().data()) {
      return false;
    }
    waker_vtable_ = context.waker().vtable();
    waker_data_ = context.waker().data();
    return wait_.poll(context).ready();
  }
  Poll<Answer> Take() {
    once_.Answered();
    if constexpr (std::is_void_v<Output>) {
      child_.Take();
      return Answer();
    } else {
      return Answer(child_.Take());
    }
  }

  CancelToken token_;
  CancelToken::CancelledFuture wait_;
  const WakerVtable* waker_vtable_ = nullptr;
  void* waker_data_ = nullptr;
  internal::PolledOnce once_;
  internal::Child<Inner> child_;
};

template <Future F>
class [[nodiscard]] CancelledAtFuture {
  using Answer = OutputOf<CancellableFuture<F>>;

 public:
  CancelledAtFuture(Instant deadline, F future)
      : deadline_(deadline), sleep_(deadline), future_(std::in_place, std::move(future)) {}
  // Movable until its first poll.
  CancelledAtFuture(CancelledAtFuture&& other) noexcept
      : deadline_(other.deadline_),
        sleep_(std::move(other.sleep_)),
        future_(std::move(other.future_)) {}

  Poll<Answer> poll(Context& context) {
    if (!running_) Start(context);
    if (!expired_ && sleep_.poll(context).ready()) {
      expired_ = true;
      source_->Cancel();
    }
    Poll<Answer> poll = running_->poll(context);
    if (poll.ready() && expired_ && !poll.value().ok() &&
        poll.value().error().code() == ErrorCode::kCancelled) {
      return Answer(Error(ErrorCode::kDeadlineExceeded, "deadline"));
    }
    return poll;
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return running_ ? running_->poll_cancel(context) : Poll<void>(kReady);
  }

 private:
  void Start(Context& context) {
    const CancelToken* current = internal::kCurrentToken.Get(context);
    source_.emplace(current == nullptr ? CancelToken() : *current, deadline_);
    running_.emplace(source_->token(), *std::move(future_));
    future_.reset();
  }

  Instant deadline_;
  Sleep sleep_;
  bool expired_ = false;
  std::optional<CancelSource> source_;
  std::optional<F> future_;  // until the first poll
  std::optional<CancellableFuture<F>> running_;
};

template <IntoFuture A>
auto WithCancel(CancelToken token, A&& awaitable) {
  return CancellableFuture<FutureOf<A>>(std::move(token), ToFuture(std::forward<A>(awaitable)));
}
template <IntoFuture A>
auto WithDeadline(Instant deadline, A&& awaitable) {
  return CancelledAtFuture<FutureOf<A>>(deadline, ToFuture(std::forward<A>(awaitable)));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_WITH_CANCEL_H_
