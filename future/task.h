// Task<T>: a coroutine that yields a T.
//
//   zokio::Task<int> Twice(int x) { co_return 2 * x; }
//   zokio::Task<int> Caller() { co_return co_await Twice(21); }
//
// Lazy: nothing runs until it is awaited, spawned or polled. `co_await` on a Task starts it in
// place and returns to the parent without the scheduler (symmetric transfer); `co_await` on any
// other future suspends until its waker is called, and a wake polls that future only, however
// deep it stands.
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
#include "future/future.h"
#include "future/leaf_await.h"
#include "future/task_block.h"

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
  TaskAwaiter(Task<T>&& task, TaskRoot* root) : task_(std::move(task)), root_(root) {}

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept;
  T await_resume();

 private:
  Task<T> task_;
  TaskRoot* root_;
};

class PromiseBase {
 public:
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      return self.promise().continuation_;
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  // A Task is started in place; an lvalue must be moved, because awaiting consumes it.
  template <typename T>
  TaskAwaiter<T> await_transform(Task<T>&& task) {
    return TaskAwaiter<T>(std::move(task), root_);
  }
  template <typename T>
  void await_transform(Task<T>&) = delete;  // awaiting consumes: co_await std::move(task)

  // A future of this frame, be it a variable or a temporary, is polled where it is.
  template <typename F>
    requires Future<std::remove_cvref_t<F>>
  auto await_transform(F&& future) {
    return FutureAwaiter<std::remove_reference_t<F>&>(future, root_);
  }
  template <typename A>
    requires(!Future<std::remove_cvref_t<A>> && !kIsTask<std::remove_cvref_t<A>> &&
             ConvertsIntoFuture<A>)
  auto await_transform(A&& awaitable) {
    return FutureAwaiter<FutureOf<A>>(std::forward<A>(awaitable).IntoFuture(), root_);
  }
  template <typename A>
    requires(!IntoFuture<A>)
  auto await_transform(A&&) {
    static_assert(HasPollMember<std::remove_cvref_t<A>>,
                  "co_await: this is not a future; it lacks `Poll<T> poll(Context&)`");
    static_assert(!HasPollMember<std::remove_cvref_t<A>>,
                  "co_await: this is not a future; its poll(Context&) must return Poll<T>");
    return std::suspend_never{};
  }

 private:
  friend struct TaskAccess;
  friend struct FinalAwaiter;

  TaskRoot* root_ = nullptr;
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

template <typename T>
class Promise;

template <typename T>
using TaskHandle = std::coroutine_handle<Promise<T>>;

// The part that knows T and where the result goes.
template <typename T>
class PromiseOf : public PromiseBase {
 public:
  static void* operator new(size_t frame_bytes) { return TaskBlock<T>::Allocate(frame_bytes); }
  static void operator delete(void* frame, size_t frame_bytes) {
    TaskBlock<T>::FrameGone(frame, frame_bytes);
  }

  Task<T> get_return_object();

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
  template <typename U>
    requires std::is_constructible_v<T, U>
  void return_value(U&& value) {
    this->Slot()->Emplace(std::forward<U>(value));
  }
};

template <typename T>
class Promise<T&> final : public PromiseOf<T&> {
 public:
  void return_value(T& value) { this->Slot()->Emplace(std::addressof(value)); }
};

template <>
class Promise<void> final : public PromiseOf<void> {
 public:
  void return_void() { Slot()->Emplace(); }
};

}  // namespace internal

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::Promise<T>;
  using value_type = T;

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      Drop();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~Task() { Drop(); }

  // False once it was awaited, spawned or moved from.
  explicit operator bool() const { return frame_ != nullptr; }

  // This task as a future that anything may poll: what combinators use.
  TaskFuture<T> IntoFuture() && { return TaskFuture<T>(std::move(*this)); }

 private:
  friend struct internal::TaskAccess;

  explicit Task(void* frame) : frame_(frame) {}

  void Drop() {
    void* frame = std::exchange(frame_, nullptr);
    if (frame == nullptr) return;
    internal::TaskHandle<T>::from_address(frame).destroy();
    internal::TaskBlock<T>::SlotOfFrame(frame)->Destroy();
    internal::TaskBlock<T>::Free(frame);
  }

  void* frame_;
};

