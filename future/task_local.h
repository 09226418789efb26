// TaskLocal<T>: a value that a task and all that it starts in its scopes can see, without being
// handed it.
//
//   inline constexpr zokio::TaskLocal<std::string> kRequestId;
//   co_await kRequestId.With("r-17", Handle(request));
//   ...
//   const std::string* id = co_await kRequestId.Get();      // null where none was set
//
// `With` holds for the future given to it: for what that awaits, for what it starts by a TaskScope
// or SpawnChild, and for nothing else. The innermost wins.
//
// Ownership: the value lives until the future and all tasks that inherited it have ended; the
//   pointer is valid inside them.
// Thread-safety: tasks on several threads may read it at once; it is const.
// Cost: With one pooled block; Get walks the list of values, no allocation.
#ifndef ZOKIO_FUTURE_TASK_LOCAL_H_
#define ZOKIO_FUTURE_TASK_LOCAL_H_

#include <utility>

#include "future/future.h"
#include "future/polled_once.h"
#include "future/task_locals.h"

namespace zokio {

// A future polled with one local value more.
template <Future F, typename T>
class [[nodiscard]] WithLocalFuture {
 public:
  WithLocalFuture(const void* key, T value, F future)
      : key_(key), value_(std::move(value)), future_(std::move(future)) {}
  // Movable until its first poll.
  WithLocalFuture(WithLocalFuture&& other) noexcept
      : key_(other.key_),
        value_(std::move(other.value_)),
        locals_(std::exchange(other.locals_, nullptr)),
        future_(std::move(other.future_)) {}
  ~WithLocalFuture() { TaskLocals::Release(locals_); }

  Poll<OutputOf<F>> poll(Context& context) {
    once_.Check("a With was polled after it was ready");
    Context inner = Enter(context);
    return once_.Pass(future_.poll(inner));
  }
  Poll<void> poll_cancel(Context& context)
    requires AsyncCancellable<F>
  {
    Context inner = Enter(context);
    return future_.poll_cancel(inner);
  }

 private:
  Context Enter(Context& context) {
    if (locals_ == nullptr) {
      locals_ = TaskLocals::Prepend<T>(key_, std::move(value_), context.locals());
    }
    return context.WithLocals(locals_);
  }

  const void* key_;
  T value_;
  TaskLocals* locals_ = nullptr;
  F future_;
  internal::PolledOnce once_;
};

template <typename T>
class TaskLocal {
 public:
  constexpr TaskLocal() = default;
  TaskLocal(const TaskLocal&) = delete;
  TaskLocal& operator=(const TaskLocal&) = delete;

  template <IntoFuture A>
  auto With(T value, A&& awaitable) const {
    return WithLocalFuture<FutureOf<A>, T>(this, std::move(value),
                                           ToFuture(std::forward<A>(awaitable)));
  }

  // Null where none was set.
  const T* Get(const Context& context) const { return TaskLocals::Find<T>(context.locals(), this); }

  // What stands for it in a TaskLocals list.
  const void* key() const { return this; }

  class [[nodiscard]] GetFuture {
   public:
    explicit GetFuture(const TaskLocal* local) : local_(local) {}
    Poll<const T*> poll(Context& context) noexcept {
      once_.Check("a Get was polled after it was ready");
      return once_.Pass(Poll<const T*>(local_->Get(context)));
    }

   private:
    const TaskLocal* local_;
    internal::PolledOnce once_;
  };
  GetFuture Get() const { return GetFuture(this); }

 private:
  char address_ = 0;  // an object of its own is its key
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_TASK_LOCAL_H_
