// Timeout(future, delay), Deadline(future, instant): the future's answer, or kDeadlineExceeded.
//
//   zokio::Result<Lease> chunk = co_await zokio::Timeout(stream.Read(), 5s);
//
// A future of T yields Result<T>; a future of Result<T> stays one, with the timeout as its error.
// Where the answer and the deadline come together, the answer wins.
//
// Cancellation: past the deadline the future is withdrawn, then dropped, then the error is given;
//   what it did before stays done (a dropped read loses no byte). Both share the parent's waker: a
//   look at the timer is one load, so a waker each would cost more than it saves.
// Cost: no allocation; the timer's set and cancel.
#ifndef ZOKIO_FUTURE_TIMEOUT_H_
#define ZOKIO_FUTURE_TIMEOUT_H_

#include <type_traits>
#include <utility>

#include "base/result.h"
#include "future/child.h"
#include "future/future.h"
#include "future/polled_once.h"
#include "future/sleep.h"

namespace zokio {

template <Future F>
class [[nodiscard]] TimeoutFuture {
  using Output = OutputOf<F>;
  template <typename T>
  struct Wrap {
    using type = Result<T>;
  };
  template <typename T>
  struct Wrap<Result<T>> {
    using type = Result<T>;
  };
  using Answer = typename Wrap<Output>::type;

 public:
  TimeoutFuture(F future, Sleep sleep) : child_(std::move(future)), sleep_(std::move(sleep)) {}

  Poll<Answer> poll(Context& context) {
    once_.Check("a Timeout was polled after it was ready");
    if (!expired_) {
      if (child_.Poll(context)) return Take();
      if (sleep_.poll(context).pending()) return kPending;
      expired_ = true;
    }
    if (!child_.Cancel(context)) return kPending;
    once_.Answered();
    return Answer(Error(ErrorCode::kDeadlineExceeded, "timeout"));
  }

  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return child_.Cancel(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  Poll<Answer> Take() {
    once_.Answered();
    if constexpr (std::is_void_v<Output>) {
      child_.Take();
      return Answer();
    } else {
      return Answer(child_.Take());
    }
  }

  internal::Child<F> child_;
  Sleep sleep_;
  bool expired_ = false;
  internal::PolledOnce once_;
};

template <IntoFuture A>
auto Timeout(A&& awaitable, Duration delay) {
  return TimeoutFuture<FutureOf<A>>(ToFuture(std::forward<A>(awaitable)), Sleep(delay));
}

template <IntoFuture A>
auto Deadline(A&& awaitable, Instant deadline) {
  return TimeoutFuture<FutureOf<A>>(ToFuture(std::forward<A>(awaitable)), Sleep(deadline));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TIMEOUT_H_
