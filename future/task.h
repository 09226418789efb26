// Task<T>: a coroutine that yields a T.
//
//   zokio::Task<int> Twice(int x) { co_return 2 * x; }
//   zokio::Task<int> Caller() { co_return co_await Twice(21); }
//
// Lazy: nothing runs until it is awaited, spawned or polled. `co_await` on a Task starts it in
// place and returns to the parent without the scheduler (symmetric transfer); `co_await` on any
// other future suspends until its waker is called, and a wake polls that future only, however
// deep it stands. What has an `operator co_await` of its own (other libraries' tasks) is awaited by
// way of foreign_await.h; `co_await Try(...)` hands errors on (try.h).
//
// Ownership: a Task owns its frame. Move-only; awaiting and spawning consume it: an lvalue is
//   awaited as `co_await std::move(task)`.
// Thread-safety: one thread at a time; a spawned task may move between polls.
// Cancellation: dropping a Task that has not ended destroys its frame and with it all it awaits.
// Errors: an exception that leaves the body is kept and rethrown where the task is awaited.
// Cost: one pooled block per task; creating, awaiting and destroying one is below 10 ns.
//
// Parameters are copied or moved into the frame, so pass values. Do not make a Task from a lambda
// with captures unless the lambda outlives it: the captures live in the lambda, not in the frame.
// `Spawn`, `BlockOn` and `WithScope` take a callable with its arguments and keep both.
#ifndef ZOKIO_FUTURE_TASK_H_
#define ZOKIO_FUTURE_TASK_H_

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/exceptions.h"
#include "future/foreign_await.h"
#include "future/future.h"
#include "future/leaf_await.h"
#include "future/task_block.h"
#include "future/try.h"

// Task is a pointer, and passed as one.
#ifdef __clang__
#define ZOKIO_TRIVIAL_ABI clang::trivial_abi
#else
#define ZOKIO_TRIVIAL_ABI
#endif

namespace zokio {

template <typename T = void>
class Task;
template <typename T>
class TaskFuture;

template <typename A>
inline constexpr bool kIsTask = false;
template <typename T>
inline constexpr bool kIsTask<Task<T>> = true;

namespace internal {

struct TaskAccess;

// What an awaited Task does in its parent's frame: owns the child, starts it, takes its result.
template <typename T>
class TaskAwaiter {
 public:
  explicit TaskAwaiter(Task<T>&& task) : task_(std::move(task)) {
    ZOKIO_CHECK(static_cast<bool>(task_), "co_await of a task that was awaited or moved from");
  }

  bool await_ready() const noexcept { return false; }
  template <typename P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> parent) noexcept;
  T await_resume();

 private:
  Task<T> task_;
};

template <typename A>
concept AwaitableInPlace =
    requires(A&& awaitable, TaskRoot* root) { std::forward<A>(awaitable).AwaitInPlace(root); };

class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      return self.promise().Next();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  // A Task is started in place; an lvalue must be moved, because awaiting consumes it.
  template <typename T>
  TaskAwaiter<T> await_transform(Task<T>&& task) {
    return TaskAwaiter<T>(std::move(task));
  }
  template <typename T>
  void await_transform(Task<T>&) = delete;  // awaiting consumes: co_await std::move(task)

  // A future of this frame, be it a variable or a temporary, is polled where it is.
  template <typename F>
    requires(Future<std::remove_cvref_t<F>> && !AwaitableInPlace<F>)
  auto await_transform(F&& future) {
    static_assert(!std::is_const_v<std::remove_reference_t<F>>,
                  "co_await: a future is changed by polling it, so it cannot be const");
    return FutureAwaiter<std::remove_reference_t<F>&>(future, root_);
  }
  template <typename A>
    requires(!Future<std::remove_cvref_t<A>> && !kIsTask<std::remove_cvref_t<A>> &&
             ConvertsIntoFuture<A>)
  auto await_transform(A&& awaitable) {
    return FutureAwaiter<FutureOf<A>>(std::forward<A>(awaitable).IntoFuture(), root_);
  }
  // What runs other coroutines in place of this one (a fork): it has an awaiter of its own.
  template <AwaitableInPlace A>
  auto await_transform(A&& awaitable) {
    return std::forward<A>(awaitable).AwaitInPlace(root_);
  }
  // What only the language knows how to await.
  template <typename A>
    requires(!IntoFuture<A> && !kIsTask<std::remove_cvref_t<A>> &&
             !kIsTryAwaitable<std::remove_cvref_t<A>> && ForeignAwaitable<A>)
  auto await_transform(A&& awaitable) {
    return FutureAwaiter<ForeignFuture<A>>(ForeignFuture<A>(std::forward<A>(awaitable)), root_);
  }
  template <typename A>
    requires(!IntoFuture<A> && !kIsTryAwaitable<std::remove_cvref_t<A>> && !ForeignAwaitable<A> &&
             !AwaitableInPlace<A>)
  auto await_transform(A&&) {
    static_assert(HasPollMember<std::remove_cvref_t<A>>,
                  "co_await: this is not a future; it lacks `Poll<T> poll(Context&)`");
    static_assert(!HasPollMember<std::remove_cvref_t<A>>,
                  "co_await: this is not a future; its poll(Context&) must return Poll<T>");
    return std::suspend_never{};
  }

