#include "io/dns/ares_sockets.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/dns/negative_ttl.h"
#include "io/internal/polled_call.h"
#include "io/internal/socket_calls.h"

namespace zokio::io {

const ares_socket_functions& AresSockets::Functions() {
  static constexpr ares_socket_functions kFunctions{&Open, &Close, &Connect, &Receive, &Send};
  return kFunctions;
}

AresSockets::Socket* AresSockets::Find(ares_socket_t handle) {
  for (const std::unique_ptr<Socket>& socket : sockets_) {
    if (!socket->closed && socket->socket.handle() == handle) return socket.get();
  }
  return nullptr;
}

template <typename Count>
Count AresSockets::Note(ares_socket_t handle, Count count) {
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    if (Socket* socket = Find(handle)) socket->blocked = true;
  }
  return count;
}

ares_socket_t AresSockets::Open(int domain, int type, int protocol, void* self) {
  auto* sockets = static_cast<AresSockets*>(self);
  if (sockets->opened_ == kOpensMax) {
    errno = EAFNOSUPPORT;  // "not to be reached", which c-ares sorts behind the others
    return ARES_SOCKET_BAD;
  }
  const int handle = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  if (handle < 0) return ARES_SOCKET_BAD;
  Result<PolledSocket> adopted = PolledSocket::Adopt(handle, "resolve");
  if (!adopted.ok()) {
    errno = ENOMEM;
    return ARES_SOCKET_BAD;
  }
  auto made = std::make_unique<Socket>();
  made->socket = *std::move(adopted);
  made->is_datagram = type == SOCK_DGRAM;
  sockets->sockets_.push_back(std::move(made));
  ++sockets->opened_;
  return handle;
}

int AresSockets::Close(ares_socket_t handle, void* self) {
  auto* sockets = static_cast<AresSockets*>(self);
  Socket* socket = sockets->Find(handle);
  if (socket == nullptr) return 0;
  socket->closed = true;
  sockets->changed_ = true;
  // Drive looks at none that was never waited for: the last one may go at once.
  if (!socket->waited && socket == sockets->sockets_.back().get()) sockets->sockets_.pop_back();
  return 0;
}

int AresSockets::Connect(ares_socket_t handle, const sockaddr* address, ares_socklen_t size,
                         void*) {
  return connect(handle, address, size);
}

ares_ssize_t AresSockets::Receive(ares_socket_t handle, void* data, size_t size, int flags,
                                  sockaddr* from, ares_socklen_t* from_size, void* self) {
  auto* sockets = static_cast<AresSockets*>(self);
  const ares_ssize_t count =
      sockets->Note(handle, recvfrom(handle, data, size, flags, from, from_size));
  const Socket* socket = sockets->Find(handle);
  if (count <= 0 || socket == nullptr || !socket->is_datagram) return count;
  const auto ttl = NegativeTtl({static_cast<const uint8_t*>(data), static_cast<size_t>(count)});
  if (ttl.has_value()) {
    sockets->negative_ttl_ = std::min(*ttl, sockets->negative_ttl_.value_or(*ttl));
  }
  return count;
}

ares_ssize_t AresSockets::Send(ares_socket_t handle, const iovec* parts, int count, void* self) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<size_t>(count);
  return static_cast<AresSockets*>(self)->Note(handle, sendmsg(handle, &message, MSG_NOSIGNAL));
}

void AresSockets::OnState(void* self, ares_socket_t handle, int readable, int writable) {
  auto* sockets = static_cast<AresSockets*>(self);
  Socket* socket = sockets->Find(handle);
  if (socket == nullptr) return;
  socket->waited = true;
  socket->wants_read = readable != 0;
  socket->wants_write = writable != 0;
  sockets->changed_ = true;
}

template <Direction kDirection>
Result<bool> AresSockets::Work(Socket& socket, SocketWait<kDirection>& wait, ares_channel channel,
                               Context& context) {
  const ares_socket_t handle = socket.socket.handle();
  constexpr bool kRead = kDirection == Direction::kRead;
  const Poll<Result<int32_t>> poll =
      PollCall(socket.socket.state(), wait, context, "resolve", [&]() -> int32_t {
        socket.blocked = false;
        ares_process_fd(channel, kRead ? handle : ARES_SOCKET_BAD,
                        kRead ? ARES_SOCKET_BAD : handle);
        // Events come on edges: until a call says that there is no more, there may be.
        return socket.blocked ? -EAGAIN : 1;
      });
  if (poll.pending()) return false;
  if (!poll.value().ok()) return poll.value().error();
  return true;
}

Result<bool> AresSockets::Drive(ares_channel channel, Context& context) {
  changed_ = false;
  opened_ = 0;
  bool progress = false;
  // By index: c-ares may open others meanwhile, and closes by marking.
  for (size_t i = 0; i < sockets_.size(); ++i) {
    Socket& socket = *sockets_[i];
    if (!socket.closed && socket.wants_read) {
      const Result<bool> done = Work(socket, socket.read_wait, channel, context);
      if (!done.ok()) return done.error();
      progress |= *done;
    }
    if (!socket.closed && socket.wants_write) {
      const Result<bool> done = Work(socket, socket.write_wait, channel, context);
      if (!done.ok()) return done.error();
      progress |= *done;
    }
  }
  std::erase_if(sockets_, [](const std::unique_ptr<Socket>& socket) { return socket->closed; });
  return progress || changed_;
}

}  // namespace zokio::io
