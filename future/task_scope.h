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
// WithScope(ScopeLimit(8), body): at most 8 children are past their start at a time; the others
// wait. WithTryScope(body): a scope whose children may fail: see TryTaskScope.
//
// Children see the local values of the task that awaits the scope.
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
#include <optional>
#include <utility>

#include "base/exceptions.h"
#include "base/mutex.h"
#include "base/result.h"
#include "future/child.h"
#include "future/oneshot.h"
#include "future/polled_once.h"
#include "future/semaphore.h"
#include "future/spawn.h"
#include "future/task.h"

namespace zokio {

// How many children of a scope may run at once.
struct ScopeLimit {
  explicit ScopeLimit(uint32_t limit) : children_max(limit) {}
  uint32_t children_max;
};

class TaskScope {
 public:
  TaskScope() = default;
  explicit TaskScope(ScopeLimit limit) : limit_(std::in_place, limit.children_max) {}
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
  virtual ~TaskScope();

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

  // As Spawn, for a child whose result somebody awaits: kClosed if it was cancelled.
  template <typename T>
  OneshotReceiver<T> SpawnWithResult(Task<T> task) {
    OneshotChannel<T> channel = MakeOneshot<T>();
    Spawn(SendResult(std::move(task), std::move(channel.sender)));
    return std::move(channel.receiver);
  }
  // As Spawn, with a name for tracers and dumps: a string literal.
  template <typename T>
  void SpawnNamed(const char* name, Task<T> task,
                  std::source_location site = std::source_location::current()) {
    Node* node = MakeNode();
    StartChild(RunChild(Membership(node), std::move(task)), node, {name, site});
  }

  // Asks every child to end, those spawned later included. Idempotent.
  void Cancel();

  // Children that have not ended. May be stale when read.
  size_t live() const;

 protected:
  // A child failed: the scope ends with this error, unless it ends with an earlier one.
  void FailWith(Error error);

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
    SemaphorePermit permit;  // given back before the membership is
    if (auto& limit = membership.scope()->limit_) permit = co_await limit->Acquire();
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
  template <typename T>
  static Task<void> SendResult(Task<T> task, OneshotSender<T> sender) {
    std::move(sender).Send(co_await std::move(task));
  }

  Node* MakeNode();
  void StartChild(Task<void> child, Node* node, internal::TaskOrigin origin = {});
  static void Leave(Node* node);
  void Fail(std::exception_ptr exception);

  static void Link(Node** head, Node* node);
  static void Unlink(Node* node);

  // The awaiting side. True when no child is live. `waker` will be called when the last one has
  // ended, or one failed.
  bool PollEmpty(const Waker& waker);
  bool failed() const;
  std::exception_ptr TakeFailure();
  std::optional<Error> error() const;
  // The first poll: on which executor children run, and what they see.
  void Attach(const Context& context) {
    if (executor_ != nullptr) return;
    locals_ = TaskLocals::Retain(context.locals());
    executor_ = context.executor();
  }

  mutable Mutex mutex_;
  Node* nodes_ = nullptr;       // started children
  Node* cancelling_ = nullptr;  // those that were asked to end
  size_t live_ = 0;
  bool cancelled_ = false;
  // Constant from the first poll on, before which there are no children.
  Executor* executor_ = nullptr;
  TaskLocals* locals_ = nullptr;
  std::optional<Semaphore> limit_;
  std::exception_ptr failure_;
  std::optional<Error> error_;
  Waker waker_;
};

// A scope whose children may fail: the first error, of the body or of a child started by
// SpawnOrFail, cancels all others and is what the scope yields, once they have ended.
class TryTaskScope : public TaskScope {
 public:
  using TaskScope::TaskScope;

  template <typename T>
  void SpawnOrFail(Task<Result<T>> task) {
    Spawn(Report(this, std::move(task)));
  }

