#include "io/tcp_listener.h"

#include "io/error_subject.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {

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
  if (!handle.ok()) {
    return Output(
        io::ErrorAbout(handle.error().os_error(), "bind", HandleKind::kTcp, address_->ToString()));
  }
  // Accepted connections inherit it, which saves a call for each.
  io::SetNoDelay(*handle, true);
  const Result<io::ListenerState*> state = io::AdoptListener(*loop, *handle);
  if (!state.ok()) return Output(state.error());
  return Output(TcpListener(*state));
}

}  // namespace zokio
