// ResolverConfig: whom to ask for names and how: what /etc/resolv.conf says.
//
// Unknown lines and options are passed over. The last of `search` and `domain` counts. Limits are
// those of the C library: values beyond them are cut down to them.
//
// Thread-safety: a plain value.
// Source: resolv.conf(5).
#ifndef ZOKIO_IO_DNS_RESOLVER_CONFIG_H_
#define ZOKIO_IO_DNS_RESOLVER_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "io/socket_address.h"

namespace zokio::io {

struct ResolverConfig {
  static constexpr size_t kServersMax = 8;
  static constexpr size_t kSearchMax = 16;
  static constexpr uint16_t kDnsPort = 53;

  // Never fails: what cannot be read is left at its default.
  static ResolverConfig Parse(std::string_view text);

  // Tried in this order. None: a server on this machine.
  std::vector<SocketAddress> servers;
  // Appended to names with fewer than `ndots` dots before these are asked for as they stand.
  std::vector<std::string> search;
  int ndots = 1;
  // For an answer to one query; it doubles with each round of all servers.
  Duration timeout = std::chrono::seconds(5);
  // Rounds.
  int attempts = 2;
  // Begins with another server each time.
  bool rotate = false;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_RESOLVER_CONFIG_H_
