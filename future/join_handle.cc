#include "future/join_handle.h"

namespace zokio::internal {

using H = TaskHeader;

JoinHandleBase& JoinHandleBase::operator=(JoinHandleBase&& other) noexcept {
  if (this != &other) {
    Cancel();
    Drop();
    task_ = std::exchange(other.task_, nullptr);
  }
  return *this;
}

JoinHandleBase::~JoinHandleBase() {
  Cancel();
  Drop();
}

bool JoinHandleBase::PollComplete(const Waker& waker) {
  uint32_t state = task_->state.load(memory_order_acquire);
  if ((state & H::kComplete) != 0) return true;
  if ((state & H::kJoinWaker) != 0) {
    // Both sides may read the waker now; it may be replaced only after taking the bit back.
    if (task_->join_waker.WillWake(waker)) return false;
    state = task_->state.fetch_and(~H::kJoinWaker, memory_order_acq_rel);
    // The completing thread saw the bit and is reading the waker: leave it alone.
    if ((state & H::kComplete) != 0) return true;
  }
  task_->join_waker = waker.Clone();
  // Release: the completing thread that sees the bit sees the waker.
  state = task_->state.fetch_or(H::kJoinWaker, memory_order_acq_rel);
  return (state & H::kComplete) != 0;
}

void JoinHandleBase::Drop() {
  TaskHeader* task = std::exchange(task_, nullptr);
  if (task == nullptr) return;
  // The usual end: the task completed, and this is the last reference. Nobody else can get one.
  uint32_t state = task->state.load(memory_order_acquire);
  if ((state & H::kComplete) != 0 && state / H::kReference == 1) {
    task->vtable->destroy_result(task);
    task->vtable->free_block(task);
    return;
  }
  uint32_t before = task->state.fetch_and(~H::kJoinInterest, memory_order_acq_rel);
  // Exactly one side sees the other's bit: the later of (complete, interest gone) owns the result.
  if ((before & H::kComplete) != 0) task->vtable->destroy_result(task);
  ReleaseTask(task);
}

}  // namespace zokio::internal
