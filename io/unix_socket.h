// UnixStream, UnixListener, UnixDatagram: sockets between processes of one machine.
//
//   auto listener = co_await zokio::UnixListener::Bind(*zokio::UnixAddress::Path("/run/x.sock"));
//   auto stream = co_await listener->Accept();
//
// Descriptors pass in the messages of a UnixDatagram: hand over OwnedHandles with a send, take them
// from what is received; at most 16 a message.
//
// Ownership, thread-safety, cancellation: as TcpStream and TcpListener; a path stays in the file
//   system until somebody removes it.
// Errors: kAddressInUse, kNotFound and kConnectionRefused (nobody listens), kWouldBlock (the
//   listener's backlog is full), kWrongThread, kOutOfMemory.
#ifndef ZOKIO_IO_UNIX_SOCKET_H_
#define ZOKIO_IO_UNIX_SOCKET_H_

#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/datagram_future.h"
#include "io/immediate.h"
#include "io/internal/accept_handle.h"
#include "io/internal/datagram_calls.h"
#include "io/internal/polled_socket.h"
#include "io/socket_stream.h"
#include "io/unix_address.h"

namespace zokio {

class UnixStream : public SocketStream {
 public:
  using SocketStream::SocketStream;

  // Connecting does not wait.
  static io::Immediate<UnixStream> Connect(const UnixAddress& address);
  // Two connected ends.
  static io::Immediate<std::pair<UnixStream, UnixStream>> Pair();

  // Who made the other end, or listened there.
  Result<io::PeerCredentials> peer_credentials() const;
};

class AcceptUnix {
 public:
  explicit AcceptUnix(io::ListenerState* state) : accept_(state) {}
  AcceptUnix(AcceptUnix&&) = default;

  Poll<Result<UnixStream>> poll(Context& context) {
    Poll<Result<io::SocketState*>> poll = accept_.poll(context);
    if (poll.pending()) return kPending;
    if (!poll.value().ok()) return Result<UnixStream>(poll.value().error());
    return Result<UnixStream>(UnixStream(*poll.value()));
  }

 private:
  io::AcceptHandle accept_;
};

class UnixListener {
 public:
  UnixListener() = default;
  explicit UnixListener(io::ListenerState* state) : state_(state) {}
  UnixListener(UnixListener&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  UnixListener& operator=(UnixListener&& other) noexcept {
    if (this != &other) {
      Close();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~UnixListener() { Close(); }

  static io::Immediate<UnixListener> Bind(const UnixAddress& address, int backlog = 4096);

  AcceptUnix Accept() { return AcceptUnix(state_); }
  bool open() const { return state_ != nullptr; }
  // As TcpListener's; connections in the backlog end at the home loop's next turn.
  void Close();

 private:
  io::ListenerState* state_ = nullptr;
};

class UnixDatagram {
 public:
  UnixDatagram() = default;
  explicit UnixDatagram(io::PolledSocket socket) : socket_(std::move(socket)) {}

  static io::Immediate<UnixDatagram> Bind(const UnixAddress& address);
  // Not found by anybody, but can send.
  static io::Immediate<UnixDatagram> Unbound();
  static io::Immediate<std::pair<UnixDatagram, UnixDatagram>> Pair();

  Result<void> Connect(const UnixAddress& peer);

  // `Data` is a string, a Lease, OwnedBytes, or a span that outlives the future. The receiver gets
  // duplicates of the handles; those given are closed once the message is sent.
  template <typename Data>
  SendDatagram Send(Data data, std::vector<io::OwnedHandle> handles = {}) {
    DatagramTarget target;
    target.handles = std::move(handles);
    return Start(io::WriteData(std::move(data)), std::move(target));
  }
  template <typename Data>
  SendDatagram SendTo(Data data, const UnixAddress& to, std::vector<io::OwnedHandle> handles = {}) {
    DatagramTarget target;
    target.unix_address = to;
    target.handles = std::move(handles);
    return Start(io::WriteData(std::move(data)), std::move(target));
  }

  // One message of at most `size_max` bytes; 0: as long as a buffer of the loop.
  ReceiveUnix Receive(size_t size_max = 0) { return ReceiveUnix(socket_.state(), size_max); }

  bool open() const { return socket_.open(); }
  void Close() { socket_.Close(); }
  io::NativeHandle native_handle() const { return socket_.handle(); }

 private:
  SendDatagram Start(io::WriteData data, DatagramTarget target) {
    return SendDatagram(socket_.state(), true, std::move(data), std::move(target));
  }

  io::PolledSocket socket_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_UNIX_SOCKET_H_
