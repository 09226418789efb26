#include "io/dns/resolver.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "future/join.h"
#include "future/timeout.h"
#include "io/dns/address_lookup.h"
#include "io/dns/text.h"
#include "io/file/whole_file.h"

namespace zokio {
namespace {

using Family = SocketAddress::Family;
using Addresses = Resolver::Addresses;

constexpr const char* kName = "resolve";
constexpr uint64_t kFileMax = uint64_t{16} << 20;
constexpr size_t kNameMax = 254;  // with a dot at the end

// Without the dot at the end, which only keeps search domains away.
std::string_view WithoutDot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

bool IsLocalhost(std::string_view host) {
  host = WithoutDot(host);
  return host == "localhost" || host.ends_with(".localhost");
}

Addresses Loopback(Family family) {
  std::array<uint8_t, 16> one{};
  one[15] = 1;
  return {family == Family::kIpv6 ? SocketAddress::Ipv6(one, 0)
                                  : SocketAddress::Ipv4({127, 0, 0, 1}, 0)};
}

bool IsName(const std::string& host) {
  return !host.empty() && host.size() <= kNameMax && host.find('\0') == std::string::npos &&
         host != ".";
}

std::shared_ptr<const io::ResolverConfig> MakeConfig(std::string_view resolv_conf,
                                                     const ResolverOptions& options) {
  auto config = std::make_shared<io::ResolverConfig>(io::ResolverConfig::Parse(resolv_conf));
  if (!options.servers.empty()) config->servers = options.servers;
  if (options.search.has_value()) config->search = *options.search;
  if (options.timeout.has_value()) config->timeout = *options.timeout;
  if (options.attempts.has_value()) config->attempts = *options.attempts;
  return config;
}

}  // namespace

namespace io {

std::vector<SocketAddress> Interleave(const std::vector<SocketAddress>& ipv6,
                                      const std::vector<SocketAddress>& ipv4) {
  std::vector<SocketAddress> both;
  both.reserve(ipv6.size() + ipv4.size());
  for (size_t i = 0; i < std::max(ipv6.size(), ipv4.size()); ++i) {
    if (i < ipv6.size()) both.push_back(ipv6[i]);
    if (i < ipv4.size()) both.push_back(ipv4[i]);
  }
  return both;
}

}  // namespace io

Resolver::Resolver(ResolverOptions options)
    : options_(std::move(options)), cache_(options_.cache_entries_max, *options_.clock) {}

Resolver& Resolver::Default() {
  static auto* const resolver = new Resolver();
  return *resolver;
}

Task<Result<Addresses>> Resolver::Resolve(std::string host) {
  Task<Result<Addresses>> ask_ipv6 = Resolve(host, Family::kIpv6);
  Task<Result<Addresses>> ask_ipv4 = Resolve(std::move(host), Family::kIpv4);
  const auto [ipv6, ipv4] = co_await Join(std::move(ask_ipv6), std::move(ask_ipv4));
  if (!ipv6.ok() && !ipv4.ok()) {
    // The one that says more than "not found".
    co_return ipv4.error().code() == ErrorCode::kNotFound ? ipv6.error() : ipv4.error();
  }
  const Addresses none;
  co_return io::Interleave(ipv6.ok() ? *ipv6 : none, ipv4.ok() ? *ipv4 : none);
}

Task<Result<Addresses>> Resolver::Resolve(std::string host, Family family) {
  ZOKIO_CHECK(family != Family::kNone, "a lookup of one family");
  lookups_.fetch_add(1, memory_order_relaxed);
  host = io::LowerCase(host);
  if (std::optional<Result<Addresses>> answer = AnswerAtOnce(host, family)) {
    co_return *std::move(answer);
  }
  FilesPtr files = FreshFiles();
  if (files == nullptr) files = co_await LoadFiles();
  if (std::optional<Result<Addresses>> answer = AnswerFromHosts(*files, host, family)) {
    from_hosts_.fetch_add(1, memory_order_relaxed);
    co_return *std::move(answer);
  }
  if (IsLocalhost(host)) co_return Loopback(family);
  Task<Result<Addresses>> answer = AnswerFromServers(std::move(host), family, std::move(files));
  co_return co_await std::move(answer);
}

std::optional<Result<Addresses>> Resolver::AnswerAtOnce(const std::string& host,
                                                        Family family) const {
  if (!IsName(host)) return Error(ErrorCode::kInvalidArgument, kName);
  const Result<SocketAddress> address = io::ParseBareAddress(host);
  if (!address.ok()) return std::nullopt;
  if (address->family() != family) return Error(ErrorCode::kNotFound, kName);
  return Addresses{*address};
}

std::optional<Result<Addresses>> Resolver::AnswerFromHosts(const Files& files,
                                                           const std::string& host, Family family) {
  const std::string_view name = WithoutDot(host);
  if (!files.hosts.Has(name)) return std::nullopt;
  Addresses found = files.hosts.Find(name, family);
  if (!found.empty()) return found;
  // localhost is always of both families; of other names the file is the whole truth.
  if (IsLocalhost(name)) return std::nullopt;
  return Error(ErrorCode::kNotFound, kName);
}

Resolver::FilesPtr Resolver::FreshFiles() const {
  const Instant now = options_.clock->Now();
  MutexLock lock(mutex_);
  if (files_ == nullptr || SaturatingAdd(files_->read_at, options_.reload_interval) <= now) {
    return nullptr;
  }
  return files_;
}

Task<Resolver::FilesPtr> Resolver::LoadFiles() {
  AsyncMutex::Guard loading = co_await loading_.Lock();
  if (FilesPtr loaded = FreshFiles()) co_return loaded;  // by the one before
  // A file that cannot be read is as an empty one, as for the C library.
  Task<Result<std::string>> read_hosts = ReadFile(options_.hosts_path, kFileMax);
  Task<Result<std::string>> read_conf = ReadFile(options_.resolv_conf_path, kFileMax);
  const auto [hosts, resolv_conf] = co_await Join(std::move(read_hosts), std::move(read_conf));
  auto files = std::make_shared<Files>();
  files->hosts = io::HostsFile::Parse(hosts.ok() ? std::string_view(*hosts) : std::string_view());
  files->config =
      MakeConfig(resolv_conf.ok() ? std::string_view(*resolv_conf) : std::string_view(), options_);
  files->read_at = options_.clock->Now();
  FilesPtr before = files;
  MutexLock lock(mutex_);
  std::swap(files_, before);
  lock.Unlock();
  co_return files;
}

Task<Result<Addresses>> Resolver::AnswerFromServers(std::string host, Family family,
                                                    FilesPtr files) {
  io::AnswerCache::Found found = cache_.Find((family == Family::kIpv6 ? "6" : "4") + host);
  if (found.answer.has_value()) {
    from_cache_.fetch_add(1, memory_order_relaxed);
    co_return *std::move(found.answer);
  }
  AsyncMutex::Guard asking = co_await found.entry->asking.Lock();
  if (auto answer = cache_.AnswerSince(*found.entry, found.answers)) {
    shared_.fetch_add(1, memory_order_relaxed);
    co_return *std::move(answer);
  }
  Task<Result<Addresses>> ask = Ask(std::move(host), family, std::move(files), found.entry);
  co_return co_await std::move(ask);
}

Task<Result<Addresses>> Resolver::Ask(std::string host, Family family, FilesPtr files,
                                      std::shared_ptr<io::AnswerCache::Entry> entry) {
  questions_.fetch_add(1, memory_order_relaxed);
  io::AddressLookup lookup(std::move(host), family, files->config);
  Result<io::HostAddresses> heard = co_await Timeout(std::move(lookup), options_.limit);
  if (!heard.ok()) {
    failures_.fetch_add(1, memory_order_relaxed);
    cache_.Store(*entry, heard.error(), Duration::zero());
    co_return heard.error();
  }
  if (heard->addresses.empty()) {
    const Error nothing(ErrorCode::kNotFound, kName);
    const Duration said = heard->ttl.value_or(options_.negative_ttl);
    cache_.Store(*entry, nothing, std::min(said, options_.negative_ttl_max));
    co_return nothing;
  }
  const Duration ttl = std::min(heard->ttl.value_or(Duration::zero()), options_.ttl_max);
  cache_.Store(*entry, heard->addresses, ttl);
  co_return std::move(heard->addresses);
}

ResolverStats Resolver::stats() const {
  ResolverStats stats;
  stats.lookups = lookups_.load(memory_order_relaxed);
  stats.from_hosts = from_hosts_.load(memory_order_relaxed);
  stats.from_cache = from_cache_.load(memory_order_relaxed);
  stats.shared = shared_.load(memory_order_relaxed);
  stats.questions = questions_.load(memory_order_relaxed);
  stats.failures = failures_.load(memory_order_relaxed);
  return stats;
}

}  // namespace zokio
