#include "io/tcp_stream.h"

#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {

void TcpStream::Close() {
  if (socket_ != nullptr) io::Loop::UnrefSocket(std::exchange(socket_, nullptr), /*close=*/true);
}

Result<void> TcpStream::Shutdown() {
  if (socket_ == nullptr) return Error(ErrorCode::kClosed, "shutdown");
  return io::ShutdownSend(socket_->handle);
}

Result<void> TcpStream::SetNoDelay(bool on) {
  if (socket_ == nullptr) return Error(ErrorCode::kClosed, "set no-delay");
  io::SetNoDelay(socket_->handle, on);
  return {};
}

Result<SocketAddress> TcpStream::local_address() const {
  if (socket_ == nullptr) return Error(ErrorCode::kClosed, "local address");
  return io::LocalAddressOf(socket_->handle);
}

Result<SocketAddress> TcpStream::peer_address() const {
  if (socket_ == nullptr) return Error(ErrorCode::kClosed, "peer address");
  return io::PeerAddressOf(socket_->handle);
}

}  // namespace zokio
