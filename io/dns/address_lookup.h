// AddressLookup: the future of one question to DNS servers: the addresses of a name, of one family.
//
// c-ares makes the queries: search domains, retries, the next server, TCP for long answers, the
// order of RFC 6724. It waits on our loop: its sockets are polled ones of the current loop, its
// time limits a Sleep of the context's timer, so nothing blocks the thread. What resolv.conf
// says comes by ResolverConfig.
//
// Ownership: owns the query and its sockets.
// Thread-safety: one thread at a time; it may move between threads between polls.
// Cancellation: dropping closes the sockets; nothing else was begun.
// Errors: kDeadlineExceeded (no server answered), kConnectionRefused, kUnreachable (servers refuse
//   or fail), kInvalidArgument (no name), kWrongThread, kShutdown, kOutOfMemory. That there is no
//   such name is an answer, not an error.
// Cost: a socket and a c-ares channel for each lookup; the channel is made on a thread that may
//   block, because c-ares reads /dev/urandom for it.
#ifndef ZOKIO_IO_DNS_ADDRESS_LOOKUP_H_
#define ZOKIO_IO_DNS_ADDRESS_LOOKUP_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/dns/resolver_config.h"
#include "io/socket_address.h"

namespace zokio::io {

struct HostAddresses {
  static constexpr size_t kMost = 64;

  // Port 0, the best first; of an answer with more than kMost of them, so many. None: there is no
  // such name, or none of this family.
  std::vector<SocketAddress> addresses;
  // For how long that is good: the shortest record's time; of nothing, what the zone says, if it
  // does (RFC 2308).
  std::optional<Duration> ttl;
};

class [[nodiscard]] AddressLookup {
 public:
  // REQUIRES: `family` is IPv4 or IPv6.
  AddressLookup(std::string host, SocketAddress::Family family,
                std::shared_ptr<const ResolverConfig> config);
  // Movable until its first poll.
  AddressLookup(AddressLookup&&) noexcept;
  ~AddressLookup();

  Poll<Result<HostAddresses>> poll(Context& context);

 private:
  class Query;

  std::unique_ptr<Query> query_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_ADDRESS_LOOKUP_H_
