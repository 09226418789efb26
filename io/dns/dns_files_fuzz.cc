// Whatever hosts or resolv.conf hold, what is read from them is within bounds and can be found; and
// whatever a server answers, the time read from it is one.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "io/dns/hosts_file.h"
#include "io/dns/negative_ttl.h"
#include "io/dns/resolver_config.h"
#include "io/dns/text.h"

namespace {

using zokio::SocketAddress;

void CheckHosts(std::string_view text) {
  const zokio::io::HostsFile file = zokio::io::HostsFile::Parse(text);
  // Every name of a line that begins with an address is found with that address.
  while (!text.empty()) {
    std::string_view line = zokio::io::NextLine(text);
    line = line.substr(0, line.find('#'));
    const auto address = zokio::io::ParseBareAddress(zokio::io::NextWord(line));
    if (!address.ok()) continue;
    for (auto name = zokio::io::NextWord(line); !name.empty(); name = zokio::io::NextWord(line)) {
      bool found = false;
      for (const SocketAddress& one : file.Find(name, address->family())) {
        ZOKIO_CHECK(one.family() == address->family(), "an address of another family");
        found |= one == *address;
      }
      ZOKIO_CHECK(found && file.Has(name), "a name was lost");
    }
  }
}

void CheckConfig(std::string_view text) {
  using zokio::io::ResolverConfig;
  const ResolverConfig config = ResolverConfig::Parse(text);
  ZOKIO_CHECK(config.servers.size() <= ResolverConfig::kServersMax, "too many servers");
  ZOKIO_CHECK(config.search.size() <= ResolverConfig::kSearchMax, "too many search domains");
  ZOKIO_CHECK(config.ndots >= 0 && config.ndots <= 15, "ndots");
  ZOKIO_CHECK(config.attempts >= 1 && config.attempts <= 5, "attempts");
  ZOKIO_CHECK(
      config.timeout >= std::chrono::seconds(1) && config.timeout <= std::chrono::seconds(30),
      "timeout");
  for (const SocketAddress& server : config.servers) {
    ZOKIO_CHECK(server.port() == ResolverConfig::kDnsPort, "a server's port");
  }
  for (const std::string& name : config.search) ZOKIO_CHECK(!name.empty(), "an empty domain");
}

void CheckNegativeTtl(std::span<const uint8_t> message) {
  const auto ttl = zokio::io::NegativeTtl(message);
  if (!ttl.has_value()) return;
  ZOKIO_CHECK(*ttl >= std::chrono::seconds(0) && *ttl <= std::chrono::seconds(INT32_MAX), "ttl");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckHosts(text);
  CheckConfig(text);
  CheckNegativeTtl(std::span<const uint8_t>(data, size));
  return 0;
}
