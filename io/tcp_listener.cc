#include "io/tcp_listener.h"

#include <cerrno>
#include <new>
#include <optional>

#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {

using io::ListenerState;
using io::Loop;

BindTcp TcpListener::Bind(std::string_view address, ListenOptions options) {
  return BindTcp(SocketAddress::Parse(address), options);
}

BindTcp TcpListener::Bind(const SocketAddress& address, ListenOptions options) {
  return BindTcp(address, options);
}

AcceptTcp TcpListener::Accept() { return AcceptTcp(state_); }

void TcpListener::Close() {
  if (state_ != nullptr) Loop::UnrefSocket(std::exchange(state_, nullptr), /*close=*/true);
}

Result<SocketAddress> TcpListener::local_address() const {
  if (state_ == nullptr) return Error(ErrorCode::kClosed, "local address");
  return io::LocalAddressOf(state_->handle);
}

Poll<Result<TcpListener>> BindTcp::poll(Context&) {
  using Output = Result<TcpListener>;
  if (!address_.ok()) return Output(Error(address_.error().code(), "bind"));
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "bind"));
  io::ListenParameters parameters;
  parameters.reuse_port = options_.reuse_port;
  parameters.only_ipv6 = options_.only_ipv6;
  parameters.backlog = options_.backlog;
  Result<io::NativeHandle> handle = io::OpenListener(*address_, parameters);
  if (!handle.ok()) return Output(handle.error());
  // Accepted connections inherit it, which saves a call for each.
  io::SetNoDelay(*handle, true);
  if (!loop->completes()) io::SetNonBlocking(*handle);
  auto* state = new (std::nothrow) ListenerState();
  if (state == nullptr) {
    io::CloseSocket(*handle);
    return Output(Error(ErrorCode::kOutOfMemory, "bind"));
  }
  state->handle = *handle;
  state->refs = 1;
  {
    io::SmallLockGuard guard(state->lock);
    loop->AdoptLocked(state);
  }
  return Output(TcpListener(state));
}

int32_t AcceptTcp::TakeLocked(Loop& loop) {
  if ((state_->flags & io::kSocketReadiness) == 0) {
    if (state_->HasAccepted()) return state_->Pop();
    return (state_->flags & io::kSocketFailed) != 0 ? -state_->result : -EAGAIN;
  }
  while ((state_->flags & (io::kSocketReadable | io::kSocketStarved)) == io::kSocketReadable) {
    state_->flags &= ~io::kSocketReadable;
    state_->lock.Unlock();
    const int32_t result = io::TryAccept(state_->handle);
    state_->lock.Lock();
    if (result >= 0) {
      state_->flags |= io::kSocketReadable;  // there may be more
      state_->backoff = Duration(0);
      loop.counters().speculative_calls.Add(1);
      return result;
    }
    if (result == -EAGAIN) continue;
    if (io::IsResourceExhaustion(-result)) {
      loop.BackOffLocked(state_);
    } else if (io::IsTransientAcceptError(-result)) {
      state_->flags |= io::kSocketReadable;
    } else {
      return result;
    }
  }
  return (state_->flags & io::kSocketFailed) != 0 ? -state_->result : -EAGAIN;
}

Poll<Result<TcpStream>> AcceptTcp::poll(Context& context) {
  using Output = Result<TcpStream>;
  if (state_ == nullptr) return Output(Error(ErrorCode::kClosed, "accept"));
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "accept"));
  if (!context.SpendBudget()) return kPending;
  std::optional<Error> error;
  int32_t handle = io::kNoHandle;
  Waker replaced;
  state_->lock.Lock();
  error = io::GoneErrorLocked(state_, "accept");
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
    if (handle < 0) error = Error::FromErrno(-handle, "accept");
  }
  wait_.FinishAndUnlock(state_);
  if (error.has_value()) return Output(*error);
  io::SocketState* socket = loop->NewSocket(handle);
  if (socket == nullptr) {
    io::CloseSocket(handle);
    return Output(Error(ErrorCode::kOutOfMemory, "accept"));
  }
  return Output(TcpStream(socket));
}

}  // namespace zokio
