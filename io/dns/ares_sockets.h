// AresSockets: the sockets of a c-ares channel, on our loop.
//
// c-ares opens, uses and closes its sockets by the functions given here and says by OnState which
// of them it waits for. Each is a polled socket of the loop; Drive lets c-ares work on those where
// trying is worth it.
//
// c-ares also opens a socket to each address of an answer, to sort them. A hostile server sends
// thousands: beyond kOpensMax in one step opening fails, and those addresses come last.
//
// Ownership: owns the sockets, as long as c-ares thinks it does and to the end of that Drive.
//   Outlives the channel.
// Thread-safety: one thread at a time.
// Cancellation: dropping closes the sockets.
#ifndef ZOKIO_IO_DNS_ARES_SOCKETS_H_
#define ZOKIO_IO_DNS_ARES_SOCKETS_H_

#include <ares.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "future/context.h"
#include "io/internal/polled_socket.h"
#include "io/internal/socket_wait.h"

namespace zokio::io {

class AresSockets {
 public:
  // Sockets opened between two rounds of Drive.
  static constexpr int kOpensMax = 32;

  AresSockets() = default;
  AresSockets(const AresSockets&) = delete;
  AresSockets& operator=(const AresSockets&) = delete;

  // To be given to the channel, with a pointer to the AresSockets.
  static const ares_socket_functions& Functions();
  static void OnState(void* self, ares_socket_t handle, int readable, int writable);

  // True when something was done after which waiting may be for something else; false when every
  // socket waits for its event, with the context's waker.
  Result<bool> Drive(ares_channel channel, Context& context);

  // The shortest time for which an answer said that there is nothing (see NegativeTtl); of those
  // that came by UDP. Nothing: none did.
  std::optional<Duration> negative_ttl() const { return negative_ttl_; }

 private:
  struct Socket {
    PolledSocket socket;
    SocketWait<Direction::kRead> read_wait;
    SocketWait<Direction::kWrite> write_wait;
    bool is_datagram = false;
    bool waited = false;  // c-ares said once what for
    bool wants_read = false;
    bool wants_write = false;
    bool blocked = false;  // the last call would have
    bool closed = false;   // by c-ares; ours to the end of Drive
  };

  static ares_socket_t Open(int domain, int type, int protocol, void* self);
  static int Close(ares_socket_t handle, void* self);
  static int Connect(ares_socket_t handle, const sockaddr* address, ares_socklen_t size,
                     void* self);
  static ares_ssize_t Receive(ares_socket_t handle, void* data, size_t size, int flags,
                              sockaddr* from, ares_socklen_t* from_size, void* self);
  static ares_ssize_t Send(ares_socket_t handle, const iovec* parts, int count, void* self);

  Socket* Find(ares_socket_t handle);
  // The answer of a system call; remembers that it would have blocked.
  template <typename Count>
  Count Note(ares_socket_t handle, Count count);
  template <Direction kDirection>
  Result<bool> Work(Socket& socket, SocketWait<kDirection>& wait, ares_channel channel,
                    Context& context);

  std::vector<std::unique_ptr<Socket>> sockets_;
  std::optional<Duration> negative_ttl_;
  int opened_ = 0;
  bool changed_ = false;  // what c-ares waits for, since Drive began its round
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_ARES_SOCKETS_H_
