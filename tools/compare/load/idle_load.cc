// What an idle connection costs an echo server in memory.
//
//   idle_load PORT PID CONNECTIONS
//
// Opens the connections one after the other and has each echo one message, so that whatever a
// server allocates at the first use is there; none is closed. The first half warms the server up
// (its buffers, its tables); the value is what the second half adds to the resident memory of
// process PID. Prints `value=BYTES_PER_CONNECTION work=MESSAGES_VERIFIED` or `failed=REASON`.
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

#include "tools/compare/load/connect.h"
#include "tools/compare/load/message_stream.h"

namespace zokio::compare {
namespace {

constexpr size_t kMessageBytes = 64;

[[noreturn]] void Fail(const char* reason) {
  std::printf("failed=%s\n", reason);
  std::exit(1);
}

// One message there and back.
void Exchange(int fd, uint32_t index, std::span<const std::byte> filler) {
  MessageStream stream(index, filler);
  std::array<std::byte, kMessageBytes> message;
  std::copy(filler.begin(), filler.end(), message.begin());
  stream.StampNext(message.data());
  if (send(fd, message.data(), message.size(), MSG_NOSIGNAL) != ssize_t{kMessageBytes}) {
    Fail("the server closed a connection");
  }
  while (stream.received() == 0) {
    std::array<std::byte, kMessageBytes> answer;
    const ssize_t length = recv(fd, answer.data(), answer.size(), 0);
    if (length <= 0) Fail("nothing came back");
    if (!stream.Verify({answer.data(), static_cast<size_t>(length)})) {
      Fail("what came back is not what was sent");
    }
  }
}

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

void Run(uint16_t port, int pid, uint32_t connections) {
  const auto filler = MakeFiller(kMessageBytes);
  int64_t resident_halfway = 0;
  const uint32_t half = connections / 2;
  for (uint32_t i = 0; i < 2 * half; ++i) {
    if (i == half) resident_halfway = ResidentBytes(pid);
    const int fd = ConnectTo(port);
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    Exchange(fd, i, filler);
  }
  const int64_t added = ResidentBytes(pid) - resident_halfway;
  std::printf("value=%.1f work=%u\n", static_cast<double>(added) / half, 2 * half);
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
