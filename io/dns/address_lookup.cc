#include "io/dns/address_lookup.h"

#include <ares.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "io/dns/ares_channel.h"
#include "io/dns/ares_sockets.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio::io {
namespace {

using Family = SocketAddress::Family;
using Output = Result<HostAddresses>;

constexpr const char* kName = "resolve";

HostAddresses AddressesOf(const ares_addrinfo& answer) {
  HostAddresses found;
  int ttl_s = INT32_MAX;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    SocketAddress address = FromRaw(reinterpret_cast<const uint8_t*>(node->ai_addr),
                                    static_cast<uint32_t>(node->ai_addrlen));
    if (address.family() == Family::kNone) continue;
    if (found.addresses.size() == HostAddresses::kMost) break;
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
    channel_.reset();
  }

  Poll<Output> Drive(Context& context);

 private:
  // True when the channel is there and was asked; else an answer, or pending.
  bool PollOpen(Context& context);
  void Ask();
  static void OnAnswer(void* self, int status, int timeouts, ares_addrinfo* answer);
  // True when time was up and c-ares made its next step.
  bool PollTimer(Context& context);

  const std::string host_;
  const Family family_;
  const std::shared_ptr<const ResolverConfig> config_;
  std::optional<OneshotReceiver<Result<AresChannelPtr>>> opening_;
  bool ending_ = false;
  std::optional<Output> answer_;
  std::optional<Sleep> sleep_;
  AresSockets sockets_;
  AresChannelPtr channel_;
};

bool AddressLookup::Query::PollOpen(Context& context) {
  if (!opening_.has_value()) {
    Loop* loop = Loop::Current();
    if (loop == nullptr) {
      answer_.emplace(Error(ErrorCode::kWrongThread, kName));
      return true;
    }
    opening_.emplace(OpenAresChannel(loop->options().blocking_runner, config_, &sockets_));
  }
  Poll<Result<Result<AresChannelPtr>>> poll = opening_->poll(context);
  if (poll.pending()) return false;
  if (!poll.value().ok()) {
    answer_.emplace(Error(ErrorCode::kShutdown, kName));
  } else if (Result<AresChannelPtr>& opened = *poll.value(); !opened.ok()) {
    answer_.emplace(opened.error());
  } else {
    channel_ = *std::move(opened);
    Ask();
  }
  return true;
}

void AddressLookup::Query::Ask() {
  ares_addrinfo_hints hints{};
  hints.ai_family = family_ == Family::kIpv4 ? AF_INET : AF_INET6;
  ares_getaddrinfo(channel_.get(), host_.c_str(), nullptr, &hints, &OnAnswer, this);
}

void AddressLookup::Query::OnAnswer(void* self, int status, int, ares_addrinfo* answer) {
  auto* query = static_cast<Query*>(self);
  if (!query->ending_) {
    HostAddresses found;
    if (status == ARES_SUCCESS) found = AddressesOf(*answer);
    if (found.addresses.empty()) found.ttl = query->sockets_.negative_ttl();
    const bool answered =
        status == ARES_SUCCESS || AresError(status).code() == ErrorCode::kNotFound;
    query->answer_.emplace(answered ? Output(std::move(found)) : Output(AresError(status)));
  }
  if (answer != nullptr) ares_freeaddrinfo(answer);
}

bool AddressLookup::Query::PollTimer(Context& context) {
  timeval left{};
  if (ares_timeout(channel_.get(), nullptr, &left) == nullptr) {
    // Nothing is asked for any more, and nothing was answered: that would be a defect of c-ares.
    answer_.emplace(Error(ErrorCode::kUnknown, kName));
    return true;
  }
  // Anew each time, because every step of c-ares may move it; there are few.
  sleep_.emplace(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  if (sleep_->poll(context).pending()) return false;  // ready at once where the time is over
  ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  return true;
}

Poll<Output> AddressLookup::Query::Drive(Context& context) {
  if (channel_ == nullptr && !PollOpen(context)) return kPending;
  while (!answer_.has_value()) {
    const Result<bool> progress = sockets_.Drive(channel_.get(), context);
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
