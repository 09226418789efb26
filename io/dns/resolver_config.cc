#include "io/dns/resolver_config.h"

#include <algorithm>
#include <optional>

#include "io/dns/text.h"

namespace zokio::io {
namespace {

constexpr int kNdotsMax = 15;
constexpr int kTimeoutSecondsMax = 30;
constexpr int kAttemptsMax = 5;

// The number after `name` in "name:3".
std::optional<int> OptionValue(std::string_view option, std::string_view name, int max) {
  if (option.substr(0, name.size()) != name) return std::nullopt;
  return ParseCount(option.substr(name.size()), max);
}

void ReadOption(std::string_view option, ResolverConfig& config) {
  if (option == "rotate") config.rotate = true;
  if (const auto ndots = OptionValue(option, "ndots:", kNdotsMax)) config.ndots = *ndots;
  if (const auto seconds = OptionValue(option, "timeout:", kTimeoutSecondsMax)) {
    config.timeout = std::chrono::seconds(std::max(1, *seconds));
  }
  if (const auto attempts = OptionValue(option, "attempts:", kAttemptsMax)) {
    config.attempts = std::max(1, *attempts);
  }
}

void ReadServer(std::string_view text, ResolverConfig& config) {
  Result<SocketAddress> server = ParseBareAddress(text);
  if (!server.ok() || config.servers.size() == ResolverConfig::kServersMax) return;
  server->set_port(ResolverConfig::kDnsPort);
  config.servers.push_back(*server);
}

}  // namespace

ResolverConfig ResolverConfig::Parse(std::string_view text) {
  ResolverConfig config;
  while (!text.empty()) {
    std::string_view line = NextLine(text);
    line = line.substr(0, line.find_first_of("#;"));
    const std::string_view keyword = NextWord(line);
    if (keyword == "nameserver") {
      ReadServer(NextWord(line), config);
    } else if (keyword == "search" || keyword == "domain") {
      config.search.clear();
      for (std::string_view name = NextWord(line);
           !name.empty() && config.search.size() < kSearchMax; name = NextWord(line)) {
        if (name != ".") config.search.push_back(LowerCase(name));
      }
    } else if (keyword == "options") {
      for (std::string_view option = NextWord(line); !option.empty(); option = NextWord(line)) {
        ReadOption(option, config);
      }
    }
  }
  return config;
}

}  // namespace zokio::io
