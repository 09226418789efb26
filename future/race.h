// Race(a, b, ...) and Race(vector): the answer of the first future that is ready.
// RaceOk(a, b, ...) and RaceOk(vector): of futures of Result, the first success; the last error
// when all failed.
//
//   Reply reply = co_await zokio::Race(Ask(primary), Ask(secondary));
//   zokio::Result<Reply> reply = co_await zokio::RaceOk(Ask(primary), Ask(secondary));
//
// All yield the same type (else: Select). Where several are ready in one poll the first wins.
//
// Errors: Race rethrows the winner's exception. To RaceOk an exception is a failure; it is rethrown
//   when it was the last.
// Cancellation: losers are withdrawn and dropped before the answer is given.
// Cost: one pooled block; the vector forms the vector.
#ifndef ZOKIO_FUTURE_RACE_H_
#define ZOKIO_FUTURE_RACE_H_

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "future/child.h"
#include "future/child_wakers.h"
#include "future/future.h"
#include "future/join.h"
#include "future/polled_once.h"

namespace zokio {

namespace internal {

// Children of one type, addressed by number.
template <Future F>
class ChildVector {
 public:
  explicit ChildVector(std::vector<Child<F>> children)
      : children_(std::move(children)), wakers_(children_.size()) {}

  template <typename Ended>
  void PollWoken(Context& context, Ended&& ended) {
    wakers_.SetParent(context.waker());
    wakers_.PollWoken(context, [&](size_t index, Context& child_context) {
      Child<F>& child = children_[index];
      return !child.running() || !child.Poll(child_context) || ended(child);
    });
  }
  bool Cancel(Context& context) {
    bool gone = true;
    for (Child<F>& child : children_) gone &= child.Cancel(context);
    return gone;
  }
  template <typename Visit>
  void ForEach(Visit&& visit) {
    for (Child<F>& child : children_) visit(child);
  }

 private:
  std::vector<Child<F>> children_;
  ChildWakers wakers_;
};

// With ChildTuple's children behind the same functions.
template <Future... Fs>
class RaceTuple : public ChildTuple<Fs...> {
 public:
  using ChildTuple<Fs...>::ChildTuple;
  template <typename Visit>
  void ForEach(Visit&& visit) {
    std::apply([&](auto&... child) { (visit(child), ...); }, this->children());
  }
};

}  // namespace internal

template <typename Output, typename Children, bool kNeedsOk, bool kAsyncCancel>
class [[nodiscard]] RaceFuture {
 public:
  RaceFuture(size_t count, Children children) : running_(count), children_(std::move(children)) {}

  Poll<Output> poll(Context& context) {
    once_.Check("a Race was polled after it was ready");
    if (winner_ == nullptr) {
      children_.PollWoken(context, [this](auto& child) {
        --running_;
        if (Wins(child) || running_ == 0) winner_ = &child;
        return winner_ == nullptr;
      });
      if (winner_ == nullptr) return kPending;
    }
    if (!children_.Cancel(context)) return kPending;
    once_.Answered();
    if constexpr (std::is_void_v<Output>) {
      children_.ForEach([this](auto& child) {
        if (&child == winner_) child.Take();
      });
      return kReady;
    } else {
      Poll<Output> answer = kPending;
      children_.ForEach([&](auto& child) {
        if (static_cast<void*>(&child) != winner_) return;
        std::destroy_at(&answer);
        std::construct_at(&answer, child.Take());
      });
      return answer;
    }
  }
  Poll<void> poll_cancel(Context& context)
    requires kAsyncCancel
  {
    return children_.Cancel(context) ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  template <typename C>
  bool Wins(C& child) const {
    if constexpr (kNeedsOk) {
      return !child.failed() && child.peek().ok();
    } else {
      return true;
    }
  }

  size_t running_;
  internal::PolledOnce once_;
  void* winner_ = nullptr;
  Children children_;
};

namespace internal {

template <bool kNeedsOk, IntoFuture A, IntoFuture... As>
auto MakeRace(A&& first, As&&... rest) {
  using Output = AwaitedOf<A>;
  static_assert((std::is_same_v<Output, AwaitedOf<As>> && ...),
                "Race: all futures must yield the same type; Select takes different ones");
  static_assert(!kNeedsOk || kIsResult<Output>, "RaceOk: the futures must yield a Result");
  using Children = RaceTuple<FutureOf<A>, FutureOf<As>...>;
  constexpr bool kAsync = AsyncCancellable<FutureOf<A>> || (AsyncCancellable<FutureOf<As>> || ...);
  return RaceFuture<Output, Children, kNeedsOk, kAsync>(
      1 + sizeof...(As),
      Children(ToFuture(std::forward<A>(first)), ToFuture(std::forward<As>(rest))...));
}

template <bool kNeedsOk, IntoFuture A>
auto MakeRaceOf(std::vector<A> awaitables) {
  using F = FutureOf<A>;
  static_assert(!kNeedsOk || kIsResult<OutputOf<F>>, "RaceOk: the futures must yield a Result");
  ZOKIO_CHECK(!awaitables.empty(), "a race of nobody");
  std::vector<Child<F>> children;
  children.reserve(awaitables.size());
  for (A& awaitable : awaitables) children.emplace_back(ToFuture(std::move(awaitable)));
  size_t count = children.size();
  return RaceFuture<OutputOf<F>, ChildVector<F>, kNeedsOk, AsyncCancellable<F>>(
      count, ChildVector<F>(std::move(children)));
}

}  // namespace internal

template <IntoFuture... As>
  requires(sizeof...(As) > 0)
auto Race(As&&... awaitables) {
  return internal::MakeRace<false>(std::forward<As>(awaitables)...);
}
template <IntoFuture A>
auto Race(std::vector<A> awaitables) {
  return internal::MakeRaceOf<false>(std::move(awaitables));
}
template <IntoFuture... As>
  requires(sizeof...(As) > 0)
auto RaceOk(As&&... awaitables) {
  return internal::MakeRace<true>(std::forward<As>(awaitables)...);
}
template <IntoFuture A>
auto RaceOk(std::vector<A> awaitables) {
  return internal::MakeRaceOf<true>(std::move(awaitables));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_RACE_H_
