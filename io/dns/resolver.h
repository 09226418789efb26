// Resolver: the addresses of a host's name.
//
//   auto addresses = co_await zokio::Resolver::Default().Resolve("example.org");
//   if (!addresses.ok()) co_return addresses.error();
//
// In this order: the text is an address; the hosts file; `localhost` and what ends in it is this
// machine (RFC 6761); the cache; DNS servers by c-ares, with search domains, retries and time
// limits as resolv.conf says. Both files are read through the loop, and again once they are older
// than `reload_interval`. nsswitch.conf and its further sources are not looked at.
//
// Answers are held as long as their records say, at most `ttl_max`. That there is no such name is
// held as long as the zone's SOA record says (RFC 2308), at most `negative_ttl_max`. Other failures
// are not held. Those who ask for the same at once share one question.
//
// Ownership: outlives its lookups.
// Thread-safety: Resolve on any thread with a loop and a timer; everything else on any thread.
// Cancellation: dropping a lookup closes its sockets; others that wait for it ask themselves.
// Errors: as AddressLookup; kDeadlineExceeded also once `limit` has passed.
// Cost: an answer from the cache is a hash and two short locks; a question a socket and a channel.
#ifndef ZOKIO_IO_DNS_RESOLVER_H_
#define ZOKIO_IO_DNS_RESOLVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "future/mutex.h"
#include "future/task.h"
#include "io/dns/answer_cache.h"
#include "io/dns/hosts_file.h"
#include "io/dns/resolver_config.h"
#include "io/socket_address.h"

namespace zokio {

struct ResolverOptions {
  ResolverOptions() {}

  std::string hosts_path = "/etc/hosts";
  std::string resolv_conf_path = "/etc/resolv.conf";
  Duration reload_interval = std::chrono::seconds(5);
  // What takes the place of resolv.conf's where it is set.
  std::vector<SocketAddress> servers;
  std::optional<std::vector<std::string>> search;
  std::optional<Duration> timeout;
  std::optional<int> attempts;
  // For one lookup, with all its retries.
  Duration limit = std::chrono::seconds(30);
  // Records are held no longer than this.
  Duration ttl_max = std::chrono::hours(1);
  Duration negative_ttl_max = std::chrono::minutes(5);
  // For answers of nothing without an SOA record, and those that came by TCP.
  Duration negative_ttl = std::chrono::seconds(10);
  // Names of which something is known; one that was not asked for the longest goes.
  size_t cache_entries_max = 4096;
  // By which answers age. Outlives the resolver.
  const Clock* clock = &Clock::Monotonic();
};

struct ResolverStats {
  uint64_t lookups = 0;
  uint64_t from_hosts = 0;
  uint64_t from_cache = 0;
  uint64_t shared = 0;  // heard what another one's question brought
  uint64_t questions = 0;
  uint64_t failures = 0;  // questions without an answer, "no such name" not among them
};

class Resolver {
 public:
  using Family = SocketAddress::Family;
  using Addresses = std::vector<SocketAddress>;

  explicit Resolver(ResolverOptions options = ResolverOptions());
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // The process's own, with the system's files. Lives for ever.
  static Resolver& Default();

  // Addresses with the port 0, the best first. Both families are asked for at once and come in
  // turns, beginning with IPv6 (RFC 8305); one may fail where the other does not.
  Task<Result<Addresses>> Resolve(std::string host);
  // Of one family.
  Task<Result<Addresses>> Resolve(std::string host, Family family);

  // Forgets the answers.
  void ClearCache() { cache_.Clear(); }
  ResolverStats stats() const;

 private:
  struct Files {
    io::HostsFile hosts;
    std::shared_ptr<const io::ResolverConfig> config;
    Instant read_at{};
  };
  using FilesPtr = std::shared_ptr<const Files>;

  FilesPtr FreshFiles() const;
  Task<FilesPtr> LoadFiles();
  std::optional<Result<Addresses>> AnswerAtOnce(const std::string& host, Family family) const;
  std::optional<Result<Addresses>> AnswerFromHosts(const Files& files, const std::string& host,
                                                   Family family);
  Task<Result<Addresses>> AnswerFromServers(std::string host, Family family, FilesPtr files);
  Task<Result<Addresses>> Ask(std::string host, Family family, FilesPtr files,
                              std::shared_ptr<io::AnswerCache::Entry> entry);

  const ResolverOptions options_;
  AsyncMutex loading_;
  mutable Mutex mutex_;
  FilesPtr files_;  // under the mutex
  io::AnswerCache cache_;
  Atomic<uint64_t> lookups_{0};
  Atomic<uint64_t> from_hosts_{0};
  Atomic<uint64_t> from_cache_{0};
  Atomic<uint64_t> shared_{0};
  Atomic<uint64_t> questions_{0};
  Atomic<uint64_t> failures_{0};
};

namespace io {

// Both lists in turns, the first of `ipv6` first (RFC 8305, section 4).
std::vector<SocketAddress> Interleave(const std::vector<SocketAddress>& ipv6,
                                      const std::vector<SocketAddress>& ipv4);

}  // namespace io

}  // namespace zokio

#endif  // ZOKIO_IO_DNS_RESOLVER_H_