 private:
  template <typename T>
  static Task<void> Report(TryTaskScope* scope, Task<Result<T>> task) {
    Result<T> result = co_await std::move(task);
    if (!result.ok()) scope->FailWith(result.error());
  }
};

template <typename T>
class [[nodiscard]] ScopeFuture {
 public:
  ScopeFuture(std::unique_ptr<TaskScope> scope, bool try_scope, Task<T> body)
      : scope_(std::move(scope)), try_scope_(try_scope), body_(std::move(body).IntoFuture()) {}
  ScopeFuture(ScopeFuture&&) noexcept = default;

  Poll<T> poll(Context& context) {
    once_.Check("a scope was polled after it was ready");
    scope_->Attach(context);
    // Registered first, so that a child's failure during the body's poll is not missed.
    bool empty = scope_->PollEmpty(context.waker());
    if (body_.running() && !scope_->failed()) {
      if (body_.Poll(context) && BodyFailed()) scope_->Cancel();
      empty = false;  // the body may have spawned
    }
    if (scope_->failed()) {
      scope_->Cancel();
      body_.Cancel(context);
    }
    if (body_.running()) return kPending;
    if (!empty && !scope_->PollEmpty(context.waker())) return kPending;
    once_.Answered();
#if ZOKIO_EXCEPTIONS
    if (auto failure = scope_->TakeFailure(); failure && !body_.failed()) {
      std::rethrow_exception(std::move(failure));
    }
#endif
    if constexpr (kIsResult<T>) {
      // A body that was withdrawn for the error has no answer of its own.
      if (auto error = scope_->error(); error && !(body_.has_result() && BodyFailed())) {
        return Poll<T>(*error);
      }
    }
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
  bool BodyFailed() const {
    if (body_.failed()) return true;
    if constexpr (kIsResult<T>) return try_scope_ && !body_.peek().ok();
    return false;
  }

  std::unique_ptr<TaskScope> scope_;
  bool try_scope_;
  internal::PolledOnce once_;
  internal::Child<TaskFuture<T>> body_;
};

namespace internal {

template <typename Scope, typename Callable, typename... Args>
auto MakeScope(std::unique_ptr<Scope> scope, Callable&& body, Args&&... args) {
  auto task =
      InvokeInFrame<std::decay_t<Callable>, std::reference_wrapper<Scope>, std::decay_t<Args>...>(
          std::forward<Callable>(body), std::ref(*scope), std::forward<Args>(args)...);
  using T = typename decltype(task)::value_type;
  return ScopeFuture<T>(std::move(scope), std::is_same_v<Scope, TryTaskScope>, std::move(task));
}

}  // namespace internal

// Runs `body(scope, args...)`, a coroutine, with a scope of its own. The callable and its arguments
// are moved into the body's frame.
template <typename Callable, typename... Args>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, ScopeLimit>)
auto WithScope(Callable&& body, Args&&... args) {
  return internal::MakeScope(std::make_unique<TaskScope>(), std::forward<Callable>(body),
                             std::forward<Args>(args)...);
}
template <typename Callable, typename... Args>
auto WithScope(ScopeLimit limit, Callable&& body, Args&&... args) {
  return internal::MakeScope(std::make_unique<TaskScope>(limit), std::forward<Callable>(body),
                             std::forward<Args>(args)...);
}

// The same with a TryTaskScope; `body` gives a Task<Result<T>>.
template <typename Callable, typename... Args>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, ScopeLimit>)
auto WithTryScope(Callable&& body, Args&&... args) {
  return internal::MakeScope(std::make_unique<TryTaskScope>(), std::forward<Callable>(body),
                             std::forward<Args>(args)...);
}
template <typename Callable, typename... Args>
auto WithTryScope(ScopeLimit limit, Callable&& body, Args&&... args) {
  return internal::MakeScope(std::make_unique<TryTaskScope>(limit), std::forward<Callable>(body),
                             std::forward<Args>(args)...);
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_SCOPE_H_
