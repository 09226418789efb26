// Map(future, f): the answer changed by `f`. Then(future, f): goes on with the future that `f`
// makes of the answer. Catch(future, f): an answer in place of a failure.
//
//   int length = co_await zokio::Map(ReadLine(), [](std::string line) { return line.size(); });
//   Page page = co_await zokio::Then(Resolve(name), [](Address a) { return Fetch(a); });
//   Page page = co_await zokio::Catch(Fetch(url), [](std::exception_ptr) { return Page(); });
//   auto page = co_await zokio::Catch(TryFetch(url), [](zokio::Error) { return Page(); });
//
// Inside a coroutine plain statements say the same; these are for futures handed to combinators. A
// handler of Catch that takes an Error is for futures of Result, one that takes a
// std::exception_ptr for exceptions; both give what the future yields.
//
// Errors: an exception of `f` is one of the future.
// Cancellation: dropping it drops the future that is under way.
// Cost: no allocation.
#ifndef ZOKIO_FUTURE_MAP_H_
#define ZOKIO_FUTURE_MAP_H_

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/exceptions.h"
#include "base/result.h"
#include "future/future.h"
#include "future/polled_once.h"

namespace zokio {

namespace internal {

template <typename Fn, typename Output>
struct InvokeOn {
  using type = std::invoke_result_t<Fn&, Output>;
};
template <typename Fn>
struct InvokeOn<Fn, void> {
  using type = std::invoke_result_t<Fn&>;
};
// What `f` gives for an answer, be it void.
template <typename Fn, typename Output>
using InvokedOn = typename InvokeOn<Fn, Output>::type;

template <typename Fn, typename P>
decltype(auto) InvokeWith(Fn& function, P&& poll) {
  if constexpr (std::is_void_v<typename std::remove_cvref_t<P>::value_type>) {
    return std::invoke(function);
  } else {
    return std::invoke(function, std::forward<P>(poll).value());
  }
}

}  // namespace internal

template <Future F, typename Fn>
class [[nodiscard]] MapFuture {
  using Output = internal::InvokedOn<Fn, OutputOf<F>>;

 public:
  MapFuture(F future, Fn function) : future_(std::move(future)), function_(std::move(function)) {}

  Poll<Output> poll(Context& context) {
    once_.Check("a Map was polled after it was ready");
    auto poll = future_.poll(context);
    if (poll.pending()) return kPending;
    once_.Answered();
    if constexpr (std::is_void_v<Output>) {
      internal::InvokeWith(function_, std::move(poll));
      return kReady;
    } else {
      return Poll<Output>(internal::InvokeWith(function_, std::move(poll)));
    }
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return future_.poll_cancel(context);
  }

 private:
  F future_;
  Fn function_;
  internal::PolledOnce once_;
};

template <Future F, typename Fn>
class [[nodiscard]] ThenFuture {
  using Next = FutureOf<internal::InvokedOn<Fn, OutputOf<F>>>;

 public:
  ThenFuture(F future, Fn function)
      : first_(std::in_place, std::move(future)), function_(std::move(function)) {}
  // Movable until its first poll.
  ThenFuture(ThenFuture&& other) noexcept
      : first_(std::move(other.first_)), function_(std::move(other.function_)) {
    ZOKIO_DCHECK(!other.second_, "a future was moved after its first poll");
  }

  Poll<OutputOf<Next>> poll(Context& context) {
    once_.Check("a Then was polled after it was ready");
    if (!second_) {
      auto poll = first_->poll(context);
      if (poll.pending()) return kPending;
      first_.reset();
      // By a conversion, because the future made may not be movable any more once it is in place.
      second_.emplace(FromCall<decltype(poll)>{&function_, &poll});
    }
    return once_.Pass(second_->future.poll(context));
  }
  Poll<void> poll_cancel(Context& context)
    requires(AsyncCancellable<F> || AsyncCancellable<Next>)
  {
    if (second_) return PollCancel(second_->future, context);
    return first_ ? PollCancel(*first_, context) : Poll<void>(kReady);
  }

 private:
  template <typename P>
  struct FromCall {
    Fn* function;
    P* poll;
  };
  struct Second {
    template <typename P>
    explicit Second(FromCall<P> call)
        : future(ToFuture(internal::InvokeWith(*call.function, std::move(*call.poll)))) {}
    Next future;
  };

  std::optional<F> first_;
  Fn function_;
  std::optional<Second> second_;
  internal::PolledOnce once_;
};

template <Future F, typename Fn>
class [[nodiscard]] CatchFuture {
  using Output = OutputOf<F>;
  static constexpr bool kTakesError = std::is_invocable_v<Fn&, Error>;
  static constexpr bool kTakesException = std::is_invocable_v<Fn&, std::exception_ptr>;
  static_assert(kTakesError || kTakesException,
                "Catch: the handler takes a zokio::Error or a std::exception_ptr");
  static_assert(!kTakesError || kIsResult<Output>,
                "Catch: a handler of errors is for futures of Result");

 public:
  CatchFuture(F future, Fn handler) : future_(std::move(future)), handler_(std::move(handler)) {}

  Poll<Output> poll(Context& context) {
    once_.Check("a Catch was polled after it was ready");
    return once_.Pass(PollCaught(context));
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    return future_.poll_cancel(context);
  }

 private:
  Poll<Output> PollCaught(Context& context) {
#if ZOKIO_EXCEPTIONS
    if constexpr (kTakesException) {
      try {
        return PollOnce(context);
      } catch (...) {
        return Handle(std::current_exception());
      }
    }
#endif
    return PollOnce(context);
  }
  Poll<Output> PollOnce(Context& context) {
    Poll<Output> poll = future_.poll(context);
    if constexpr (kTakesError) {
      if (poll.ready() && !poll.value().ok()) return Handle(Error(poll.value().error()));
    }
    return poll;
  }
  template <typename Failure>
  Poll<Output> Handle(Failure failure) {
    if constexpr (std::is_void_v<Output>) {
      std::invoke(handler_, std::move(failure));
      return kReady;
    } else {
      return Poll<Output>(Output(std::invoke(handler_, std::move(failure))));
    }
  }

  F future_;
  Fn handler_;
  internal::PolledOnce once_;
};

template <IntoFuture A, typename Fn>
auto Map(A&& awaitable, Fn function) {
  return MapFuture<FutureOf<A>, Fn>(ToFuture(std::forward<A>(awaitable)), std::move(function));
}
template <IntoFuture A, typename Fn>
auto Then(A&& awaitable, Fn function) {
  return ThenFuture<FutureOf<A>, Fn>(ToFuture(std::forward<A>(awaitable)), std::move(function));
}
template <IntoFuture A, typename Fn>
auto Catch(A&& awaitable, Fn handler) {
  return CatchFuture<FutureOf<A>, Fn>(ToFuture(std::forward<A>(awaitable)), std::move(handler));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_MAP_H_
