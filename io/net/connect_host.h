// ConnectHost: the future of TcpStream::Connect("example.org", 443).
//
// Asks for the addresses of both families at once. IPv6 addresses are tried as soon as they are
// known; IPv4 ones as soon as those are known too, or `resolution_delay` after they came. Attempts
// are staggered: see StaggeredConnect. Addresses that come during attempts join them.
//
// Ownership: movable until its first poll. The resolver outlives it.
// Cancellation: dropping gives lookups and attempts up.
// Errors: those of Resolver where no address was found, else those of StaggeredConnect. There is no
//   time limit but the kernel's: Timeout(TcpStream::Connect(host, port), 5s).
// Cost: two lookups (of the cache, most often), and as StaggeredConnect.
// Source: RFC 8305 ("happy eyeballs").
#ifndef ZOKIO_IO_NET_CONNECT_HOST_H_
#define ZOKIO_IO_NET_CONNECT_HOST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/sleep.h"
#include "io/dns/resolver.h"
#include "io/net/staggered_connect.h"
#include "io/tcp_stream.h"

namespace zokio {

struct ConnectHostOptions {
  ConnectHostOptions() {}

  Resolver* resolver = &Resolver::Default();
  // RFC 8305's recommendations.
  Duration attempt_delay = StaggeredConnect::kDelay;
  Duration resolution_delay = std::chrono::milliseconds(50);
};

class [[nodiscard]] ConnectHost {
 public:
  ConnectHost(std::string host, uint16_t port,
              const ConnectHostOptions& options = ConnectHostOptions());
  ConnectHost(ConnectHost&&) noexcept;
  ~ConnectHost();

  Poll<Result<TcpStream>> poll(Context& context);

 private:
  struct Lookup;

  void PollLookups(Context& context);

  uint16_t port_;
  Duration resolution_delay_;
  std::unique_ptr<Lookup> ipv6_;  // while it runs
  std::unique_ptr<Lookup> ipv4_;
  std::vector<SocketAddress> held_;  // IPv4 addresses, until IPv6 had its chance
  std::optional<Sleep> hold_;
  bool found_ = false;
  std::optional<Error> error_;  // of a lookup
  StaggeredConnect connect_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_NET_CONNECT_HOST_H_
