#include "io/tcp_stream.h"

#include "io/internal/socket_calls.h"

namespace zokio {
namespace {

Result<void> ResultOf(int32_t result, const char* operation) {
  if (result < 0) return Error::FromErrno(-result, operation);
  return {};
}

}  // namespace

Result<void> TcpStream::SetNoDelay(bool on) {
  if (!open()) return Error(ErrorCode::kClosed, "set no-delay");
  io::SetNoDelay(native_handle(), on);
  return {};
}

Result<void> TcpStream::SetKeepAlive(const KeepAlive& keep_alive) {
  if (!open()) return Error(ErrorCode::kClosed, "set keep-alive");
  io::KeepAliveParameters parameters;
  parameters.on = keep_alive.on;
  parameters.idle_s = static_cast<int32_t>(keep_alive.idle.count());
  parameters.interval_s = static_cast<int32_t>(keep_alive.interval.count());
  parameters.probes = keep_alive.probes;
  return ResultOf(io::SetKeepAlive(native_handle(), parameters), "set keep-alive");
}

Result<void> TcpStream::SetLinger(std::optional<std::chrono::seconds> limit) {
  if (!open()) return Error(ErrorCode::kClosed, "set linger");
  const auto seconds = limit.has_value() ? static_cast<int32_t>(limit->count()) : -1;
  return ResultOf(io::SetLinger(native_handle(), seconds), "set linger");
}

Result<void> TcpStream::SetBuffers(int32_t receive_bytes, int32_t send_bytes) {
  if (!open()) return Error(ErrorCode::kClosed, "set buffers");
  return ResultOf(io::SetSocketBuffers(native_handle(), receive_bytes, send_bytes), "set buffers");
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
