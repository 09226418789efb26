#include "io/net/connect_host.h"

#include <utility>

#include "future/task.h"

namespace zokio {

using Family = SocketAddress::Family;
using Output = Result<TcpStream>;

// One family's question, at an address of its own while it runs.
struct ConnectHost::Lookup {
  Lookup(Resolver& resolver, std::string host, Family family)
      : future(resolver.Resolve(std::move(host), family)) {}

  TaskFuture<Result<Resolver::Addresses>> future;
};

ConnectHost::ConnectHost(std::string host, uint16_t port, const ConnectHostOptions& options)
    : port_(port),
      resolution_delay_(options.resolution_delay),
      ipv6_(std::make_unique<Lookup>(*options.resolver, host, Family::kIpv6)),
      ipv4_(std::make_unique<Lookup>(*options.resolver, std::move(host), Family::kIpv4)),
      connect_(options.attempt_delay) {}

ConnectHost::ConnectHost(ConnectHost&&) noexcept = default;
ConnectHost::~ConnectHost() = default;

namespace {

// The addresses once they are there; of a failure the error, which says more than "not found".
template <typename Lookup>
std::optional<std::vector<SocketAddress>> TakeAnswer(std::unique_ptr<Lookup>& lookup, uint16_t port,
                                                     Context& context,
                                                     std::optional<Error>& error) {
  if (lookup == nullptr) return std::nullopt;
  auto poll = lookup->future.poll(context);
  if (poll.pending()) return std::nullopt;
  lookup.reset();
  Result<Resolver::Addresses> answer = std::move(poll).value();
  if (!answer.ok()) {
    if (!error.has_value() || error->code() == ErrorCode::kNotFound) error = answer.error();
    return std::vector<SocketAddress>();
  }
  for (SocketAddress& address : *answer) address.set_port(port);
  return *std::move(answer);
}

}  // namespace

void ConnectHost::PollLookups(Context& context) {
  if (auto ipv6 = TakeAnswer(ipv6_, port_, context, error_)) {
    found_ |= !ipv6->empty();
    connect_.Add(*ipv6);
  }
  if (auto ipv4 = TakeAnswer(ipv4_, port_, context, error_)) {
    found_ |= !ipv4->empty();
    held_ = *std::move(ipv4);
    if (ipv6_ != nullptr) hold_.emplace(resolution_delay_);
  }
  if (!held_.empty() && (!hold_.has_value() || ipv6_ == nullptr || hold_->poll(context).ready())) {
    connect_.Add(std::exchange(held_, {}));
  }
  if (ipv6_ == nullptr && ipv4_ == nullptr) connect_.NoMore();
}

Poll<Output> ConnectHost::poll(Context& context) {
  PollLookups(context);
  if (ipv6_ == nullptr && ipv4_ == nullptr && !found_) {
    return Output(error_.value_or(Error(ErrorCode::kNotFound, "connect")));
  }
  Poll<Output> poll = connect_.poll(context);
  if (poll.ready()) {
    ipv6_.reset();
    ipv4_.reset();
  }
  return poll;
}

ConnectHost TcpStream::Connect(std::string_view host, uint16_t port) {
  return ConnectHost(std::string(host), port);
}

}  // namespace zokio
