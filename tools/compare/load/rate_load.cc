// Sends messages to an echo server at a fixed rate, whether or not it keeps up, and checks every
// byte that comes back.
//
//   rate_load cpu|p99 PORT PID CONNECTIONS SIZE MESSAGES_PER_SECOND SECONDS
//
// The messages go to the connections in turn, evenly spread over time. Prints `value=` the server's
// CPU time in percent of a core, or the 99th percentile of the delay from the time at which a
// message was due until it was back, in microseconds.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "tools/compare/bare/ring.h"
#include "tools/compare/load/connect.h"
#include "tools/compare/load/message_stream.h"

namespace zokio::compare {
namespace {

constexpr int64_t kSilenceMaxNs = 2'000'000'000;

struct Peer {
  int fd;
  MessageStream stream;
  std::deque<int64_t> due;  // of messages under way
};

[[noreturn]] void Fail(const char* reason) {
  std::printf("failed=%s\n", reason);
  std::exit(1);
}

class RateLoad {
 public:
  RateLoad(uint16_t port, uint32_t connections, size_t size)
      : filler_(MakeFiller(size)), message_(filler_), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    peers_.reserve(connections);
    for (uint32_t i = 0; i < connections; ++i) {
      peers_.push_back({ConnectTo(port), MessageStream(i, filler_), {}});
      epoll_event event{.events = EPOLLIN, .data = {.u32 = i}};
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[i].fd, &event) != 0) Die("epoll_ctl", errno);
    }
  }

  void Run(double rate, double seconds) {
    const auto count = static_cast<uint64_t>(rate * seconds);
    const int64_t start = NowNs();
    for (uint64_t sent = 0; delays_ns_.size() < count;) {
      const int64_t now = NowNs();
      const auto due_count = static_cast<uint64_t>(static_cast<double>(now - start) * rate / 1e9);
      while (sent < std::min(count, due_count)) {
        Send(peers_[sent % peers_.size()],
             start + static_cast<int64_t>(static_cast<double>(sent) * 1e9 / rate));
        ++sent;
      }
      const int64_t next = start + static_cast<int64_t>(static_cast<double>(sent + 1) * 1e9 / rate);
      Receive(sent < count ? next : now + kSilenceMaxNs, sent == count);
    }
    elapsed_ns_ = NowNs() - start;
  }

  uint64_t messages() const { return delays_ns_.size(); }
  int64_t elapsed_ns() const { return elapsed_ns_; }
  double PercentileUs(double part) {
    const auto place =
        delays_ns_.begin() + static_cast<ptrdiff_t>(part * static_cast<double>(delays_ns_.size()));
    std::nth_element(delays_ns_.begin(), place, delays_ns_.end());
    return static_cast<double>(*place) / 1000;
  }

 private:
  void Send(Peer& peer, int64_t due) {
    peer.stream.StampNext(message_.data());
    if (send(peer.fd, message_.data(), message_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(message_.size())) {
      Fail("the server closed a connection");
    }
    peer.due.push_back(due);
  }

  // Waits for answers until `until`.
  void Receive(int64_t until, bool last) {
    const int64_t left = std::max<int64_t>(0, until - NowNs());
    const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
    epoll_event events[256];
    const int count = epoll_pwait2(epoll_, events, 256, &limit, nullptr);
    if (count == 0 && last) Fail("the server fell silent");
    const int64_t now = NowNs();
    for (int i = 0; i < count; ++i) {
      Peer& peer = peers_[events[i].data.u32];
      const ssize_t length = recv(peer.fd, buffer_, sizeof(buffer_), MSG_DONTWAIT);
      if (length <= 0) Fail("the server closed a connection");
      const uint64_t before = peer.stream.received();
      if (!peer.stream.Verify(std::span(buffer_).first(static_cast<size_t>(length)))) {
        Fail("what came back is not what was sent");
      }
      for (uint64_t k = before; k < peer.stream.received(); ++k) {
        delays_ns_.push_back(now - peer.due.front());
        peer.due.pop_front();
      }
    }
  }

  const std::vector<std::byte> filler_;
  std::vector<std::byte> message_;
  const int epoll_;
  std::vector<Peer> peers_;
  std::vector<int64_t> delays_ns_;
  int64_t elapsed_ns_ = 0;
  std::byte buffer_[65536];
};

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fputs("usage: rate_load cpu|p99 PORT PID CONNECTIONS SIZE RATE SECONDS\n", stderr);
    return 2;
  }
  const int pid = std::atoi(argv[3]);
  zokio::compare::RateLoad load(static_cast<uint16_t>(std::atoi(argv[2])),
                                static_cast<uint32_t>(std::atoi(argv[4])),
                                static_cast<size_t>(std::atoll(argv[5])));
  const int64_t cpu_before = zokio::compare::CpuTimeOf(pid);
  load.Run(std::atof(argv[6]), std::atof(argv[7]));
  const int64_t cpu_ns = zokio::compare::CpuTimeOf(pid) - cpu_before;
  const double value =
      std::string_view(argv[1]) == "cpu"
          ? 100.0 * static_cast<double>(cpu_ns) / static_cast<double>(load.elapsed_ns())
          : load.PercentileUs(0.99);
  std::printf("value=%.3f work=%llu\n", value, static_cast<unsigned long long>(load.messages()));
}