 protected:
  friend struct TaskAccess;

  // Both are set when the body is started, and not before: stores are what a short life costs.
  PromiseBase() {}  // NOLINT(modernize-use-equals-default): as said
  TaskRoot* root_;
  Continuation continuation_;
};

template <typename T>
class Promise;

template <typename T>
using TaskHandle = std::coroutine_handle<Promise<T>>;

template <typename T, typename A>
class TryFutureAwaiter;
template <typename T, typename U>
class TryTaskAwaiter;

// Only a task whose result may be an error is awaited by Try.
template <bool kFallible>
struct TryLinkOf {
  TryLink* try_link_ = nullptr;
};
template <>
struct TryLinkOf<false> {};

// The part that knows T and where the result goes.
template <typename T>
class PromiseOf : public PromiseBase, public TryLinkOf<TryTraits<T>::kFallible> {
 public:
  static void* operator new(size_t frame_bytes) { return TaskBlock<T>::Allocate(frame_bytes); }
  static void operator delete(void* frame, size_t frame_bytes) {
    TaskBlock<T>::FrameGone(frame, frame_bytes);
  }

  Task<T> get_return_object();

  using PromiseBase::await_transform;
  template <typename A>
    requires kIsTask<std::remove_cvref_t<A>>
  auto await_transform(TryAwaitable<A>&& attempt) {
    using U = typename std::remove_cvref_t<A>::value_type;
    return TryTaskAwaiter<T, U>(std::forward<A>(attempt.awaitable), this);
  }
  template <typename A>
    requires(IntoFuture<A> && !kIsTask<std::remove_cvref_t<A>>)
  auto await_transform(TryAwaitable<A>&& attempt) {
    return TryFutureAwaiter<T, A>(std::forward<A>(attempt.awaitable), this);
  }

  // What runs once this body has ended: whoever awaits it, or, when that one did so by Try and this
  // result is an error, whoever awaits that one.
  std::coroutine_handle<> Next() noexcept {
    if constexpr (TryTraits<T>::kFallible) {
      if (this->try_link_ != nullptr && Slot()->state() == SlotState::kValue &&
          !Slot()->value().ok()) {
        return this->try_link_->fail(this->try_link_);
      }
    }
    return this->continuation_.Next();
  }
  // Ends the body where it is suspended.
  template <typename Failure>
  std::coroutine_handle<> FailWith(Failure&& failure) noexcept {
    Slot()->Emplace(std::forward<Failure>(failure));
    return Next();
  }

  void unhandled_exception() {
#if ZOKIO_EXCEPTIONS
    Slot()->SetException(std::current_exception());
#endif
  }

 protected:
  ResultSlot<T>* Slot() {
    return TaskBlock<T>::SlotOfFrame(
        TaskHandle<T>::from_promise(static_cast<Promise<T>&>(*this)).address());
  }
};

template <typename T>
class Promise final : public PromiseOf<T> {
 public:
  template <typename U = T>
    requires std::is_constructible_v<T, U>
  void return_value(U&& value) {
    this->Slot()->Emplace(std::forward<U>(value));
  }
};

template <typename T>
class Promise<T&> final : public PromiseOf<T&> {
 public:
  void return_value(T& value) { this->Slot()->Emplace(std::addressof(value)); }
  // A variable or a temporary of the body is gone when the caller looks at it.
  void return_value(const T&& local) = delete;
};

template <>
class Promise<void> final : public PromiseOf<void> {
 public:
  void return_void() { Slot()->Emplace(); }
};

}  // namespace internal

template <typename T>
class [[nodiscard, ZOKIO_TRIVIAL_ABI]] Task {
 public:
  using promise_type = internal::Promise<T>;
  using value_type = T;

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      void* old = std::exchange(frame_, std::exchange(other.frame_, nullptr));
      if (old != nullptr) DropFrame(old);
    }
    return *this;
  }
  ~Task() {
    if (frame_ != nullptr) DropFrame(frame_);
  }

  // False once it was awaited, spawned or moved from.
  explicit operator bool() const { return frame_ != nullptr; }

  // This task as a future that anything may poll: what combinators use.
  TaskFuture<T> IntoFuture() && { return TaskFuture<T>(std::move(*this)); }

 private:
  friend struct internal::TaskAccess;

  explicit Task(void* frame) : frame_(frame) {}

  // Apart: a task that was awaited has nothing to drop.
  [[gnu::noinline]] static void DropFrame(void* frame) {
    internal::TaskHandle<T>::from_address(frame).destroy();
    internal::TaskBlock<T>::SlotOfFrame(frame)->Destroy();
    internal::TaskBlock<T>::Free(frame);
  }

  void* frame_;
};

}  // namespace zokio

#include "future/task_access.h"  // IWYU pragma: export

#endif  // ZOKIO_FUTURE_TASK_H_
