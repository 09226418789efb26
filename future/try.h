// Try: awaits something that may fail and hands the failure on to whoever awaits this task.
//
//   zokio::Task<zokio::Result<Page>> Fetch(Url url) {
//     auto stream = co_await zokio::Try(Connect(url));    // TcpStream, or Fetch ends with the
//     error
//     ...
//   }
//
// Inside a Task whose result can be made from the error: Result<T> from Result<U>; and likewise for
// absl::Status and absl::StatusOr, which are known by their shape only.
//
// On an error the task ends where it stands: what its variables hold is destroyed before the task
// that awaits it goes on, as by `co_return`.
// Cost: that of the co_await, and one branch.
#ifndef ZOKIO_FUTURE_TRY_H_
#define ZOKIO_FUTURE_TRY_H_

#include <concepts>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace zokio {

// What Try needs to know of a kind of result.
template <typename R>
struct TryTraits {
  static constexpr bool kFallible = false;
};

template <typename T>
struct TryTraits<Result<T>> {
  static constexpr bool kFallible = true;
  using Value = T;
  using Failure = Error;
  static Failure TakeFailure(Result<T>& result) { return result.error(); }
  static Value TakeValue(Result<T>& result) {
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
};

// absl::StatusOr<T> and its kind.
template <typename R>
  requires requires(R& r) {
    { r.ok() } -> std::convertible_to<bool>;
    r.status();
    *std::move(r);
  }
struct TryTraits<R> {
  static constexpr bool kFallible = true;
  using Value = std::remove_cvref_t<decltype(*std::declval<R>())>;
  using Failure = std::remove_cvref_t<decltype(std::declval<R>().status())>;
  static Failure TakeFailure(R& result) { return std::move(result).status(); }
  static Value TakeValue(R& result) { return *std::move(result); }
};

// absl::Status and its kind.
template <typename R>
  requires requires(R& r) {
    { r.ok() } -> std::convertible_to<bool>;
    r.raw_code();
    r.message();
  }
struct TryTraits<R> {
  static constexpr bool kFallible = true;
  using Value = void;
  using Failure = R;
  static Failure TakeFailure(R& result) { return std::move(result); }
  static void TakeValue(R&) {}
};

namespace internal {

// The argument of co_await.
template <typename A>
struct TryAwaitable {
  A&& awaitable;
};

template <typename T>
inline constexpr bool kIsTryAwaitable = false;
template <typename A>
inline constexpr bool kIsTryAwaitable<TryAwaitable<A>> = true;

// In the frame of a task that awaits another one by Try; the awaited one's promise points here.
struct TryLink {
  // The awaited task ended with an error: ends the awaiting one with it. What goes on instead.
  std::coroutine_handle<> (*fail)(TryLink* link) noexcept;
};

}  // namespace internal

template <typename A>
internal::TryAwaitable<A> Try(A&& awaitable) {
  return internal::TryAwaitable<A>{std::forward<A>(awaitable)};
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TRY_H_
