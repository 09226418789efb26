#include "io/net/staggered_connect.h"

#include <algorithm>

#include "future/timer.h"

namespace zokio {

using Family = SocketAddress::Family;
using Output = Result<TcpStream>;

void StaggeredConnect::Add(const std::vector<SocketAddress>& addresses) {
  std::vector<SocketAddress> ipv6;
  std::vector<SocketAddress> ipv4;
  waiting_.insert(waiting_.end(), addresses.begin(), addresses.end());
  for (const SocketAddress& address : waiting_) {
    (address.family() == Family::kIpv6 ? ipv6 : ipv4).push_back(address);
  }
  const bool ipv4_first = last_ == Family::kIpv6;
  const std::vector<SocketAddress>& first = ipv4_first ? ipv4 : ipv6;
  const std::vector<SocketAddress>& second = ipv4_first ? ipv6 : ipv4;
  waiting_.clear();
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) waiting_.push_back(first[i]);
    if (i < second.size()) waiting_.push_back(second[i]);
  }
}

void StaggeredConnect::Remember(const Error& error) {
  if (!error_.has_value() || error_->code() == ErrorCode::kUnreachable) error_ = error;
}

std::optional<Poll<Output>> StaggeredConnect::PollAttempts(Context& context) {
  for (size_t i = 0; i < running_.size();) {
    Poll<Output> poll = running_[i]->poll(context);
    if (poll.pending()) {
      ++i;
      continue;
    }
    if (poll.value().ok()) {
      running_.clear();
      sleep_.reset();
      return poll;
    }
    Remember(poll.value().error());
    running_.erase(running_.begin() + static_cast<ptrdiff_t>(i));
    start_now_ = true;
  }
  return std::nullopt;
}

bool StaggeredConnect::MayStart(Context& context) {
  if (waiting_.empty()) return false;
  if (start_now_ || running_.empty()) return true;
  return sleep_.has_value() && sleep_->poll(context).ready();
}

void StaggeredConnect::Start(Context& context) {
  running_.push_back(std::make_unique<ConnectTcp>(waiting_.front()));
  last_ = waiting_.front().family();
  waiting_.erase(waiting_.begin());
  ++attempts_;
  start_now_ = false;
  sleep_.reset();
  // From now on, whenever the next address comes.
  if (Timer* timer = context.timer()) sleep_.emplace(SaturatingAdd(timer->Now(), delay_));
}

Poll<Output> StaggeredConnect::poll(Context& context) {
  while (true) {
    if (std::optional<Poll<Output>> won = PollAttempts(context)) return *std::move(won);
    if (!MayStart(context)) break;
    Start(context);
  }
  if (!running_.empty() || !complete_) return kPending;
  return Output(error_.value_or(Error(ErrorCode::kUnreachable, "connect")));
}

}  // namespace zokio
