// Join(a, b, ...): runs several futures at once and yields all their answers as a tuple.
// TryJoin(a, b, ...): the same for futures of Result; the first error withdraws the others and is
// the answer.
//
//   auto [page, user] = co_await zokio::Join(FetchPage(), FetchUser());
//   auto both = co_await zokio::TryJoin(Read(a), Read(b));      // Result<std::tuple<...>>
//
// They run in the awaiting task; a wake polls the woken ones only. void yields zokio::Unit.
//
// Errors: Join waits for all and rethrows the exception of the first failed one; TryJoin does not
//   wait, but withdraws the others as it does for an error.
// Cancellation: dropping it drops all.
// Cost: one pooled block.
#ifndef ZOKIO_FUTURE_JOIN_H_
#define ZOKIO_FUTURE_JOIN_H_

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "future/child.h"
#include "future/child_wakers.h"
#include "future/future.h"
#include "future/polled_once.h"
#include "future/select.h"

namespace zokio {

namespace internal {

// Children of different types, addressed by number.
template <Future... Fs>
class ChildTuple {
  using Indices = std::index_sequence_for<Fs...>;

 public:
  explicit ChildTuple(Fs... futures)
      : children_(Child<Fs>(std::move(futures))...), wakers_(sizeof...(Fs)) {}

  // Calls `visit(child)` with child number `index`.
  template <typename Visit>
  void At(size_t index, Visit&& visit) {
    AtOf(index, visit, Indices{});
  }
  // Polls the woken children; `ended(child)` for each that ended; stops when that answers false.
  template <typename Ended>
  void PollWoken(Context& context, Ended&& ended) {
    wakers_.SetParent(context.waker());
    wakers_.PollWoken(context, [&](size_t index, Context& child_context) {
      bool go_on = true;
      At(index, [&](auto& child) {
        if (child.running() && child.Poll(child_context)) go_on = ended(child);
      });
      return go_on;
    });
  }
  // True once no child is left.
  bool Cancel(Context& context) {
    bool gone = true;
    std::apply([&](auto&... child) { ((gone &= child.Cancel(context)), ...); }, children_);
    return gone;
  }
  auto& children() { return children_; }

 private:
  template <typename Visit, size_t... I>
  void AtOf(size_t index, Visit& visit, std::index_sequence<I...>) {
    (void)((I == index && (visit(std::get<I>(children_)), true)) || ...);
  }

  std::tuple<Child<Fs>...> children_;
  ChildWakers wakers_;
};

template <typename C>
auto TakeStored(C& child) {
  using Output = typename C::Output;
  if constexpr (std::is_void_v<Output>) {
    child.Take();
    return Unit{};
  } else if constexpr (std::is_reference_v<Output>) {
    return std::addressof(child.Take());
  } else {
    return child.Take();
  }
}

// A Result's value as a tuple's element.
template <typename R>
auto ValueOf(R&& result) {
  if constexpr (std::is_void_v<typename std::remove_cvref_t<R>::value_type>) {
    return Unit{};
  } else {
    return *std::forward<R>(result);
  }
}

}  // namespace internal

template <Future... Fs>
class [[nodiscard]] JoinFuture {
 public:
  using Answers = std::tuple<internal::Stored<OutputOf<Fs>>...>;

  explicit JoinFuture(Fs... futures) : children_(std::move(futures)...) {}

  Poll<Answers> poll(Context& context) {
    once_.Check("a Join was polled after it was ready");
    children_.PollWoken(context, [this](auto&) {
      --running_;
      return true;
    });
    if (running_ != 0) return kPending;
    once_.Answered();
    // Braces: from left to right.
    return std::apply(
        [](auto&... child) { return Poll<Answers>(Answers{internal::TakeStored(child)...}); },
        children_.children());
  }
  Poll<void> poll_cancel(Context& context)
    requires(AsyncCancellable<Fs> || ...)
  {
    return children_.Cancel(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  size_t running_ = sizeof...(Fs);
  internal::PolledOnce once_;
  internal::ChildTuple<Fs...> children_;
};

template <Future... Fs>
class [[nodiscard]] TryJoinFuture {
  static_assert((kIsResult<OutputOf<Fs>> && ...), "TryJoin: each future must yield a Result");

 public:
  using Answers = std::tuple<decltype(internal::ValueOf(std::declval<OutputOf<Fs>>()))...>;

  explicit TryJoinFuture(Fs... futures) : children_(std::move(futures)...) {}

  Poll<Result<Answers>> poll(Context& context) {
    once_.Check("a TryJoin was polled after it was ready");
    if (failed_ == nullptr) {
      children_.PollWoken(context, [this](auto& child) {
        --running_;
        if (child.failed() || !child.peek().ok()) failed_ = &child;
        return failed_ == nullptr;
      });
      if (failed_ == nullptr && running_ != 0) return kPending;
    }
    if (failed_ != nullptr) return Fail(context);
    once_.Answered();
    return std::apply(
        [](auto&... child) {
          return Poll<Result<Answers>>(Answers{internal::ValueOf(child.Take())...});
        },
        children_.children());
  }
  Poll<void> poll_cancel(Context& context)
    requires(AsyncCancellable<Fs> || ...)
  {
    return children_.Cancel(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  Poll<Result<Answers>> Fail(Context& context) {
    if (!children_.Cancel(context)) return kPending;
    once_.Answered();
    std::optional<Error> error;
    auto take = [&](auto& child) {
      if (static_cast<void*>(&child) == failed_) error = child.Take().error();
    };
    std::apply([&](auto&... child) { (take(child), ...); }, children_.children());
    return Poll<Result<Answers>>(*error);
  }

  size_t running_ = sizeof...(Fs);
  internal::PolledOnce once_;
  void* failed_ = nullptr;
  internal::ChildTuple<Fs...> children_;
};

template <IntoFuture... As>
auto Join(As&&... awaitables) {
  return JoinFuture<FutureOf<As>...>(ToFuture(std::forward<As>(awaitables))...);
}
template <IntoFuture... As>
auto TryJoin(As&&... awaitables) {
  return TryJoinFuture<FutureOf<As>...>(ToFuture(std::forward<As>(awaitables))...);
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_JOIN_H_
