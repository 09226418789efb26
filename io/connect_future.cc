#include "io/connect_future.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include "io/error_subject.h"
#include "io/internal/operation_wait.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"
#include "io/tcp_stream.h"

namespace zokio {
namespace {

using io::Loop;
using Output = Result<TcpStream>;

Output StreamOf(Loop& loop, io::NativeHandle handle) {
  io::SocketState* socket = loop.NewSocket(handle);
  if (socket == nullptr) {
    io::CloseSocket(handle);
    return Error(ErrorCode::kOutOfMemory, "connect");
  }
  return TcpStream(socket);
}

}  // namespace

ConnectTcp::~ConnectTcp() {
  if (operation_ != nullptr) Loop::Abandon(operation_);
  if (socket_ != nullptr) Loop::UnrefSocket(socket_, /*close=*/true);
}

Poll<Output> ConnectTcp::poll(Context& context) {
  if (operation_ != nullptr) return PollOperation(context);
  if (socket_ != nullptr) return PollReadiness(context);
  return Begin(context);
}

Error ConnectTcp::Failed(int os_error) const {
  return io::ErrorAbout(os_error, "connect", HandleKind::kTcp, address_->ToString());
}

Poll<Output> ConnectTcp::Begin(Context& context) {
  if (!address_.ok()) return Output(Error(address_.error().code(), "connect"));
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "connect"));
  const io::NativeHandle handle = io::OpenTcp(address_->family());
  if (handle < 0) return Output(Failed(-handle));
  io::SetNoDelay(handle, true);
  return loop->completes() ? BeginOperation(*loop, handle, context)
                           : BeginReadiness(*loop, handle, context);
}

Poll<Output> ConnectTcp::BeginOperation(Loop& loop, io::NativeHandle handle, Context& context) {
  io::Operation* op = loop.NewOperation(io::OpKind::kConnect);
  if (op == nullptr) {
    io::CloseSocket(handle);
    return Output(Error(ErrorCode::kOutOfMemory, "connect"));
  }
  const io::RawAddress raw = io::ToRaw(*address_);
  static_assert(sizeof(op->address) == sizeof(raw.bytes));
  std::memcpy(op->address, raw.bytes, sizeof(raw.bytes));
  op->address_size = raw.size;
  op->handle = handle;
  op->flags |= io::kOpOwnsHandle;
  op->waker = context.waker().Clone();
  operation_ = op;
  loop.Start(op);
  return kPending;
}

Poll<Output> ConnectTcp::PollOperation(Context& context) {
  const std::optional<int32_t> result = io::PollOperation(operation_, context);
  if (!result.has_value()) return kPending;
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "connect"));
  io::Operation* op = std::exchange(operation_, nullptr);
  io::NativeHandle handle = io::kNoHandle;
  if (*result == 0) {
    op->flags &= ~io::kOpOwnsHandle;  // done and ours alone: no lock needed
    handle = op->handle;
  }
  Loop::Unref(op);
  if (*result < 0) return Output(Failed(-*result));
  return StreamOf(*loop, handle);
}

Poll<Output> ConnectTcp::BeginReadiness(Loop& loop, io::NativeHandle handle, Context& context) {
  io::SetNonBlocking(handle);
  const int32_t result = io::TryConnect(handle, *address_);
  if (result < 0 && result != -EINPROGRESS) {
    io::CloseSocket(handle);
    return Output(Failed(-result));
  }
  if (result == 0) return StreamOf(loop, handle);
  socket_ = loop.NewSocket(handle);
  if (socket_ == nullptr) {
    io::CloseSocket(handle);
    return Output(Error(ErrorCode::kOutOfMemory, "connect"));
  }
  {
    io::SmallLockGuard guard(socket_->lock);
    loop.AdoptLocked(socket_);
    socket_->flags &= ~io::kSocketWritable;  // not before the event says so
  }
  return PollReadiness(context);
}

Poll<Output> ConnectTcp::PollReadiness(Context& context) {
  Waker replaced;
  socket_->lock.Lock();
  std::optional<Error> error = io::GoneErrorLocked(socket_, "connect");
  if (!error.has_value()) {
    if ((socket_->flags & io::kSocketFailed) != 0) {
      error = Failed(socket_->result);
    } else if ((socket_->flags & io::kSocketWritable) == 0) {
      const bool entered = wait_.EnterLocked(socket_, context, replaced);
      socket_->lock.Unlock();
      ZOKIO_CHECK(entered, "nobody else knows this socket");
      return kPending;
    }
  }
  wait_.FinishAndUnlock(socket_);
  if (!error.has_value()) {
    const int32_t result = io::TakeSocketError(socket_->handle);
    if (result < 0) error = Failed(-result);
  }
  io::SocketState* socket = std::exchange(socket_, nullptr);
  TcpStream stream(socket);  // closes it where there is an error
  if (error.has_value()) return Output(*error);
  return Output(std::move(stream));
}

}  // namespace zokio
