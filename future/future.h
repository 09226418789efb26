// The Future concept: anything with `Poll<T> poll(Context&)`.
//
// A future does nothing until polled. `poll` either answers ready with its value, once, or answers
// pending after it arranged for the context's waker to be woken. Polled again with another waker,
// the last one counts. A future may be moved until its first poll and not after.
//
// Cancellation is dropping: the destructor of a pending future withdraws what it asked for and
// must be safe at any point between polls. A future whose withdrawal takes time (it has children
// on other threads) also has
//     Poll<void> poll_cancel(Context&);
// which whoever drops it after a first poll calls until it answers ready (tasks, scopes and
// combinators do): ask to stop, then wait for the end.
//
// `IntoFuture` is anything co_await and the combinators take: a future, or an object with a member
// `IntoFuture() &&` that gives one, such as Task<T>.
#ifndef ZOKIO_FUTURE_FUTURE_H_
#define ZOKIO_FUTURE_FUTURE_H_

#include <concepts>
#include <type_traits>
#include <utility>

#include "future/context.h"
#include "future/poll.h"

namespace zokio {

// The pieces are concepts of their own, so that a failed constraint names what is missing.
template <typename F>
concept HasPollMember = requires(F& future, Context& context) { future.poll(context); };

template <typename F>
concept PollReturnsPoll =
    requires(F& future, Context& context) { requires kIsPoll<decltype(future.poll(context))>; };

template <typename F>
concept Future = HasPollMember<F> && PollReturnsPoll<F> && std::is_object_v<F>;

// What a future yields.
template <Future F>
using OutputOf = typename decltype(std::declval<F&>().poll(std::declval<Context&>()))::value_type;

template <typename F>
concept AsyncCancellable = Future<F> && requires(F& future, Context& context) {
  { future.poll_cancel(context) } -> std::same_as<Poll<void>>;
};

template <typename A>
concept ConvertsIntoFuture = requires(A&& a) {
  { std::forward<A>(a).IntoFuture() } -> Future;
};

template <typename A>
concept IntoFuture = Future<std::remove_cvref_t<A>> || ConvertsIntoFuture<A>;

// The future that stands for `awaitable`: itself, or what it turns into.
template <IntoFuture A>
auto ToFuture(A&& awaitable) {
  if constexpr (Future<std::remove_cvref_t<A>>) {
    return std::remove_cvref_t<A>(std::forward<A>(awaitable));
  } else {
    return std::forward<A>(awaitable).IntoFuture();
  }
}

template <IntoFuture A>
using FutureOf = decltype(ToFuture(std::declval<A>()));

template <IntoFuture A>
using AwaitedOf = OutputOf<FutureOf<A>>;

// Drives a future's withdrawal: ready at once for those that only need dropping.
template <Future F>
Poll<void> PollCancel(F& future, Context& context) {
  if constexpr (AsyncCancellable<F>) {
    return future.poll_cancel(context);
  } else {
    return kReady;
  }
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_FUTURE_H_
