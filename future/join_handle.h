// JoinHandle<T>: the result of a spawned task, to be awaited.
//
//   auto handle = zokio::Spawn(executor, Compute());
//   zokio::Result<int> answer = co_await handle;       // an exception of the body is rethrown here
//
// The result is an Error with kCancelled when the task was cancelled before its end.
//
// Ownership: a share of the task's block, and the result once the task ended. Move-only.
// Thread-safety: one thread at a time, any thread.
// Cancellation: a handle that is dropped *cancels* its task (without waiting for its end), so that
//   nothing runs on that nobody wants. `std::move(handle).Detach()` lets it run on its own.
// Cost: no allocation; a poll is one read-modify-write the first time, then a load.
#ifndef ZOKIO_FUTURE_JOIN_HANDLE_H_
#define ZOKIO_FUTURE_JOIN_HANDLE_H_

#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "future/future.h"
#include "future/task_block.h"
#include "future/task_header.h"

namespace zokio {

namespace internal {

// What does not depend on T: the join side of the state word's protocol.
class JoinHandleBase {
 public:
  JoinHandleBase(JoinHandleBase&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  JoinHandleBase& operator=(JoinHandleBase&& other) noexcept;
  ~JoinHandleBase();

  // Asks the task to end. Its handle stays: awaiting it tells which came first.
  void Cancel() {
    if (task_ != nullptr) CancelTask(task_);
  }
  // True when the task ended; its result can be had without waiting.
  bool finished() const {
    return task_ != nullptr &&
           (task_->state.load(memory_order_acquire) & TaskHeader::kComplete) != 0;
  }

 protected:
  explicit JoinHandleBase(TaskHeader* task) : task_(task) {}

  // True when the task ended; else `waker` will be called at its end.
  bool PollComplete(const Waker& waker);
  // Gives up the join interest (and with it an untaken result) and the reference.
  void Drop();

  TaskHeader* task_;
};

}  // namespace internal

template <typename T>
class [[nodiscard]] JoinHandle : public internal::JoinHandleBase {
  static_assert(!std::is_reference_v<T>, "spawn a task that returns a pointer");
  using Block = internal::TaskBlock<T>;

 public:
  // Adopts one reference and the join interest of `task`.
  explicit JoinHandle(TaskHeader* task) : JoinHandleBase(task) {}

  Poll<Result<T>> poll(Context& context) {
    ZOKIO_CHECK(task_ != nullptr, "a JoinHandle was polled after it was ready, or moved from");
    // A loop of spawn and join on an executor that takes no task must not keep its thread for ever.
    if (!context.SpendBudget()) return kPending;
    if (!PollComplete(context.waker())) return kPending;
    internal::ResultSlot<T>* slot = Block::SlotOfFrame(Block::FrameOf(task_));
    // However Take ends, the handle is used up.
    struct Guard {
      JoinHandle* handle;
      ~Guard() { handle->Drop(); }
    } guard{this};
    if (slot->state() == internal::SlotState::kEmpty) {
      return Result<T>(Error(ErrorCode::kCancelled, "join"));
    }
    if constexpr (std::is_void_v<T>) {
      slot->Take();
      return Result<void>();
    } else {
      return Result<T>(slot->Take());
    }
  }

  // Lets the task run to its end; its result is dropped there.
  void Detach() && { Drop(); }
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_JOIN_HANDLE_H_
