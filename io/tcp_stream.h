// TcpStream: a TCP connection.
//
// Example:
//   auto stream = co_await zokio::TcpStream::Connect("127.0.0.1:8080");
//   if (!stream.ok()) co_return stream.error();
//   co_await stream->WriteAll(std::string("hello"));
//   auto chunk = co_await stream->Read();  // a lease; empty at the end
//
// No-delay is on. Ownership, threads, cancellation, errors: as SocketStream.
#ifndef ZOKIO_IO_TCP_STREAM_H_
#define ZOKIO_IO_TCP_STREAM_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "io/connect_future.h"
#include "io/socket_address.h"
#include "io/socket_stream.h"

namespace zokio {

class ConnectHost;

struct KeepAlive {
  KeepAlive() {}

  bool on = true;
  std::chrono::seconds idle{60};      // silence until the first probe
  std::chrono::seconds interval{10};  // between probes
  int32_t probes = 6;                 // unanswered ones until the connection is given up
};

class TcpStream : public SocketStream {
 public:
  using SocketStream::SocketStream;

  // Connects to "127.0.0.1:80" or "[::1]:80".
  static ConnectTcp Connect(std::string_view address) { return ConnectTcp(address); }
  static ConnectTcp Connect(const SocketAddress& address) { return ConnectTcp(address); }
  // Connects to a host by its name; needs io/net/connect_host.h.
  static ConnectHost Connect(std::string_view host, uint16_t port);

  Result<void> SetNoDelay(bool on);
  // Probes a silent peer, so that one that vanished becomes kDeadlineExceeded.
  Result<void> SetKeepAlive(const KeepAlive& keep_alive = KeepAlive());
  // 0: closing resets the connection; nothing: the system's way, which delivers what was written.
  // More: closing waits so long for the peer to take it, and BLOCKS the loop's thread meanwhile.
  Result<void> SetLinger(std::optional<std::chrono::seconds> limit);
  // The kernel's own buffers of this connection; it doubles what is asked for.
  Result<void> SetBuffers(int32_t receive_bytes, int32_t send_bytes);
  Result<SocketAddress> local_address() const;
  Result<SocketAddress> peer_address() const;
};

}  // namespace zokio

#endif  // ZOKIO_IO_TCP_STREAM_H_
