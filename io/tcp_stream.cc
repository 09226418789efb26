#include "io/tcp_stream.h"

#include "io/internal/socket_calls.h"

namespace zokio {
namespace {

Result<void> ResultOf(int32_t result, const char* operation) {
  if (result < 0) return Error::FromErrno(-result, operation);
  return {};
}

// Nothing where the kernel's int cannot hold it: cut short, it might mean the contrary.
std::optional<int32_t> ForTheKernel(std::chrono::seconds time) {
  if (time.count() < 0 || time.count() > INT32_MAX) return std::nullopt;
  return static_cast<int32_t>(time.count());
}

}  // namespace

Result<void> TcpStream::SetNoDelay(bool on) {
  if (!open()) return Error(ErrorCode::kClosed, "set no-delay");
  io::SetNoDelay(native_handle(), on);
  return {};
}

Result<void> TcpStream::SetKeepAlive(const KeepAlive& keep_alive) {
  if (!open()) return Error(ErrorCode::kClosed, "set keep-alive");
  const std::optional<int32_t> idle_s = ForTheKernel(keep_alive.idle);
  const std::optional<int32_t> interval_s = ForTheKernel(keep_alive.interval);
  if (!idle_s.has_value() || !interval_s.has_value()) {
    return Error(ErrorCode::kInvalidArgument, "set keep-alive");
  }
  io::KeepAliveParameters parameters;
  parameters.on = keep_alive.on;
  parameters.idle_s = *idle_s;
  parameters.interval_s = *interval_s;
  parameters.probes = keep_alive.probes;
  return ResultOf(io::SetKeepAlive(native_handle(), parameters), "set keep-alive");
}

Result<void> TcpStream::SetLinger(std::optional<std::chrono::seconds> limit) {
  if (!open()) return Error(ErrorCode::kClosed, "set linger");
  if (!limit.has_value()) return ResultOf(io::SetLinger(native_handle(), -1), "set linger");
  const std::optional<int32_t> seconds = ForTheKernel(*limit);
  if (!seconds.has_value()) return Error(ErrorCode::kInvalidArgument, "set linger");
  return ResultOf(io::SetLinger(native_handle(), *seconds), "set linger");
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
