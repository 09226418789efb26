// Select(a, b, ...): runs several futures at once and yields the answer of the first that is ready.
//
//   auto first = co_await zokio::Select(stream.Read(), stop.Wait());
//   if (first.index() == 0) Use(std::get<0>(first)); else ...
//
// Yields a std::variant with one alternative per future; void becomes zokio::Unit. Where several
// are ready in the same poll, the one that stands first wins, so put the stop signal first where
// it must not starve.
//
// Errors: the winner's exception is rethrown.
// Cancellation: losers are withdrawn and dropped before the answer is given; a loser that has
//   scopes inside is waited for. Dropping the Select drops all.
// Cost: one pooled block.
#ifndef ZOKIO_FUTURE_SELECT_H_
#define ZOKIO_FUTURE_SELECT_H_

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>
#include <variant>

#include "base/check.h"
#include "future/child.h"
#include "future/child_wakers.h"
#include "future/future.h"

namespace zokio {

using Unit = internal::Unit;

template <Future... Fs>
class [[nodiscard]] SelectFuture {
  static_assert(sizeof...(Fs) > 0 && sizeof...(Fs) <= 64);
  static constexpr size_t kNone = sizeof...(Fs);
  static constexpr size_t kTaken = kNone + 1;
  using Answer = std::variant<internal::Stored<OutputOf<Fs>>...>;
  using Indices = std::index_sequence_for<Fs...>;

 public:
  explicit SelectFuture(Fs... futures)
      : children_(internal::Child<Fs>(std::move(futures))...), wakers_(sizeof...(Fs)) {}

  Poll<Answer> poll(Context& context) {
    ZOKIO_DCHECK(winner_ != kTaken, "a Select was polled after it was ready");
    if (winner_ == kNone) {
      wakers_.SetParent(context.waker());
      wakers_.PollWoken(context, [&](size_t index, Context& child_context) {
        if (PollChild(index, child_context, Indices{})) winner_ = index;
        return winner_ == kNone;
      });
      if (winner_ == kNone) return kPending;
    }
    if (!CancelLosers(context, Indices{})) return kPending;
    return TakeAnswer(Indices{});
  }

  Poll<void> poll_cancel(Context& context)
    requires(AsyncCancellable<Fs> || ...)
  {
    return CancelLosers(context, Indices{}) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  template <size_t... I>
  bool PollChild(size_t index, Context& context, std::index_sequence<I...>) {
    bool ready = false;
    (void)((I == index && (ready = std::get<I>(children_).Poll(context), true)) || ...);
    return ready;
  }

  template <size_t... I>
  bool CancelLosers(Context& context, std::index_sequence<I...>) {
    bool gone = true;
    ((gone &= std::get<I>(children_).Cancel(context)), ...);
    return gone;
  }

  template <size_t... I>
  Poll<Answer> TakeAnswer(std::index_sequence<I...>) {
    std::optional<Answer> answer;
    (void)((I == winner_ && (EmplaceAnswer<I>(answer), true)) || ...);
    winner_ = kTaken;
    return Poll<Answer>(*std::move(answer));
  }

  template <size_t I>
  void EmplaceAnswer(std::optional<Answer>& answer) {
    auto& child = std::get<I>(children_);
    using Output = typename std::remove_reference_t<decltype(child)>::Output;
    if constexpr (std::is_void_v<Output>) {
      child.Take();
      answer.emplace(std::in_place_index<I>);
    } else if constexpr (std::is_reference_v<Output>) {
      answer.emplace(std::in_place_index<I>, std::addressof(child.Take()));
    } else {
      answer.emplace(std::in_place_index<I>, child.Take());
    }
  }

  std::tuple<internal::Child<Fs>...> children_;
  internal::ChildWakers wakers_;
  size_t winner_ = kNone;
};

template <IntoFuture... As>
auto Select(As&&... awaitables) {
  return SelectFuture<FutureOf<As>...>(ToFuture(std::forward<As>(awaitables))...);
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SELECT_H_
