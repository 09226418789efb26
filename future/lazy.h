// Lazy(f): calls `f` at the first poll: for what must not begin before it is awaited.
//
//   auto later = zokio::Lazy([&] { return pool.Acquire(); });
//
// `f` gives a future, which is awaited, or a plain value, which is the answer.
//
// Cost: no allocation.
#ifndef ZOKIO_FUTURE_LAZY_H_
#define ZOKIO_FUTURE_LAZY_H_

#include <functional>
#include <type_traits>
#include <utility>

#include "future/future.h"
#include "future/map.h"
#include "future/poll_fn.h"

namespace zokio {

template <std::invocable F>
auto Lazy(F function) {
  using Made = std::invoke_result_t<F&>;
  if constexpr (IntoFuture<Made>) {
    auto ready = PollFn([](Context&) noexcept -> Poll<void> { return kReady; });
    return Then(std::move(ready), std::move(function));
  } else {
    return PollFn([function = std::move(function)](Context&) mutable -> Poll<Made> {
      if constexpr (std::is_void_v<Made>) {
        std::invoke(function);
        return kReady;
      } else {
        return Poll<Made>(std::invoke(function));
      }
    });
  }
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_LAZY_H_
