// UdpSocket: datagrams over IPv4 and IPv6.
//
//   auto socket = co_await zokio::UdpSocket::Bind("0.0.0.0:5353");
//   while (true) {
//     auto datagram = co_await socket->Receive();
//     if (!datagram.ok()) break;
//     co_await socket->SendTo(std::move(datagram->bytes), datagram->from);
//   }
//
// Its home is the loop of the thread where it is first awaited. Many small datagrams to one peer go
// in one call by SendSegments (GSO); SetCoalescing (GRO) is its other half.
//
// Ownership, thread-safety: as TcpStream.  Cancellation, errors: as datagram_future.h says.
// Cost: one system call a datagram, or for up to 64 KiB of segments.
#ifndef ZOKIO_IO_UDP_SOCKET_H_
#define ZOKIO_IO_UDP_SOCKET_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "io/datagram_future.h"
#include "io/immediate.h"
#include "io/internal/polled_socket.h"
#include "io/socket_address.h"

namespace zokio {

struct UdpOptions {
  UdpOptions() {}

  bool reuse_port = false;
  bool only_ipv6 = false;
};

class UdpSocket {
 public:
  UdpSocket() = default;
  explicit UdpSocket(io::PolledSocket socket) : socket_(std::move(socket)) {}

  // Port 0 lets the system choose; see local_address().
  static io::Immediate<UdpSocket> Bind(std::string_view address,
                                       const UdpOptions& options = UdpOptions());
  static io::Immediate<UdpSocket> Bind(const SocketAddress& address,
                                       const UdpOptions& options = UdpOptions());

  // From now on Send goes to this peer, and only its datagrams are received.
  Result<void> Connect(const SocketAddress& peer);

  // `Data` is a string, a Lease, OwnedBytes, or a span that outlives the future.
  template <typename Data>
  SendDatagram Send(Data data) {
    return SendDatagram(socket_.state(), false, io::WriteData(std::move(data)), DatagramTarget());
  }
  template <typename Data>
  SendDatagram SendTo(Data data, const SocketAddress& to) {
    return SendSegments(std::move(data), 0, to);
  }
  // Datagrams of `segment_size` bytes each, the last of what is left; at most 64 of them, 64 KiB.
  template <typename Data>
  SendDatagram SendSegments(Data data, uint16_t segment_size, const SocketAddress& to) {
    DatagramTarget target;
    target.udp = to;
    target.segment_size = segment_size;
    return SendDatagram(socket_.state(), false, io::WriteData(std::move(data)), std::move(target));
  }

  // One datagram of at most `size_max` bytes; 0: as long as a buffer of the loop.
  ReceiveUdp Receive(size_t size_max = 0) {
    return ReceiveUdp(socket_.state(), size_max, coalescing_);
  }

  // Datagrams that come together are received together; ask for 64 KiB then. kUnsupported where the
  // kernel cannot.
  Result<void> SetCoalescing(bool on);

  bool open() const { return socket_.open(); }
  void Close() { socket_.Close(); }
  Result<SocketAddress> local_address() const;
  io::NativeHandle native_handle() const { return socket_.handle(); }

 private:
  io::PolledSocket socket_;
  bool coalescing_ = false;
};

}  // namespace zokio

#endif  // ZOKIO_IO_UDP_SOCKET_H_
