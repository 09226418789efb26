#include "io/dns/address_lookup.h"

#include <ares.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"
#include "future/sleep.h"
#include "io/dns/ares_sockets.h"
#include "io/internal/socket_calls.h"

namespace zokio::io {
namespace {

using Family = SocketAddress::Family;
using Output = Result<HostAddresses>;

constexpr const char* kName = "resolve";

bool InitializeLibrary() {
  static const bool initialized = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return initialized;
}

Error ErrorOf(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_ENONAME:
      return {ErrorCode::kNotFound, kName};
    case ARES_ETIMEOUT:
      return {ErrorCode::kDeadlineExceeded, kName};
    case ARES_ECONNREFUSED:
      return {ErrorCode::kConnectionRefused, kName};
    case ARES_EBADNAME:
    case ARES_EBADSTR:
    case ARES_EBADQUERY:
      return {ErrorCode::kInvalidArgument, kName};
    case ARES_ENOMEM:
      return {ErrorCode::kOutOfMemory, kName};
    default:
      return {ErrorCode::kUnreachable, kName};
  }
}

HostAddresses AddressesOf(const ares_addrinfo& answer) {
  HostAddresses found;
  int ttl_s = INT32_MAX;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    SocketAddress address = FromRaw(reinterpret_cast<const uint8_t*>(node->ai_addr),
                                    static_cast<uint32_t>(node->ai_addrlen));
    if (address.family() == Family::kNone) continue;
    address.set_port(0);
    found.addresses.push_back(address);
    ttl_s = std::min(ttl_s, node->ai_ttl);
  }
  for (const ares_addrinfo_cname* name = answer.cnames; name != nullptr; name = name->next) {
    ttl_s = std::min(ttl_s, name->ttl);
  }
  found.ttl = std::chrono::seconds(std::max(0, ttl_s));
  return found;
}

ares_addr_port_node NodeOf(const SocketAddress& server) {
  ares_addr_port_node node{};
  node.udp_port = server.port();
  node.tcp_port = server.port();
  if (server.family() == Family::kIpv4) {
    node.family = AF_INET;
    std::memcpy(&node.addr.addr4, server.bytes().data(), sizeof(node.addr.addr4));
  } else {
    node.family = AF_INET6;
    std::memcpy(&node.addr.addr6, server.bytes().data(), sizeof(node.addr.addr6));
  }
  return node;
}

}  // namespace

// A c-ares channel with one question; at an address of its own, because c-ares keeps it.
class AddressLookup::Query {
 public:
  Query(std::string host, Family family, std::shared_ptr<const ResolverConfig> config)
      : host_(std::move(host)), family_(family), config_(std::move(config)) {}
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() {
    ending_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  Poll<Output> Drive(Context& context);

 private:
  int Open();
  int SetServers();
  void Ask();
  static void OnAnswer(void* self, int status, int timeouts, ares_addrinfo* answer);
  // True when time was up and c-ares made its next step.
  bool PollTimer(Context& context);

  const std::string host_;
  const Family family_;
  const std::shared_ptr<const ResolverConfig> config_;
  ares_channel channel_ = nullptr;
  bool ending_ = false;
  std::optional<Output> answer_;
  std::optional<Sleep> sleep_;
  AresSockets sockets_;
};

int AddressLookup::Query::Open() {
  if (!InitializeLibrary()) return ARES_ENOTINITIALIZED;
  std::vector<char*> domains;
  domains.reserve(config_->search.size());
  for (const std::string& name : config_->search) domains.push_back(const_cast<char*>(name.data()));
  // Everything that c-ares would otherwise look up in files and the environment.
  char dns_only[] = "b";
  ares_options options{};
  options.flags = ARES_FLAG_NOALIASES;
  options.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(config_->timeout).count());
  options.tries = config_->attempts;
  options.ndots = config_->ndots;
  options.lookups = dns_only;
  options.domains = domains.data();
  options.ndomains = static_cast<int>(domains.size());
  options.sock_state_cb = &AresSockets::OnState;
  options.sock_state_cb_data = &sockets_;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                   ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SERVERS | ARES_OPT_SORTLIST |
                   ARES_OPT_SOCK_STATE_CB | (config_->rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
  const int status = ares_init_options(&channel_, &options, mask);
  if (status != ARES_SUCCESS) {
    channel_ = nullptr;
    return status;
  }
  ares_set_socket_functions(channel_, &AresSockets::Functions(), &sockets_);
  return SetServers();
}

int AddressLookup::Query::SetServers() {
  std::vector<ares_addr_port_node> nodes;
  nodes.reserve(config_->servers.size() + 1);
  for (const SocketAddress& server : config_->servers) nodes.push_back(NodeOf(server));
  if (nodes.empty()) {
    nodes.push_back(NodeOf(SocketAddress::Ipv4({127, 0, 0, 1}, ResolverConfig::kDnsPort)));
  }
  for (size_t i = 0; i + 1 < nodes.size(); ++i) nodes[i].next = &nodes[i + 1];
  return ares_set_servers_ports(channel_, nodes.data());
}

void AddressLookup::Query::Ask() {
  ares_addrinfo_hints hints{};
  hints.ai_family = family_ == Family::kIpv4 ? AF_INET : AF_INET6;
  ares_getaddrinfo(channel_, host_.c_str(), nullptr, &hints, &OnAnswer, this);
}

void AddressLookup::Query::OnAnswer(void* self, int status, int, ares_addrinfo* answer) {
  auto* query = static_cast<Query*>(self);
  if (!query->ending_) {
    if (status != ARES_SUCCESS) {
      query->answer_.emplace(ErrorOf(status));
    } else {
      HostAddresses found = AddressesOf(*answer);
      if (found.addresses.empty()) {
        query->answer_.emplace(Error(ErrorCode::kNotFound, kName));
      } else {
        query->answer_.emplace(std::move(found));
      }
    }
  }
  if (answer != nullptr) ares_freeaddrinfo(answer);
}

bool AddressLookup::Query::PollTimer(Context& context) {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) {
    // Nothing is asked for any more, and nothing was answered: that would be a defect of c-ares.
    answer_.emplace(Error(ErrorCode::kUnknown, kName));
    return true;
  }
  // Anew each time, because every step of c-ares may move it; there are few.
  sleep_.emplace(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  if (sleep_->poll(context).pending()) return false;  // ready at once where the time is over
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  return true;
}

Poll<Output> AddressLookup::Query::Drive(Context& context) {
  if (channel_ == nullptr && !answer_.has_value()) {
    if (Loop::Current() == nullptr) return Output(Error(ErrorCode::kWrongThread, kName));
    if (const int status = Open(); status != ARES_SUCCESS) return Output(ErrorOf(status));
    Ask();
  }
  while (!answer_.has_value()) {
    const Result<bool> progress = sockets_.Drive(channel_, context);
    if (answer_.has_value()) break;
    if (!progress.ok()) return Output(progress.error());
    if (!PollTimer(context) && !*progress) return kPending;
  }
  return *std::move(answer_);
}

AddressLookup::AddressLookup(std::string host, Family family,
                             std::shared_ptr<const ResolverConfig> config)
    : query_(std::make_unique<Query>(std::move(host), family, std::move(config))) {
  ZOKIO_CHECK(family != Family::kNone, "a lookup is of one family");
}

AddressLookup::AddressLookup(AddressLookup&&) noexcept = default;
AddressLookup::~AddressLookup() = default;

Poll<Output> AddressLookup::poll(Context& context) { return query_->Drive(context); }

}  // namespace zokio::io