namespace internal {

// The doors that Task and its promise open to the rest of this package.
struct TaskAccess {
  template <typename T>
  static Task<T> Adopt(void* frame) {
    return Task<T>(frame);
  }
  template <typename T>
  static void* Frame(const Task<T>& task) {
    return task.frame_;
  }
  template <typename T>
  static void* Release(Task<T>&& task) {
    return std::exchange(task.frame_, nullptr);
  }
  template <typename T>
  static void SetRoot(TaskHandle<T> handle, TaskRoot* root) {
    handle.promise().root_ = root;
  }
  template <typename T>
  static void SetContinuation(TaskHandle<T> handle, std::coroutine_handle<> continuation) {
    handle.promise().continuation_ = continuation;
  }
};

template <typename T>
Task<T> PromiseOf<T>::get_return_object() {
  void* frame = TaskHandle<T>::from_promise(static_cast<Promise<T>&>(*this)).address();
  // The block in front of the frame must exist, so the compiler may not put the frame on the
  // caller's stack: it does that only for frames whose handle it can follow.
  asm volatile("" : "+r"(frame));
  TaskBlock<T>::SlotOfFrame(frame)->MarkOwned();
  return TaskAccess::Adopt<T>(frame);
}

template <typename T>
std::coroutine_handle<> TaskAwaiter<T>::await_suspend(std::coroutine_handle<> parent) noexcept {
  auto child = TaskHandle<T>::from_address(TaskAccess::Frame(task_));
  TaskAccess::SetRoot<T>(child, root_);
  TaskAccess::SetContinuation<T>(child, parent);
  return child;
}

template <typename T>
T TaskAwaiter<T>::await_resume() {
  return TaskBlock<T>::SlotOfFrame(TaskAccess::Frame(task_))->Take();
}

}  // namespace internal

// A Task polled by hand or by a combinator: a root of its own, with a leaf of its own.
//
// Cancellation: dropping it destroys the frame. One that was polled and is pending is withdrawn
//   first by `poll_cancel`, which waits for scopes inside it to join their children.
template <typename T>
class [[nodiscard]] TaskFuture {
 public:
  explicit TaskFuture(Task<T> task) : task_(std::move(task)) {}
  // Movable until its first poll.
  TaskFuture(TaskFuture&& other) noexcept : task_(std::move(other.task_)) {
    ZOKIO_DCHECK(other.root_.leaf == nullptr, "a task was moved after its first poll");
  }

  Poll<T> poll(Context& context) {
    ZOKIO_DCHECK(static_cast<bool>(task_), "a task was polled after it was ready");
    void* frame = internal::TaskAccess::Frame(task_);
    auto handle = internal::TaskHandle<T>::from_address(frame);
    internal::TaskAccess::SetRoot<T>(handle, &root_);
    if (!internal::ResumeRoot(root_, handle, context)) return kPending;
    Task<T> ended = std::move(task_);  // the frame dies before the result is handed on
    if constexpr (std::is_void_v<T>) {
      internal::TaskBlock<T>::SlotOfFrame(frame)->Take();
      return kReady;
    } else {
      return Poll<T>(internal::TaskBlock<T>::SlotOfFrame(frame)->Take());
    }
  }

  Poll<void> poll_cancel(Context& context) {
    if (!task_ || internal::CancelRoot(root_, context)) {
      if (task_) Task<T> dropped = std::move(task_);
      root_.leaf = nullptr;
      return kReady;
    }
    return kPending;
  }

 private:
  Task<T> task_;
  TaskRoot root_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_H_
