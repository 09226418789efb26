// JoinAll(futures): runs all of a vector of futures at once and yields all their answers, in order.
//
//   std::vector<zokio::Task<int>> tasks = ...;
//   std::vector<int> answers = co_await zokio::JoinAll(std::move(tasks));
//
// They run concurrently in the awaiting task, on its thread (spawn them for parallel work). A wake
// polls the woken ones only.
//
// Errors: waits for all; then the exception of the first failed one (by index) is rethrown.
// Cancellation: dropping it drops all.
// Cost: one vector and one pooled block.
#ifndef ZOKIO_FUTURE_JOIN_ALL_H_
#define ZOKIO_FUTURE_JOIN_ALL_H_

#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "future/child.h"
#include "future/child_wakers.h"
#include "future/future.h"
#include "future/polled_once.h"

namespace zokio {

template <Future F>
class [[nodiscard]] JoinAllFuture {
  using Output = OutputOf<F>;
  // What awaiting yields: a vector of answers; nothing for futures of void.
  using Answers =
      std::conditional_t<std::is_void_v<Output>, void, std::vector<internal::Stored<Output>>>;

 public:
  explicit JoinAllFuture(std::vector<internal::Child<F>> children)
      : children_(std::move(children)), running_(children_.size()), wakers_(children_.size()) {}

  Poll<Answers> poll(Context& context) {
    once_.Check("a JoinAll was polled after it was ready");
    wakers_.SetParent(context.waker());
    wakers_.PollWoken(context, [&](size_t index, Context& child_context) {
      internal::Child<F>& child = children_[index];
      if (child.running() && child.Poll(child_context)) --running_;
      return true;
    });
    if (running_ != 0) return kPending;
    once_.Answered();
    if constexpr (std::is_void_v<Output>) {
      for (auto& child : children_) child.Take();
      return kReady;
    } else {
      Answers answers;
      answers.reserve(children_.size());
      for (auto& child : children_) answers.push_back(child.Take());
      return Poll<Answers>(std::move(answers));
    }
  }

  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    bool gone = true;
    for (auto& child : children_) gone &= child.Cancel(context);
    return gone ? Poll<void>(kReady) : Poll<void>(kPending);
  }

 private:
  std::vector<internal::Child<F>> children_;
  size_t running_;
  internal::PolledOnce once_;
  internal::ChildWakers wakers_;
};

template <IntoFuture A>
auto JoinAll(std::vector<A> awaitables) {
  using F = FutureOf<A>;
  std::vector<internal::Child<F>> children;
  children.reserve(awaitables.size());
  for (A& awaitable : awaitables) children.emplace_back(ToFuture(std::move(awaitable)));
  return JoinAllFuture<F>(std::move(children));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_JOIN_ALL_H_
