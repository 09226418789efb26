#include "io/unix_socket.h"

#include <array>

#include "io/error_subject.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {
namespace {

Result<UnixStream> StreamOf(io::NativeHandle handle, const char* name) {
  io::Loop* loop = io::Loop::Current();
  io::SocketState* socket = loop == nullptr ? nullptr : loop->NewSocket(handle);
  if (socket == nullptr) {
    io::CloseSocket(handle);
    return Error(loop == nullptr ? ErrorCode::kWrongThread : ErrorCode::kOutOfMemory, name);
  }
  return UnixStream(socket);
}

template <typename T, typename Make>
Result<std::pair<T, T>> PairOf(bool stream, Make make) {
  const Result<std::array<io::NativeHandle, 2>> handles = io::OpenUnixPair(stream);
  if (!handles.ok()) return handles.error();
  Result<T> first = make((*handles)[0]);
  Result<T> second = make((*handles)[1]);
  if (!first.ok()) return first.error();
  if (!second.ok()) return second.error();
  return std::pair<T, T>(*std::move(first), *std::move(second));
}

Result<UnixDatagram> DatagramOf(const Result<io::NativeHandle>& handle, const char* name) {
  if (!handle.ok()) return handle.error();
  Result<io::PolledSocket> socket = io::PolledSocket::Adopt(*handle, name);
  if (!socket.ok()) return socket.error();
  return UnixDatagram(*std::move(socket));
}

}  // namespace

io::Immediate<UnixStream> UnixStream::Connect(const UnixAddress& address) {
  return io::Immediate<UnixStream>([address]() -> Result<UnixStream> {
    const Result<io::NativeHandle> handle = io::OpenUnix(/*stream=*/true);
    if (!handle.ok()) return handle.error();
    io::SetNonBlocking(*handle);
    const int32_t result = io::TryConnectUnix(*handle, address);
    io::SetNonBlocking(*handle, false);
    if (result < 0) {
      io::CloseSocket(*handle);
      return io::ErrorAbout(-result, "connect", HandleKind::kUnixStream, address.ToString());
    }
    return StreamOf(*handle, "connect");
  });
}

io::Immediate<std::pair<UnixStream, UnixStream>> UnixStream::Pair() {
  return io::Immediate<std::pair<UnixStream, UnixStream>>([] {
    return PairOf<UnixStream>(
        true, [](io::NativeHandle handle) { return StreamOf(handle, "unix pair"); });
  });
}

Result<io::PeerCredentials> UnixStream::peer_credentials() const {
  if (!open()) return Error(ErrorCode::kClosed, "peer credentials");
  return io::CredentialsOfPeer(native_handle());
}

io::Immediate<UnixListener> UnixListener::Bind(const UnixAddress& address, int backlog) {
  return io::Immediate<UnixListener>([address, backlog]() -> Result<UnixListener> {
    io::Loop* loop = io::Loop::Current();
    if (loop == nullptr) return Error(ErrorCode::kWrongThread, "bind");
    const Result<io::NativeHandle> handle = io::OpenUnixBound(address, /*stream=*/true, backlog);
    if (!handle.ok()) {
      return io::ErrorAbout(handle.error().os_error(), "bind", HandleKind::kUnixStream,
                            address.ToString());
    }
    const Result<io::ListenerState*> state = io::AdoptListener(*loop, *handle);
    if (!state.ok()) return state.error();
    return UnixListener(*state);
  });
}

void UnixListener::Close() {
  if (state_ != nullptr) io::Loop::UnrefSocket(std::exchange(state_, nullptr), /*close=*/true);
}

io::Immediate<UnixDatagram> UnixDatagram::Bind(const UnixAddress& address) {
  return io::Immediate<UnixDatagram>([address]() -> Result<UnixDatagram> {
    const Result<io::NativeHandle> handle = io::OpenUnixBound(address, /*stream=*/false, 0);
    if (handle.ok()) return DatagramOf(handle, "bind");
    return io::ErrorAbout(handle.error().os_error(), "bind", HandleKind::kUnixDatagram,
                          address.ToString());
  });
}

io::Immediate<UnixDatagram> UnixDatagram::Unbound() {
  return io::Immediate<UnixDatagram>(
      [] { return DatagramOf(io::OpenUnix(/*stream=*/false), "unix socket"); });
}

io::Immediate<std::pair<UnixDatagram, UnixDatagram>> UnixDatagram::Pair() {
  return io::Immediate<std::pair<UnixDatagram, UnixDatagram>>([] {
    return PairOf<UnixDatagram>(
        false, [](io::NativeHandle handle) { return DatagramOf(handle, "unix pair"); });
  });
}

Result<void> UnixDatagram::Connect(const UnixAddress& peer) {
  if (!open()) return Error(ErrorCode::kClosed, "connect");
  const int32_t result = io::TryConnectUnix(socket_.handle(), peer);
  if (result < 0) {
    return io::ErrorAbout(-result, "connect", HandleKind::kUnixDatagram, peer.ToString());
  }
  return {};
}

}  // namespace zokio
