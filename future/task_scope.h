// WithScope, TaskScope: structured concurrency. Children cannot outlive their scope.
//
//   co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
//     while (auto stream = co_await listener.Accept()) scope.Spawn(Serve(*std::move(stream)));
//   });
//
// `co_await WithScope(body)` ends when the body and every child have ended, and yields what the
// body returned. The body may use the caller's variables by reference, and children those of the
// body's caller: all of them are joined before the awaiting frame goes on.
//
// Errors: the first exception, of the body or of a child, cancels all others, and is rethrown once
//   they have ended.
// Cancellation: cancelling the awaiting task cancels body and children and waits for their end
//   (`poll_cancel`); only then is the frame dropped. `scope.Cancel()` cancels the children, and all
//   that are spawned later, and lets the body run.
// Thread-safety: Spawn and Cancel from the body and from children, on any thread.
// Cost: two pooled blocks per scope, per child its task and two small ones; a short lock.
#ifndef ZOKIO_FUTURE_TASK_SCOPE_H_
#define ZOKIO_FUTURE_TASK_SCOPE_H_

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "base/exceptions.h"
#include "base/mutex.h"
#include "future/child.h"
#include "future/spawn.h"
#include "future/task.h"

namespace zokio {

class TaskScope {
 public:
  TaskScope() = default;
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
  ~TaskScope();

  // Starts a child on the executor of the task that awaits the scope. Its result is dropped.
  template <typename T>
  void Spawn(Task<T> task) {
    Node* node = MakeNode();
    StartChild(RunChild(Membership(node), std::move(task)), node);
  }
  template <typename Callable, typename... Args>
    requires internal::TaskCallable<Callable, Args...>
  void Spawn(Callable&& callable, Args&&... args) {
    Spawn(MakeTask(std::forward<Callable>(callable), std::forward<Args>(args)...));
  }

  // Asks every child to end, those spawned later included. Idempotent.
  void Cancel();

  // Children that have not ended. May be stale when read.
  size_t live() const;

 private:
  template <typename T>
  friend class ScopeFuture;

  // A child's entry in the scope's list, until its frame is destroyed.
  struct Node {
    TaskScope* scope = nullptr;
    TaskHeader* task = nullptr;  // one reference; null until it is started
    Node** link = nullptr;       // what points to this node
    Node* next = nullptr;
  };
  // Lives in the child's frame as its first parameter, so it dies last: the child's own memory is
  // gone when the scope hears of it.
  class Membership {
   public:
    explicit Membership(Node* node) : node_(node) {}
    Membership(Membership&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Membership& operator=(Membership&&) = delete;
    ~Membership() {
      if (node_ != nullptr) Leave(node_);
    }
    TaskScope* scope() const { return node_->scope; }

   private:
    Node* node_;
  };

  template <typename T>
  static Task<void> RunChild([[maybe_unused]] Membership membership, Task<T> child) {
#if ZOKIO_EXCEPTIONS
    try {
      co_await std::move(child);
    } catch (...) {
      membership.scope()->Fail(std::current_exception());
    }
#else
    co_await std::move(child);
#endif
  }

  Node* MakeNode();
  void StartChild(Task<void> child, Node* node);
  static void Leave(Node* node);
  void Fail(std::exception_ptr exception);

  static void Link(Node** head, Node* node);
  static void Unlink(Node* node);

  // The awaiting side. True when no child is live. `waker` will be called when the last one has
  // ended, or one failed.
  bool PollEmpty(const Waker& waker);
  bool failed() const;
  std::exception_ptr TakeFailure();

  mutable Mutex mutex_;
  Node* nodes_ = nullptr;       // started children
  Node* cancelling_ = nullptr;  // those that were asked to end
  size_t live_ = 0;
  bool cancelled_ = false;
  Executor* executor_ = nullptr;
  std::exception_ptr failure_;
  Waker waker_;
};

template <typename T>
class [[nodiscard]] ScopeFuture {
 public:
  ScopeFuture(std::unique_ptr<TaskScope> scope, Task<T> body)
      : scope_(std::move(scope)), body_(std::move(body).IntoFuture()) {}
  ScopeFuture(ScopeFuture&&) noexcept = default;

  Poll<T> poll(Context& context) {
    scope_->executor_ = context.executor();
    // Registered first, so that a child's failure during the body's poll is not missed.
    bool empty = scope_->PollEmpty(context.waker());
    if (body_.running() && !scope_->failed()) {
      if (body_.Poll(context) && body_.failed()) scope_->Cancel();
      empty = false;  // the body may have spawned
    }
    if (scope_->failed()) {
      scope_->Cancel();
      body_.Cancel(context);
    }
    if (body_.running()) return kPending;
    if (!empty && !scope_->PollEmpty(context.waker())) return kPending;
#if ZOKIO_EXCEPTIONS
    if (auto failure = scope_->TakeFailure(); failure && !body_.failed()) {
      std::rethrow_exception(std::move(failure));
    }
#endif
    if constexpr (std::is_void_v<T>) {
      body_.Take();
      return kReady;
    } else {
      return Poll<T>(body_.Take());
    }
  }

  Poll<void> poll_cancel(Context& context) {
    scope_->Cancel();
    bool body_gone = body_.Cancel(context);
    return scope_->PollEmpty(context.waker()) && body_gone ? Poll<void>(kReady)
                                                           : Poll<void>(kPending);
  }

 private:
  std::unique_ptr<TaskScope> scope_;
  internal::Child<TaskFuture<T>> body_;
};

// Runs `body(scope, args...)`, a coroutine, with a scope of its own. The callable and its arguments
// are moved into the body's frame.
template <typename Callable, typename... Args>
auto WithScope(Callable&& body, Args&&... args) {
  auto scope = std::make_unique<TaskScope>();
  TaskScope* raw = scope.get();
  auto task = internal::InvokeInFrame<std::decay_t<Callable>, std::reference_wrapper<TaskScope>,
                                      std::decay_t<Args>...>(
      std::forward<Callable>(body), std::ref(*raw), std::forward<Args>(args)...);
  using T = typename decltype(task)::value_type;
  return ScopeFuture<T>(std::move(scope), std::move(task));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_SCOPE_H_
