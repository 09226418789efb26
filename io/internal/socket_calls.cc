#include "io/internal/socket_calls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace zokio::io {
namespace {

template <typename Call>
int32_t Restarting(Call call) {
  while (true) {
    const auto result = call();
    if (result >= 0) return static_cast<int32_t>(result);
    if (errno != EINTR) return -errno;
  }
}

SocketAddress FromSockaddr(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &storage, sizeof(in));
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in.sin_addr, 4);
    return SocketAddress::Ipv4(bytes, ntohs(in.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, &storage, sizeof(in6));
    std::array<uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &in6.sin6_addr, 16);
    return SocketAddress::Ipv6(bytes, ntohs(in6.sin6_port), in6.sin6_scope_id);
  }
  return SocketAddress();
}

int FamilyOf(SocketAddress::Family family) {
  return family == SocketAddress::Family::kIpv6 ? AF_INET6 : AF_INET;
}

}  // namespace

RawAddress ToRaw(const SocketAddress& address) {
  RawAddress raw{};
  if (address.family() == SocketAddress::Family::kIpv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port());
    std::memcpy(&in.sin_addr, address.bytes().data(), 4);
    static_assert(sizeof(in) <= sizeof(raw.bytes));
    std::memcpy(raw.bytes, &in, sizeof(in));
    raw.size = sizeof(in);
  } else if (address.family() == SocketAddress::Family::kIpv6) {
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(address.port());
    in6.sin6_scope_id = address.scope();
    std::memcpy(&in6.sin6_addr, address.bytes().data(), 16);
    static_assert(sizeof(in6) <= sizeof(raw.bytes));
    std::memcpy(raw.bytes, &in6, sizeof(in6));
    raw.size = sizeof(in6);
  }
  return raw;
}

void CloseSocket(NativeHandle handle) {
  // Linux closes the descriptor also when interrupted: never again.
  if (handle != kNoHandle) close(handle);
}

// The C library's send() and recv() are points of pthread_cancel, whose bookkeeping (two locked
// operations) a process with threads pays at each call, here 1 to 2 % of an echo.
int32_t TrySend(NativeHandle handle, const uint8_t* data, size_t size) {
  return Restarting([&] {
    return syscall(SYS_sendto, handle, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0);
  });
}

int32_t TryReceive(NativeHandle handle, uint8_t* data, size_t size) {
  return Restarting(
      [&] { return syscall(SYS_recvfrom, handle, data, size, MSG_DONTWAIT, nullptr, nullptr); });
}

