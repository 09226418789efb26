// What an idle connection costs an echo server in memory.
//
//   idle_load PORT PID CONNECTIONS
//
// Opens the connections, some hundreds at a time, and has each echo one message, so that whatever a
// server allocates at the first use is there; none is closed. The first tenth warms the server up
// (its buffers, its tables); the value is what the others add to the resident memory of process
// PID. Prints `value=BYTES_PER_CONNECTION work=MESSAGES_VERIFIED` or `failed=REASON`.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "tools/compare/load/connect.h"
#include "tools/compare/load/message_stream.h"

namespace zokio::compare {
namespace {

constexpr size_t kMessageBytes = 64;
constexpr size_t kAtOnce = 250;

[[noreturn]] void Fail(const char* reason) {
  std::printf("failed=%s\n", reason);
  std::exit(1);
}

// One connection and the message that it exchanges.
class Client {
 public:
  Client(uint16_t port, uint32_t index, std::span<const std::byte> filler)
      : fd_(ConnectTo(port)), filler_(filler), stream_(index, filler) {
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }

  void Send() {
    std::array<std::byte, kMessageBytes> message;
    std::copy(filler_.begin(), filler_.end(), message.begin());
    stream_.StampNext(message.data());
    if (send(fd_, message.data(), message.size(), MSG_NOSIGNAL) != ssize_t{kMessageBytes}) {
      Fail("the server closed a connection");
    }
  }

  void Receive() {
    while (stream_.received() == 0) {
      std::array<std::byte, kMessageBytes> answer;
      const ssize_t length = recv(fd_, answer.data(), answer.size(), 0);
      if (length <= 0) Fail("nothing came back");
      if (!stream_.Verify({answer.data(), static_cast<size_t>(length)})) {
        Fail("what came back is not what was sent");
      }
    }
  }

 private:
  int fd_;
  std::span<const std::byte> filler_;
  MessageStream stream_;
};

// Exact, unlike the counters of /proc/PID/status, which lag by some pages per core.
int64_t ResidentBytes(int pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  while (rollup >> word) {
    if (word != "Rss:") continue;
    int64_t kib = 0;
    rollup >> kib;
    return kib * 1024;
  }
  Fail("cannot read the memory of the server");
}

// Opens connections until there are `count`.
void OpenUpTo(uint32_t count, uint16_t port, std::span<const std::byte> filler,
              std::vector<Client>* clients) {
  while (clients->size() < count) {
    const size_t first = clients->size();
    const size_t last = std::min<size_t>(first + kAtOnce, count);
    for (size_t i = first; i < last; ++i) {
      clients->emplace_back(port, static_cast<uint32_t>(i), filler);
    }
    for (size_t i = first; i < last; ++i) (*clients)[i].Send();
    for (size_t i = first; i < last; ++i) (*clients)[i].Receive();
  }
}

void Run(uint16_t port, int pid, uint32_t connections) {
  const auto filler = MakeFiller(kMessageBytes);
  std::vector<Client> clients;
  clients.reserve(connections);
  const uint32_t warmup = connections / 10;
  OpenUpTo(warmup, port, filler, &clients);
  const int64_t before = ResidentBytes(pid);
  OpenUpTo(connections, port, filler, &clients);
  const int64_t added = ResidentBytes(pid) - before;
  std::printf("value=%.1f work=%u\n", static_cast<double>(added) / (connections - warmup),
              connections);
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  if (argc != 4 || std::atoi(argv[3]) < 2) {
    std::fputs("usage: idle_load PORT PID CONNECTIONS\n", stderr);
    return 2;
  }
  zokio::compare::Run(static_cast<uint16_t>(std::atoi(argv[1])), std::atoi(argv[2]),
                      static_cast<uint32_t>(std::atoi(argv[3])));
}
