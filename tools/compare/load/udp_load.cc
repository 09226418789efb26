// Loads a UDP echo server and checks every datagram that comes back.
//
//   udp_load PORT PID SOCKETS SIZE SECONDS
//
// Each socket keeps one datagram under way. Prints what echo_load prints. A datagram that is lost
// ends the run: on the loopback, with so few under way, none is.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "tools/compare/bare/ring.h"
#include "tools/compare/load/connect.h"
#include "tools/compare/load/message_stream.h"

namespace zokio::compare {
namespace {

constexpr int64_t kWarmupNs = 100'000'000;
constexpr int kSilenceMaxMs = 2000;

struct Peer {
  int fd;
  MessageStream stream;
};

void SendNext(Peer& peer, std::vector<std::byte>& message) {
  peer.stream.StampNext(message.data());
  if (send(peer.fd, message.data(), message.size(), 0) != static_cast<ssize_t>(message.size())) {
    Die("send", errno);
  }
}

[[noreturn]] void Fail(const char* reason) {
  std::printf("failed=%s\n", reason);
  std::exit(1);
}

void Run(uint16_t port, int pid, uint32_t sockets, size_t size, double seconds) {
  const std::vector<std::byte> filler = MakeFiller(size);
  std::vector<std::byte> message = filler;
  std::vector<std::byte> answer(size + 1);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Peer> peers;
  peers.reserve(sockets);
  for (uint32_t i = 0; i < sockets; ++i) {
    peers.push_back({ConnectUdp(port), MessageStream(i, filler)});
    epoll_event event{.events = EPOLLIN, .data = {.u32 = i}};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].fd, &event) != 0) Die("epoll_ctl", errno);
    SendNext(peers[i], message);
  }
  const int64_t start = NowNs() + kWarmupNs;
  const int64_t end = start + static_cast<int64_t>(seconds * 1e9);
  uint64_t messages = 0;
  uint64_t counted = 0;
  int64_t cpu_ns = 0;
  int64_t counted_from = 0;
  uint32_t open = sockets;  // with a datagram under way
  epoll_event events[256];
  while (open > 0) {
    const int count = epoll_wait(epoll, events, 256, kSilenceMaxMs);
    if (count == 0) Fail("a datagram was lost or not answered");
    const int64_t now = NowNs();
    if (counted_from == 0 && now >= start) {
      counted_from = now;
      counted = messages;
      cpu_ns = CpuTimeOf(pid);
    }
    const bool stopping = now >= end;
    if (stopping && open == sockets) {
      cpu_ns = CpuTimeOf(pid) - cpu_ns;
      counted = messages - counted;
      counted_from = now - counted_from;
    }
    for (int i = 0; i < count; ++i) {
      Peer& peer = peers[events[i].data.u32];
      const ssize_t length = recv(peer.fd, answer.data(), answer.size(), 0);
      if (length != static_cast<ssize_t>(size) ||
          !peer.stream.Verify(std::span(answer).first(size))) {
        Fail("what came back is not what was sent");
      }
      ++messages;
      if (stopping) {
        --open;
      } else {
        SendNext(peer, message);
      }
    }
  }
  if (counted == 0) Fail("no message came back in the time given");
  std::printf("value=%.2f work=%llu rate=%.0f\n",
              static_cast<double>(cpu_ns) / static_cast<double>(counted),
              static_cast<unsigned long long>(messages),
              static_cast<double>(counted) * 1e9 / static_cast<double>(counted_from));
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: udp_load PORT PID SOCKETS SIZE SECONDS\n", stderr);
    return 2;
  }
  zokio::compare::Run(static_cast<uint16_t>(std::atoi(argv[1])), std::atoi(argv[2]),
                      static_cast<uint32_t>(std::atoi(argv[3])),
                      static_cast<size_t>(std::atoll(argv[4])), std::atof(argv[5]));
}
