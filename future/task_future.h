// TaskFuture: what Task::IntoFuture gives. Included by task.h; not for direct use.
#ifndef ZOKIO_FUTURE_TASK_FUTURE_H_
#define ZOKIO_FUTURE_TASK_FUTURE_H_

#include <type_traits>
#include <utility>

#include "base/check.h"
#include "future/leaf_await.h"
#include "future/task.h"

namespace zokio {

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

  [[gnu::always_inline]] Poll<T> poll(Context& context) {
    ZOKIO_CHECK(static_cast<bool>(task_), "a task was polled after it was ready");
    void* frame = internal::TaskAccess::Frame(task_);
    auto handle = internal::TaskHandle<T>::from_address(frame);
    internal::TaskAccess::SetRoot<T>(handle, &root_);
    internal::ResumeRoot(root_, handle, context);
    if (internal::TaskBlock<T>::SlotOfFrame(frame)->empty()) return kPending;
    if constexpr (std::is_void_v<T>) {
      internal::TaskAccess::Finish(std::move(task_));
      return kReady;
    } else {
      return Poll<T>(internal::TaskAccess::Finish(std::move(task_)));
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

#endif  // ZOKIO_FUTURE_TASK_FUTURE_H_
