#include "io/internal/datagram_calls.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "io/internal/socket_calls.h"

namespace zokio::io {
namespace {

constexpr int kCoalesce = 104;  // UDP_GRO, which Debian's netinet/udp.h has; older ones do not
constexpr int kSegment = 103;   // UDP_SEGMENT

template <typename Call>
int32_t Restarting(Call call) {
  while (true) {
    const auto result = call();
    if (result >= 0) return static_cast<int32_t>(result);
    if (errno != EINTR) return -errno;
  }
}

// Room for either ancillary message, aligned as the kernel wants it.
union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * kHandlesMax) + CMSG_SPACE(sizeof(int))];
};

UnixAddress FromRawUnix(const sockaddr_un& raw, socklen_t size) {
  const size_t head = offsetof(sockaddr_un, sun_path);
  if (size <= head) return UnixAddress();
  const std::string_view text(raw.sun_path, size - head);
  if (text[0] == '\0') return UnixAddress::Abstract(text.substr(1)).value_or(UnixAddress());
  return UnixAddress::Path(text.substr(0, text.find('\0'))).value_or(UnixAddress());
}

Error Fail(NativeHandle handle, const char* name) {
  const int os_error = errno;
  CloseSocket(handle);
  return Error::FromErrno(os_error, name);
}

void ReadControl(const msghdr& message, ReceivedDatagram& received) {
  for (const cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(head))) {
    if (head->cmsg_level == SOL_UDP && head->cmsg_type == kCoalesce) {
      int size;
      std::memcpy(&size, CMSG_DATA(head), sizeof(size));
      received.segment_size = static_cast<uint32_t>(size);
    } else if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
      const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int handle;
        std::memcpy(&handle, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
        received.handles.push_back(handle);
      }
    }
  }
}

}  // namespace

