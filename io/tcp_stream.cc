#include "io/tcp_stream.h"

#include "io/internal/socket_calls.h"

namespace zokio {

Result<void> TcpStream::SetNoDelay(bool on) {
  if (!open()) return Error(ErrorCode::kClosed, "set no-delay");
  io::SetNoDelay(native_handle(), on);
  return {};
}

Result<SocketAddress> TcpStream::local_address() const {
  if (!open()) return Error(ErrorCode::kClosed, "local address");
  return io::LocalAddressOf(native_handle());
}

Result<SocketAddress> TcpStream::peer_address() const {
  if (!open()) return Error(ErrorCode::kClosed, "peer address");
  return io::PeerAddressOf(native_handle());
}

}  // namespace zokio
