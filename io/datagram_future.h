// The futures of datagram sockets: SendDatagram, ReceiveUdp, ReceiveUnix.
//
// They make the non-blocking call themselves; an idle socket pins no buffer. One sender and one
// receiver of a socket may wait at a time.
//
// Cancellation: dropping a receive loses no datagram; dropping a send sends nothing.
// Errors: kClosed, kShutdown, kWrongThread, kOutOfRange (too long), kConnectionRefused (a connected
//   peer's port is closed), kInvalidArgument (another one waits), kOutOfMemory.
// Cost: one system call a datagram.
#ifndef ZOKIO_IO_DATAGRAM_FUTURE_H_
#define ZOKIO_IO_DATAGRAM_FUTURE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/socket_wait.h"
#include "io/owned_bytes.h"
#include "io/owned_handle.h"
#include "io/socket_address.h"
#include "io/unix_address.h"
#include "io/write_data.h"

namespace zokio {

struct Datagram {
  io::OwnedBytes bytes;
  SocketAddress from;
  bool truncated = false;  // it was longer than asked for; the rest is lost
  // Where the kernel put together several datagrams of one sender (UdpSocket::SetCoalescing): the
  // size of each but the last. Else 0.
  uint32_t segment_size = 0;
};

struct UnixMessage {
  io::OwnedBytes bytes;
  UnixAddress from;
  bool truncated = false;
  std::vector<io::OwnedHandle> handles;
};

// Where a datagram goes, and what goes with it.
struct DatagramTarget {
  DatagramTarget() {}

  std::optional<SocketAddress> udp;
  uint16_t segment_size = 0;
  std::optional<UnixAddress> unix_address;
  std::vector<io::OwnedHandle> handles;
};

class [[nodiscard]] SendDatagram {
 public:
  SendDatagram(io::SocketState* socket, bool is_unix, io::WriteData data, DatagramTarget target)
      : socket_(socket), data_(std::move(data)), target_(std::move(target)), is_unix_(is_unix) {}
  SendDatagram(SendDatagram&&) = default;

  Poll<Result<void>> poll(Context& context);

 private:
  int32_t TrySend();
  Error WithTarget(const Error& error) const;

  io::SocketState* socket_;
  io::WriteData data_;
  DatagramTarget target_;
  bool is_unix_;
  io::SocketWait<io::Direction::kWrite> wait_;
};

class [[nodiscard]] ReceiveUdp {
 public:
  ReceiveUdp(io::SocketState* socket, size_t size_max) : socket_(socket), size_max_(size_max) {}
  ReceiveUdp(ReceiveUdp&&) = default;

  Poll<Result<Datagram>> poll(Context& context);

 private:
  io::SocketState* socket_;
  size_t size_max_;
  io::SocketWait<io::Direction::kRead> wait_;
};

class [[nodiscard]] ReceiveUnix {
 public:
  ReceiveUnix(io::SocketState* socket, size_t size_max) : socket_(socket), size_max_(size_max) {}
  ReceiveUnix(ReceiveUnix&&) = default;

  Poll<Result<UnixMessage>> poll(Context& context);

 private:
  io::SocketState* socket_;
  size_t size_max_;
  io::SocketWait<io::Direction::kRead> wait_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_DATAGRAM_FUTURE_H_
