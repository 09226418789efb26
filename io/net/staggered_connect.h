// StaggeredConnect: connects to the first of several addresses that answers.
//
// Attempts begin one after the other: the next one `delay` after the last, or at once where one
// failed; those before it go on. The first connection wins and the other attempts are dropped.
//
// Ownership: owns the attempts. Movable until its first poll.
// Cancellation: dropping gives all attempts up; a connection made too late is closed.
// Errors: kUnreachable where there was no address; else why an attempt failed: of several reasons
//   the first that is not kUnreachable.
// Cost: a block, a socket and a connect for each attempt; each wake polls all that are under way.
// Source: RFC 8305 ("happy eyeballs"), section 5.
#ifndef ZOKIO_IO_NET_STAGGERED_CONNECT_H_
#define ZOKIO_IO_NET_STAGGERED_CONNECT_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/sleep.h"
#include "io/socket_address.h"
#include "io/tcp_stream.h"

namespace zokio {

class [[nodiscard]] StaggeredConnect {
 public:
  // RFC 8305's recommendation.
  static constexpr Duration kDelay = std::chrono::milliseconds(250);

  // Nothing to try yet: addresses come by Add, before polls, until NoMore.
  explicit StaggeredConnect(Duration delay = kDelay) : delay_(delay) {}
  // In this order.
  explicit StaggeredConnect(std::vector<SocketAddress> addresses, Duration delay = kDelay)
      : delay_(delay), waiting_(std::move(addresses)), complete_(true) {}
  StaggeredConnect(StaggeredConnect&&) noexcept = default;

  // Goes in turns with what waits, beginning with the family that was not tried last.
  void Add(const std::vector<SocketAddress>& addresses);
  void NoMore() { complete_ = true; }

  Poll<Result<TcpStream>> poll(Context& context);

  // How many addresses were tried.
  size_t attempts() const { return attempts_; }

 private:
  std::optional<Poll<Result<TcpStream>>> PollAttempts(Context& context);
  bool MayStart(Context& context);
  void Start(Context& context);
  void Remember(const Error& error);

  Duration delay_;
  std::vector<SocketAddress> waiting_;
  bool complete_ = false;
  bool start_now_ = true;  // nothing was tried yet, or an attempt failed
  size_t attempts_ = 0;
  SocketAddress::Family last_ = SocketAddress::Family::kNone;
  // A connect under way stays where it is.
  std::vector<std::unique_ptr<ConnectTcp>> running_;
  std::optional<Sleep> sleep_;
  std::optional<Error> error_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_NET_STAGGERED_CONNECT_H_
