#include "io/udp_socket.h"

#include "io/error_subject.h"
#include "io/internal/datagram_calls.h"
#include "io/internal/socket_calls.h"

namespace zokio {
namespace {

Result<UdpSocket> BindNow(const Result<SocketAddress>& address, const UdpOptions& options) {
  if (!address.ok()) return Error(address.error().code(), "bind");
  io::UdpParameters parameters;
  parameters.reuse_port = options.reuse_port;
  parameters.only_ipv6 = options.only_ipv6;
  const Result<io::NativeHandle> handle = io::OpenUdp(*address, parameters);
  if (!handle.ok()) {
    return io::ErrorAbout(handle.error().os_error(), "bind", HandleKind::kUdp, address->ToString());
  }
  Result<io::PolledSocket> socket = io::PolledSocket::Adopt(*handle, "bind");
  if (!socket.ok()) return socket.error();
  return UdpSocket(*std::move(socket));
}

}  // namespace

io::Immediate<UdpSocket> UdpSocket::Bind(std::string_view address, const UdpOptions& options) {
  return io::Immediate<UdpSocket>(
      [parsed = SocketAddress::Parse(address), options] { return BindNow(parsed, options); });
}

io::Immediate<UdpSocket> UdpSocket::Bind(const SocketAddress& address, const UdpOptions& options) {
  return io::Immediate<UdpSocket>([address, options] { return BindNow(address, options); });
}

Result<void> UdpSocket::Connect(const SocketAddress& peer) {
  if (!open()) return Error(ErrorCode::kClosed, "connect");
  const int32_t result = io::ConnectUdp(socket_.handle(), peer);
  if (result < 0) return io::ErrorAbout(-result, "connect", HandleKind::kUdp, peer.ToString());
  return {};
}

Result<void> UdpSocket::SetCoalescing(bool on) {
  if (!open()) return Error(ErrorCode::kClosed, "set coalescing");
  const int32_t result = io::SetUdpCoalescing(socket_.handle(), on);
  if (result < 0) return Error(ErrorCode::kUnsupported, "set coalescing", -result);
  return {};
}

Result<SocketAddress> UdpSocket::local_address() const {
  if (!open()) return Error(ErrorCode::kClosed, "local address");
  return io::LocalAddressOf(socket_.handle());
}

}  // namespace zokio
