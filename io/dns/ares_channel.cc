#include "io/dns/ares_channel.h"

#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

namespace zokio::io {
namespace {

using Family = SocketAddress::Family;

constexpr const char* kName = "resolve";

bool InitializeLibrary() {
  static const bool initialized = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return initialized;
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

int SetServers(ares_channel channel, const std::vector<SocketAddress>& servers) {
  std::vector<ares_addr_port_node> nodes;
  nodes.reserve(servers.size() + 1);
  for (const SocketAddress& server : servers) nodes.push_back(NodeOf(server));
  if (nodes.empty()) {
    nodes.push_back(NodeOf(SocketAddress::Ipv4({127, 0, 0, 1}, ResolverConfig::kDnsPort)));
  }
  for (size_t i = 0; i + 1 < nodes.size(); ++i) nodes[i].next = &nodes[i + 1];
  return ares_set_servers_ports(channel, nodes.data());
}

Result<AresChannelPtr> Open(const ResolverConfig& config, AresSockets* sockets) {
  if (!InitializeLibrary()) return AresError(ARES_ENOTINITIALIZED);
  std::vector<char*> domains;
  domains.reserve(config.search.size());
  for (const std::string& name : config.search) domains.push_back(const_cast<char*>(name.data()));
  // Everything that c-ares would otherwise look up in files and the environment.
  char dns_only[] = "b";
  ares_options options{};
  options.flags = ARES_FLAG_NOALIASES;
  options.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(config.timeout).count());
  options.tries = config.attempts;
  options.ndots = config.ndots;
  options.lookups = dns_only;
  options.domains = domains.data();
  options.ndomains = static_cast<int>(domains.size());
  options.sock_state_cb = &AresSockets::OnState;
  options.sock_state_cb_data = sockets;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                   ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SERVERS | ARES_OPT_SORTLIST |
                   ARES_OPT_SOCK_STATE_CB | (config.rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE);
  ares_channel made = nullptr;
  int status = ares_init_options(&made, &options, mask);
  if (status != ARES_SUCCESS) return AresError(status);
  AresChannelPtr channel(made);
  ares_set_socket_functions(made, &AresSockets::Functions(), sockets);
  status = SetServers(made, config.servers);
  if (status != ARES_SUCCESS) return AresError(status);
  return channel;
}

// A channel to be made, on its way to a thread that may block.
struct Opening {
  OneshotSender<Result<AresChannelPtr>> sender;
  std::shared_ptr<const ResolverConfig> config;
  AresSockets* sockets;

  static void Make(void* argument, bool run) {
    const std::unique_ptr<Opening> opening(static_cast<Opening*>(argument));
    if (!run || opening->sender.receiver_gone()) return;
    std::move(opening->sender).Send(Open(*opening->config, opening->sockets));
  }
};

}  // namespace

Error AresError(int status) {
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

OneshotReceiver<Result<AresChannelPtr>> OpenAresChannel(
    BlockingRunner* runner, std::shared_ptr<const ResolverConfig> config, AresSockets* sockets) {
  OneshotChannel<Result<AresChannelPtr>> answer = MakeOneshot<Result<AresChannelPtr>>();
  auto* opening = new Opening{std::move(answer.sender), std::move(config), sockets};
  if (runner != nullptr) {
    runner->Run(&Opening::Make, opening);
  } else {
    Opening::Make(opening, /*run=*/true);
  }
  return std::move(answer.receiver);
}

}  // namespace zokio::io
