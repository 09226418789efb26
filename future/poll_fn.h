// Ready, Never, PollFn: the smallest futures.
//
//   int one = co_await zokio::Ready(1);
//   auto* timer = co_await zokio::PollFn([](zokio::Context& context) {
//     return zokio::Poll<zokio::Timer*>(context.timer());
//   });
#ifndef ZOKIO_FUTURE_POLL_FN_H_
#define ZOKIO_FUTURE_POLL_FN_H_

#include <type_traits>
#include <utility>

#include "future/context.h"
#include "future/poll.h"
#include "future/polled_once.h"

namespace zokio {

// Ready at its first poll.
template <typename T>
class [[nodiscard]] Ready {
 public:
  explicit Ready(T value) : value_(std::move(value)) {}
  Poll<T> poll(Context&) {
    once_.Check("a Ready was polled after it was ready");
    once_.Answered();
    return Poll<T>(std::move(value_));
  }

 private:
  T value_;
  internal::PolledOnce once_;
};

// Never ready; stores no waker, because nothing will ever happen.
class [[nodiscard]] Never {
 public:
  Poll<void> poll(Context&) noexcept { return kPending; }
};

// A callable `Poll<T>(Context&)` as a future; it is kept inside.
template <typename F>
  requires kIsPoll<std::invoke_result_t<F&, Context&>>
class [[nodiscard]] PollFn {
 public:
  explicit PollFn(F function) : function_(std::move(function)) {}
  auto poll(Context& context) noexcept(
      std::is_nothrow_invocable_v<F&, Context&> &&
      std::is_nothrow_move_constructible_v<std::invoke_result_t<F&, Context&>>) {
    once_.Check("a PollFn was polled after it was ready");
    return once_.Pass(function_(context));
  }

 private:
  F function_;
  internal::PolledOnce once_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_POLL_FN_H_
