// The awaiters behind `co_await Try(...)`. Included by task.h; not for direct use.
//
// An error ends the awaiting coroutine at its suspension point: the error goes to the result slot,
// which stands outside the frame, and control to whoever awaits the coroutine. The frame is then
// destroyed by its owner, as a cancelled one is, which destroys its variables.
#ifndef ZOKIO_FUTURE_TRY_AWAIT_H_
#define ZOKIO_FUTURE_TRY_AWAIT_H_

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/exceptions.h"
#include "future/task.h"
#include "future/try.h"

namespace zokio::internal {

template <typename T, typename R>
concept CanHandOn =
    TryTraits<R>::kFallible && std::is_constructible_v<T, typename TryTraits<R>::Failure>;

// Awaits a future inside a Task<T>.
template <typename T, typename A>
class TryFutureAwaiter : private LeafAwait {
  using F = FutureOf<A>;
  using R = OutputOf<F>;
  using Traits = TryTraits<R>;
  static_assert(Traits::kFallible, "Try: what is awaited cannot fail; a plain co_await will do");
  static_assert(CanHandOn<T, R>, "Try: this task's result cannot be made from that error");
  // A future of this frame is polled where it is.
  using Held = std::conditional_t<Future<std::remove_cvref_t<A>>, std::remove_reference_t<A>&, F>;

 public:
  TryFutureAwaiter(A&& awaitable, PromiseOf<T>* promise)
      : future_(Hold(std::forward<A>(awaitable))), promise_(promise) {
    vtable = &kVtable;
  }
  TryFutureAwaiter(TryFutureAwaiter&&) = delete;  // the root points here while suspended

  bool await_ready() { return PollOnce(*TaskAccess::Root(promise_)->context) && answer_->ok(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> coroutine) noexcept {
    if (answer_) return promise_->FailWith(Traits::TakeFailure(*answer_));
    continuation = coroutine;
    TaskAccess::Root(promise_)->leaf = this;
    return std::noop_coroutine();
  }
  typename Traits::Value await_resume() {
#if ZOKIO_EXCEPTIONS
    if (exception_) std::rethrow_exception(std::move(exception_));
#endif
    return Traits::TakeValue(*answer_);
  }

 private:
  static decltype(auto) Hold(A&& awaitable) {
    if constexpr (Future<std::remove_cvref_t<A>>) {
      return static_cast<std::remove_reference_t<A>&>(awaitable);
    } else {
      return std::forward<A>(awaitable).IntoFuture();
    }
  }
  bool PollOnce(Context& context) {
    Poll<R> poll = future_.poll(context);
    if (poll.pending()) return false;
    answer_.emplace(std::move(poll).value());
    return true;
  }
  static bool PollLeaf(LeafAwait* leaf, Context& context) {
    auto* self = static_cast<TryFutureAwaiter*>(leaf);
#if ZOKIO_EXCEPTIONS
    try {
      if (!self->PollOnce(context)) return false;
    } catch (...) {
      self->exception_ = std::current_exception();
      return true;
    }
#else
    if (!self->PollOnce(context)) return false;
#endif
    if (!self->answer_->ok()) {
      self->continuation = self->promise_->FailWith(Traits::TakeFailure(*self->answer_));
    }
    return true;
  }
  static bool CancelLeaf(LeafAwait* leaf, Context& context) noexcept {
    return PollCancel(static_cast<TryFutureAwaiter*>(leaf)->future_, context).ready();
  }
  static constexpr LeafVtable kVtable{&PollLeaf, AsyncCancellable<F> ? &CancelLeaf : nullptr,
                                      AwaitedName<F>()};

  Held future_;
  PromiseOf<T>* promise_;
  std::optional<R> answer_;
#if ZOKIO_EXCEPTIONS
  std::exception_ptr exception_;
#endif
};

// Awaits a Task<U> inside a Task<T>: no leaf, no poll, as a plain co_await on a task.
template <typename T, typename U>
class TryTaskAwaiter : private TryLink {
  using Traits = TryTraits<U>;
  static_assert(Traits::kFallible, "Try: what is awaited cannot fail; a plain co_await will do");
  static_assert(CanHandOn<T, U>, "Try: this task's result cannot be made from that error");

 public:
  TryTaskAwaiter(Task<U>&& task, PromiseOf<T>* promise)
      : task_(std::move(task)), promise_(promise) {
    ZOKIO_CHECK(static_cast<bool>(task_), "co_await of a task that was awaited or moved from");
    fail = &Fail;
  }
  TryTaskAwaiter(TryTaskAwaiter&&) = delete;  // the awaited task's promise points here

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
    auto child = TaskHandle<U>::from_address(TaskAccess::Frame(task_));
    TaskAccess::SetParent<U>(child, TaskAccess::Root(promise_), parent);
    child.promise().try_link_ = this;
    return child;
  }
  typename Traits::Value await_resume() {
    U result = TaskAccess::Finish(std::move(task_));
    return Traits::TakeValue(result);
  }

 private:
  static std::coroutine_handle<> Fail(TryLink* link) noexcept {
    auto* self = static_cast<TryTaskAwaiter*>(link);
    // The awaited task's frame is inside its last suspension right now; it dies with this one's.
    U result = TaskBlock<U>::SlotOfFrame(TaskAccess::Frame(self->task_))->Take();
    return self->promise_->FailWith(Traits::TakeFailure(result));
  }

  Task<U> task_;
  PromiseOf<T>* promise_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_TRY_AWAIT_H_
