#include "io/internal/accept_handle.h"

#include <cerrno>
#include <new>
#include <optional>

#include "io/error_subject.h"
#include "io/internal/socket_calls.h"

namespace zokio::io {

Result<ListenerState*> AdoptListener(Loop& loop, NativeHandle handle) {
  if (!loop.completes()) SetNonBlocking(handle);
  auto* state = new (std::nothrow) ListenerState();
  if (state == nullptr) {
    CloseSocket(handle);
    return Error(ErrorCode::kOutOfMemory, "bind");
  }
  state->handle = handle;
  state->refs = 1;
  SmallLockGuard guard(state->lock);
  loop.AdoptLocked(state);
  return state;
}

int32_t AcceptHandle::TakeLocked(Loop& loop) {
  if ((state_->flags & kSocketReadiness) == 0) {
    if (state_->HasAccepted()) return state_->Pop();
    return (state_->flags & kSocketFailed) != 0 ? -state_->result : -EAGAIN;
  }
  while ((state_->flags & (kSocketReadable | kSocketStarved)) == kSocketReadable) {
    state_->flags &= ~kSocketReadable;
    state_->lock.Unlock();
    const int32_t result = TryAccept(state_->handle);
    state_->lock.Lock();
    if (result >= 0) {
      state_->flags |= kSocketReadable;  // there may be more
      state_->backoff = Duration(0);
      loop.counters().speculative_calls.Add(1);
      return result;
    }
    if (result == -EAGAIN) continue;
    if (IsResourceExhaustion(-result)) {
      loop.BackOffLocked(state_);
    } else if (IsTransientAcceptError(-result)) {
      state_->flags |= kSocketReadable;
    } else {
      return result;
    }
  }
  return (state_->flags & kSocketFailed) != 0 ? -state_->result : -EAGAIN;
}

Poll<Result<SocketState*>> AcceptHandle::poll(Context& context) {
  using Output = Result<SocketState*>;
  if (state_ == nullptr) return Output(Error(ErrorCode::kClosed, "accept"));
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "accept"));
  if (!context.SpendBudget()) return kPending;
  std::optional<Error> error;
  int32_t handle = kNoHandle;
  Waker replaced;
  state_->lock.Lock();
  error = GoneErrorLocked(state_, "accept");
  if (!error.has_value()) {
    handle = TakeLocked(*loop);
    if (handle == -EAGAIN) {
      Loop* post = loop->ArmLocked(state_);
      if (wait_.EnterLocked(state_, context, replaced)) {
        state_->lock.Unlock();
        if (post != nullptr) Loop::Post(post, state_);
        context.RefundBudget();
        return kPending;
      }
      wait_.FinishAndUnlock(state_);
      if (post != nullptr) Loop::Post(post, state_);
      return Output(Error(ErrorCode::kInvalidArgument, "accept: another accept waits"));
    }
    if (handle < 0) error = ErrorOn(-handle, "accept", state_->handle);
  }
  wait_.FinishAndUnlock(state_);
  if (error.has_value()) return Output(*error);
  SocketState* socket = loop->NewSocket(handle);
  if (socket == nullptr) {
    CloseSocket(handle);
    return Output(Error(ErrorCode::kOutOfMemory, "accept"));
  }
  return Output(socket);
}

}  // namespace zokio::io
