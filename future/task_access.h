// TaskAccess: the doors that Task and its promise open to the rest of this package, and what a
// promise needs of it. Included by task.h; not for direct use.
#ifndef ZOKIO_FUTURE_TASK_ACCESS_H_
#define ZOKIO_FUTURE_TASK_ACCESS_H_

#include <coroutine>
#include <type_traits>
#include <utility>

#include "future/leaf_await.h"
#include "future/task.h"
#include "future/task_block.h"

namespace zokio::internal {

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
  // `handle` is the outermost coroutine under `root`.
  template <typename T>
  static void SetRoot(TaskHandle<T> handle, TaskRoot* root) {
    handle.promise().root_ = root;
    handle.promise().continuation_ = Continuation::Root();
  }
  // `handle` runs under `root` and returns to `continuation`.
  template <typename T>
  static void SetParent(TaskHandle<T> handle, TaskRoot* root,
                        std::coroutine_handle<> continuation) {
    handle.promise().root_ = root;
    handle.promise().continuation_ = Continuation(continuation);
  }
  static TaskRoot* Root(PromiseBase* promise) { return promise->root_; }
  // Of any Task's frame: a promise begins with its PromiseBase, whatever T is.
  static PromiseBase& BaseOf(void* frame) {
    static_assert(alignof(Promise<void>) == alignof(PromiseBase));
    return std::coroutine_handle<PromiseBase>::from_address(frame).promise();
  }
  // Has `frame` run under `root`; `link` is asked what goes on at its end.
  static std::coroutine_handle<> Link(void* frame, TaskRoot* root, EndLink* link) {
    PromiseBase& promise = BaseOf(frame);
    promise.root_ = root;
    promise.continuation_ = Continuation(link);
    return std::coroutine_handle<>::from_address(frame);
  }
  // Runs `frame` under `root` by a call, which returns when its body has ended or waits. What waits
  // is then to be given a Link, before anybody resumes it.
  static void RunNested(void* frame, TaskRoot* root) {
    PromiseBase& promise = BaseOf(frame);
    promise.root_ = root;
    promise.continuation_ = Continuation::Root();
    std::coroutine_handle<>::from_address(frame).resume();
  }
  static const Continuation& ContinuationOf(void* frame) { return BaseOf(frame).continuation_; }
  // The body has ended: hands on the result, destroying the frame, which takes its block with it.
  template <typename T>
  static T Finish(Task<T>&& task) {
    void* frame = Release(std::move(task));
    ResultSlot<T>* slot = TaskBlock<T>::SlotOfFrame(frame);
    if constexpr (std::is_void_v<T>) {
      if (slot->state() == SlotState::kValue) [[likely]]
        return EndFrame<T>(frame);
    } else if constexpr (!std::is_reference_v<T> && std::is_nothrow_move_constructible_v<T>) {
      // Without a guard: what it holds would be stored in the awaiting frame.
      if (slot->state() == SlotState::kValue) [[likely]] {
        T value(std::move(slot->value()));
        EndFrame<T>(frame);
        return value;
      }
    }
    return FinishGuarded<T>(frame);
  }
  // Destroys a frame, which takes its block with it.
  template <typename T>
  static void EndFrame(void* frame) noexcept {
    TaskBlock<T>::SlotOfFrame(frame)->Disown();
    TaskHandle<T>::from_address(frame).destroy();
  }
  template <typename T>
  [[gnu::noinline]] static T FinishGuarded(void* frame) {
    struct Guard {
      void* frame;
      ~Guard() { EndFrame<T>(frame); }
    } guard{frame};
    return TaskBlock<T>::SlotOfFrame(frame)->Take();
  }
};

bool CancelLinks(std::coroutine_handle<> suspended, Context& context) noexcept {
  bool done = true;
  const Continuation* next = &TaskAccess::ContinuationOf(suspended.address());
  while (!next->root()) {
    std::coroutine_handle<> outer;
    if (next->is_link()) {
      done = next->Link()->poll_cancel(next->Link(), context) && done;
      outer = next->Link()->parent;
    } else {
      outer = next->Coroutine();
    }
    next = &TaskAccess::ContinuationOf(outer.address());
  }
  return done;
}

bool HasLinks(std::coroutine_handle<> suspended) noexcept {
  const Continuation* next = &TaskAccess::ContinuationOf(suspended.address());
  while (!next->is_link()) next = &TaskAccess::ContinuationOf(next->Coroutine().address());
  return !next->root();
}

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
template <typename P>
std::coroutine_handle<> TaskAwaiter<T>::await_suspend(std::coroutine_handle<P> parent) noexcept {
  auto child = TaskHandle<T>::from_address(TaskAccess::Frame(task_));
  TaskAccess::SetParent<T>(child, TaskAccess::Root(&parent.promise()), parent);
  return child;
}

template <typename T>
T TaskAwaiter<T>::await_resume() {
  return TaskAccess::Finish(std::move(task_));
}

}  // namespace zokio::internal

// What needs all of this.
#include "future/task_future.h"  // IWYU pragma: export
#include "future/try_await.h"    // IWYU pragma: export

#endif  // ZOKIO_FUTURE_TASK_ACCESS_H_