namespace {

constexpr size_t kVectorsMax = 64;

// `native` has room for kVectorsMax. Empty pieces are left out: a call that has room for nothing
// answers 0, which would be the end of the stream.
template <typename Byte>
msghdr MessageOf(std::span<const std::span<Byte>> pieces, iovec* native) {
  msghdr message{};
  message.msg_iov = native;
  for (const std::span<Byte> piece : pieces) {
    if (message.msg_iovlen == kVectorsMax) break;
    if (piece.empty()) continue;
    iovec& entry = native[message.msg_iovlen++];
    entry.iov_base = const_cast<uint8_t*>(piece.data());
    entry.iov_len = piece.size();
  }
  return message;
}

int32_t SetOption(NativeHandle handle, int level, int name, int value) {
  return setsockopt(handle, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

}  // namespace

int32_t TrySendVector(NativeHandle handle, std::span<const std::span<const uint8_t>> pieces) {
  iovec native[kVectorsMax];
  const msghdr message = MessageOf(pieces, native);
  return Restarting([&] { return sendmsg(handle, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

int32_t TryReceiveVector(NativeHandle handle, std::span<const std::span<uint8_t>> pieces) {
  iovec native[kVectorsMax];
  msghdr message = MessageOf(pieces, native);
  return Restarting([&] { return recvmsg(handle, &message, MSG_DONTWAIT); });
}

int32_t SetKeepAlive(NativeHandle handle, const KeepAliveParameters& parameters) {
  const struct {
    int level;
    int name;
    int value;
  } options[] = {{SOL_SOCKET, SO_KEEPALIVE, parameters.on ? 1 : 0},
                 {IPPROTO_TCP, TCP_KEEPIDLE, parameters.idle_s},
                 {IPPROTO_TCP, TCP_KEEPINTVL, parameters.interval_s},
                 {IPPROTO_TCP, TCP_KEEPCNT, parameters.probes}};
  for (const auto& option : options) {
    const int32_t result = SetOption(handle, option.level, option.name, option.value);
    if (result < 0 || !parameters.on) return result;
  }
  return 0;
}

int32_t SetLinger(NativeHandle handle, int32_t seconds) {
  const linger value{seconds >= 0 ? 1 : 0, seconds >= 0 ? seconds : 0};
  return setsockopt(handle, SOL_SOCKET, SO_LINGER, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int32_t SetSocketBuffers(NativeHandle handle, int32_t receive_bytes, int32_t send_bytes) {
  const int32_t result = SetOption(handle, SOL_SOCKET, SO_RCVBUF, receive_bytes);
  return result < 0 ? result : SetOption(handle, SOL_SOCKET, SO_SNDBUF, send_bytes);
}

int32_t TryAccept(NativeHandle listener) {
  return Restarting([&] { return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); });
}

int32_t TryConnect(NativeHandle handle, const SocketAddress& address) {
  const RawAddress raw = ToRaw(address);
  // An interrupted connect goes on by itself and must not be restarted.
  const int result = connect(handle, reinterpret_cast<const sockaddr*>(raw.bytes), raw.size);
  if (result == 0) return 0;
  return errno == EINTR ? -EINPROGRESS : -errno;
}

int32_t TakeSocketError(NativeHandle handle) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -errno;
  return -error;
}

int32_t OpenTcp(SocketAddress::Family family) {
  return Restarting([&] { return socket(FamilyOf(family), SOCK_STREAM | SOCK_CLOEXEC, 0); });
}

Result<NativeHandle> OpenListener(const SocketAddress& address,
                                  const ListenParameters& parameters) {
  const NativeHandle handle = OpenTcp(address.family());
  if (handle < 0) return Error::FromErrno(-handle, "bind");
  const auto fail = [handle] {
    const int os_error = errno;
    CloseSocket(handle);
    return Error::FromErrno(os_error, "bind");
  };
  const int one = 1;
  if (setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0) return fail();
  if (parameters.reuse_port &&
      setsockopt(handle, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0) {
    return fail();
  }
  if (address.family() == SocketAddress::Family::kIpv6 && parameters.only_ipv6 &&
      setsockopt(handle, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0) {
    return fail();
  }
  const RawAddress raw = ToRaw(address);
  if (bind(handle, reinterpret_cast<const sockaddr*>(raw.bytes), raw.size) != 0) return fail();
  if (listen(handle, parameters.backlog) != 0) return fail();
  return handle;
}

SocketAddress FromRaw(const uint8_t* bytes, uint32_t size) {
  sockaddr_storage storage{};
  std::memcpy(&storage, bytes, std::min<size_t>(size, sizeof(storage)));
  return FromSockaddr(storage);
}

void SetNonBlocking(NativeHandle handle, bool on) {
  const int flags = fcntl(handle, F_GETFL);
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  ZOKIO_CHECK(flags >= 0 && fcntl(handle, F_SETFL, wanted) == 0,
              "an open socket can be made non-blocking");
}

void SetNoDelay(NativeHandle handle, bool on) {
  // Fails only where the peer already reset the connection, which the next call will report.
  const int value = on ? 1 : 0;
  (void)setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value));
}

void ShutdownBoth(NativeHandle handle) { (void)shutdown(handle, SHUT_RDWR); }

Result<void> ShutdownSend(NativeHandle handle) {
  if (shutdown(handle, SHUT_WR) != 0) return Error::FromErrno(errno, "shutdown");
  return {};
}

Result<SocketAddress> LocalAddressOf(NativeHandle handle) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(handle, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return Error::FromErrno(errno, "local address");
  }
  return FromSockaddr(storage);
}

Result<SocketAddress> PeerAddressOf(NativeHandle handle) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getpeername(handle, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return Error::FromErrno(errno, "peer address");
  }
  return FromSockaddr(storage);
}

bool IsResourceExhaustion(int os_error) {
  return os_error == EMFILE || os_error == ENFILE || os_error == ENOBUFS || os_error == ENOMEM;
}

bool IsTransientAcceptError(int os_error) {
  switch (os_error) {
    case ECONNABORTED:
    case EINTR:
    case EAGAIN:
    case ECANCELED:
    case EPROTO:
    case EPERM:  // a firewall rule
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace zokio::io