Result<NativeHandle> OpenUdp(const SocketAddress& address, const UdpParameters& parameters) {
  const bool ipv6 = address.family() == SocketAddress::Family::kIpv6;
  const int handle = Restarting([&] {
    return socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  });
  if (handle < 0) return Error::FromErrno(-handle, "bind");
  const int one = 1;
  if (parameters.reuse_port &&
      setsockopt(handle, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0) {
    return Fail(handle, "bind");
  }
  if (ipv6 && parameters.only_ipv6 &&
      setsockopt(handle, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0) {
    return Fail(handle, "bind");
  }
  const RawAddress raw = ToRaw(address);
  if (bind(handle, reinterpret_cast<const sockaddr*>(raw.bytes), raw.size) != 0) {
    return Fail(handle, "bind");
  }
  return handle;
}

int32_t ConnectUdp(NativeHandle handle, const SocketAddress& peer) {
  const RawAddress raw = ToRaw(peer);
  return Restarting(
      [&] { return connect(handle, reinterpret_cast<const sockaddr*>(raw.bytes), raw.size); });
}

int32_t TrySendUdp(NativeHandle handle, std::span<const uint8_t> bytes, const SocketAddress* to,
                   uint16_t segment_size) {
  RawAddress raw{};
  if (to != nullptr) raw = ToRaw(*to);
  if (segment_size == 0) {
    return Restarting([&] {
      return sendto(handle, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    to == nullptr ? nullptr : reinterpret_cast<const sockaddr*>(raw.bytes),
                    raw.size);
    });
  }
  iovec vector{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  Control control{};
  msghdr message{};
  message.msg_name = to == nullptr ? nullptr : raw.bytes;
  message.msg_namelen = raw.size;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE(sizeof(segment_size));
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_UDP;
  head->cmsg_type = kSegment;
  head->cmsg_len = CMSG_LEN(sizeof(segment_size));
  std::memcpy(CMSG_DATA(head), &segment_size, sizeof(segment_size));
  return Restarting([&] { return sendmsg(handle, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

int32_t TryReceiveUdp(NativeHandle handle, uint8_t* data, size_t size, ReceivedDatagram& received) {
  sockaddr_storage from;
  socklen_t from_size = sizeof(from);
  const int32_t count = Restarting([&] {
    from_size = sizeof(from);
    return recvfrom(handle, data, size, MSG_DONTWAIT | MSG_TRUNC,
                    reinterpret_cast<sockaddr*>(&from), &from_size);
  });
  if (count < 0) return count;
  if (from_size > 0) received.from = FromRaw(reinterpret_cast<const uint8_t*>(&from), from_size);
  received.truncated = static_cast<size_t>(count) > size;
  return received.truncated ? static_cast<int32_t>(size) : count;
}

int32_t TryReceiveDatagram(NativeHandle handle, uint8_t* data, size_t size,
                           ReceivedDatagram& received) {
  sockaddr_storage from;
  iovec vector{data, size};
  Control control;
  msghdr message{};
  message.msg_name = &from;
  message.msg_namelen = sizeof(from);
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  const int32_t count =
      Restarting([&] { return recvmsg(handle, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
  if (count < 0) return count;
  received.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  if (message.msg_controllen > 0) ReadControl(message, received);
  if (message.msg_namelen > 0 && from.ss_family == AF_UNIX) {
    sockaddr_un raw;
    std::memcpy(&raw, &from, sizeof(raw));
    received.unix_from = FromRawUnix(raw, message.msg_namelen);
  } else if (message.msg_namelen > 0) {
    received.from = FromRaw(reinterpret_cast<const uint8_t*>(&from), message.msg_namelen);
  }
  return count;
}

int32_t SetUdpCoalescing(NativeHandle handle, bool on) {
  const int value = on ? 1 : 0;
  return setsockopt(handle, SOL_UDP, kCoalesce, &value, sizeof(value)) == 0 ? 0 : -errno;
}

// ---- Unix sockets -------------------------------------------------------------------------------

uint32_t ToRawUnix(const UnixAddress& address, uint8_t* bytes, size_t capacity) {
  sockaddr_un raw{};
  raw.sun_family = AF_UNIX;
  const std::string& name = address.name();
  std::memcpy(raw.sun_path + (address.abstract() ? 1 : 0), name.data(), name.size());
  // A path ends with its NUL, an abstract name begins with one.
  const size_t size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
  if (size > capacity) return 0;
  std::memcpy(bytes, &raw, size);
  return static_cast<uint32_t>(size);
}

Result<NativeHandle> OpenUnix(bool stream) {
  const int handle = Restarting([&] {
    return socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM | SOCK_NONBLOCK) | SOCK_CLOEXEC, 0);
  });
  if (handle < 0) return Error::FromErrno(-handle, "unix socket");
  return handle;
}

Result<NativeHandle> OpenUnixBound(const UnixAddress& address, bool stream, int backlog) {
  Result<NativeHandle> handle = OpenUnix(stream);
  if (!handle.ok()) return handle;
  uint8_t raw[sizeof(sockaddr_un)];
  const uint32_t size = ToRawUnix(address, raw, sizeof(raw));
  if (bind(*handle, reinterpret_cast<const sockaddr*>(raw), size) != 0)
    return Fail(*handle, "bind");
  if (stream && listen(*handle, backlog) != 0) return Fail(*handle, "bind");
  return handle;
}

Result<std::array<NativeHandle, 2>> OpenUnixPair(bool stream) {
  std::array<int, 2> pair;
  const int type = (stream ? SOCK_STREAM : SOCK_DGRAM | SOCK_NONBLOCK) | SOCK_CLOEXEC;
  if (socketpair(AF_UNIX, type, 0, pair.data()) != 0) return Error::FromErrno(errno, "unix pair");
  return pair;
}

int32_t TryConnectUnix(NativeHandle handle, const UnixAddress& address) {
  uint8_t raw[sizeof(sockaddr_un)];
  const uint32_t size = ToRawUnix(address, raw, sizeof(raw));
  return Restarting([&] { return connect(handle, reinterpret_cast<const sockaddr*>(raw), size); });
}

int32_t TrySendUnix(NativeHandle handle, std::span<const uint8_t> bytes, const UnixAddress* to,
                    std::span<const NativeHandle> handles) {
  if (handles.size() > kHandlesMax) return -E2BIG;
  uint8_t raw[sizeof(sockaddr_un)];
  iovec vector{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  Control control{};
  msghdr message{};
  if (to != nullptr) {
    message.msg_name = raw;
    message.msg_namelen = ToRawUnix(*to, raw, sizeof(raw));
  }
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (!handles.empty()) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(handles.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(handles.size_bytes());
    std::memcpy(CMSG_DATA(head), handles.data(), handles.size_bytes());
  }
  return Restarting([&] { return sendmsg(handle, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

Result<PeerCredentials> CredentialsOfPeer(NativeHandle handle) {
  ucred native{};
  socklen_t size = sizeof(native);
  if (getsockopt(handle, SOL_SOCKET, SO_PEERCRED, &native, &size) != 0) {
    return Error::FromErrno(errno, "peer credentials");
  }
  PeerCredentials credentials;
  credentials.process = native.pid;
  credentials.user = native.uid;
  credentials.group = native.gid;
  return credentials;
}

}  // namespace zokio::io
