// Spawn: starts a task that an executor runs beside its parent.
//
//   auto handle = zokio::Spawn(executor, Compute(42));
//   auto handle = zokio::Spawn(executor, [](Config config) -> zokio::Task<> { ... }, config);
//
// The second form keeps the callable and its arguments, by value, in the task's frame for as long
// as the task lives, as std::thread does: captures are safe there.
//
// Errors: an executor that is shutting down takes no task; the handle then answers kCancelled.
// Cost: no allocation for the first form beyond the task's own block, one queue operation.
#ifndef ZOKIO_FUTURE_SPAWN_H_
#define ZOKIO_FUTURE_SPAWN_H_

#include <functional>
#include <new>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "future/executor.h"
#include "future/join_handle.h"
#include "future/task.h"

namespace zokio {

namespace internal {

template <typename T>
struct SpawnedTask {
  using Block = TaskBlock<T>;

  static TaskHandle<T> Handle(TaskHeader* task) {
    return TaskHandle<T>::from_address(Block::FrameOf(task));
  }
  static bool PollBody(TaskHeader* task, Context& context) {
    ResumeRoot(task->root, Handle(task), context);
    return !Block::SlotOfFrame(Block::FrameOf(task))->empty();
  }
  static bool PollCancelBody(TaskHeader* task, Context& context) {
    return CancelRoot(task->root, context);
  }
  static void DestroyFrame(TaskHeader* task) { Handle(task).destroy(); }
  static void DestroyResult(TaskHeader* task) {
    Block::SlotOfFrame(Block::FrameOf(task))->Destroy();
  }
  static void FreeBlock(TaskHeader* task) {
    void* frame = Block::FrameOf(task);
    task->~TaskHeader();
    Block::Free(frame);
  }
  static constexpr TaskVtable kVtable{&PollBody, &PollCancelBody, &DestroyFrame, &DestroyResult,
                                      &FreeBlock};

  // Builds the header in front of the frame: to be queued, referenced by itself and by the caller,
  // who also takes the result when `flags` has kJoinInterest.
  static TaskHeader* Prepare(Task<T>&& task, Executor& executor, TaskLocals* locals,
                             uint32_t flags) {
    void* frame = TaskAccess::Release(std::move(task));
    auto* header = ::new (Block::HeaderOfFrame(frame))
        TaskHeader{.state = TaskHeader::kQueued + flags + 2 * TaskHeader::kReference,
                   .executor_slot = 0,
                   .vtable = &kVtable,
                   .root = {},
                   .executor = &executor,
                   .locals = TaskLocals::Retain(locals),
                   .join_waker = {}};
    TaskAccess::SetRoot<T>(TaskHandle<T>::from_address(frame), &header->root);
    return header;
  }
};

// Hands a prepared task to its executor, or ends it at once where that takes none.
void StartTask(TaskHeader* task);

// The frame in which a spawned callable lives with its arguments.
template <typename Callable, typename... Args>
std::invoke_result_t<Callable&, Args&&...> InvokeInFrame(Callable callable, Args... args) {
  co_return co_await std::invoke(callable, std::move(args)...);
}

template <typename C, typename... Args>
concept TaskCallable = std::invocable<std::decay_t<C>&, std::decay_t<Args>&&...> &&
                       kIsTask<std::invoke_result_t<std::decay_t<C>&, std::decay_t<Args>&&...>>;

}  // namespace internal

// The task in which `callable(args...)` runs, with both kept in its frame.
template <typename Callable, typename... Args>
  requires internal::TaskCallable<Callable, Args...>
auto MakeTask(Callable&& callable, Args&&... args) {
  return internal::InvokeInFrame<std::decay_t<Callable>, std::decay_t<Args>...>(
      std::forward<Callable>(callable), std::forward<Args>(args)...);
}

// With `locals` the task sees these local values; it gets a share of its own.
template <typename T>
JoinHandle<T> Spawn(Executor& executor, Task<T> task, TaskLocals* locals = nullptr) {
  ZOKIO_CHECK(static_cast<bool>(task), "Spawn of a task that was moved from");
  TaskHeader* header = internal::SpawnedTask<T>::Prepare(std::move(task), executor, locals,
                                                         TaskHeader::kJoinInterest);
  JoinHandle<T> handle(header);
  internal::StartTask(header);
  return handle;
}

template <typename Callable, typename... Args>
  requires internal::TaskCallable<Callable, Args...>
auto Spawn(Executor& executor, Callable&& callable, Args&&... args) {
  return Spawn(executor, MakeTask(std::forward<Callable>(callable), std::forward<Args>(args)...));
}

// As Spawn, with a name for tracers and dumps, which also tell the line that called it. `name` must
// live for ever: a string literal.
template <typename T>
JoinHandle<T> SpawnNamed(Executor& executor, const char* name, Task<T> task,
                         TaskLocals* locals = nullptr,
                         std::source_location site = std::source_location::current()) {
  TaskLocals* named =
      TaskLocals::Prepend(&internal::kTaskOriginKey, internal::TaskOrigin{name, site}, locals);
  JoinHandle<T> handle = Spawn(executor, std::move(task), named);
  TaskLocals::Release(named);
  return handle;
}

// `co_await SpawnChild(task)`: a JoinHandle of `task`, started on the executor that runs the
// awaiting task and with its local values (its cancellation token among them).
template <typename T>
class [[nodiscard]] SpawnChildFuture {
 public:
  explicit SpawnChildFuture(Task<T> task) : task_(std::move(task)) {}
  Poll<JoinHandle<T>> poll(Context& context) {
    ZOKIO_CHECK(static_cast<bool>(task_), "a SpawnChild was polled after it was ready");
    return Spawn(*context.executor(), std::move(task_), context.locals());
  }

 private:
  Task<T> task_;
};

template <typename T>
SpawnChildFuture<T> SpawnChild(Task<T> task) {
  return SpawnChildFuture<T>(std::move(task));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SPAWN_H_
