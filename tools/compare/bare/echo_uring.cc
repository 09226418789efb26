// The limit of an echo server: sends each received buffer as it is, then gives it back.
//
//   echo_uring [BUFFERS]    prints port=N
#include <cstdint>
#include <cstdlib>

#include "tools/compare/bare/server.h"

namespace zokio::compare {
namespace {

constexpr uint16_t kNone = 0xffff;

// Received and not yet sent, oldest first; only the first is being sent.
struct EchoConnection {
  uint16_t first = kNone;
  uint16_t last = kNone;
};

class EchoServer : public Server<EchoServer, EchoConnection> {
 public:
  explicit EchoServer(unsigned buffers) : Server(buffers), chunks_(buffers) {}

  void OnReceived(uint32_t slot, unsigned buffer, unsigned length) {
    const auto id = static_cast<uint16_t>(buffer);
    chunks_[id] = {.length = length, .next = kNone};
    EchoConnection& peer = connection(slot);
    if (peer.first == kNone) {
      peer.first = id;
      SendFirst(slot);
    } else {
      chunks_[peer.last].next = id;
    }
    peer.last = id;
  }

  void OnSent(uint32_t slot, unsigned buffer, bool ok) {
    EchoConnection& peer = connection(slot);
    peer.first = chunks_[buffer].next;
    ReturnBuffer(buffer);
    if (!ok) return OnClosed(slot);
    if (peer.first != kNone) SendFirst(slot);
  }

  bool IsSending(const EchoConnection& peer) const { return peer.first != kNone; }

  void OnClosed(uint32_t slot) {
    EchoConnection& peer = connection(slot);
    while (peer.first != kNone) {
      const uint16_t id = peer.first;
      peer.first = chunks_[id].next;
      ReturnBuffer(id);
    }
  }

 private:
  struct Chunk {
    uint32_t length;
    uint16_t next;
  };

  void SendFirst(uint32_t slot) {
    const uint16_t id = connection(slot).first;
    StartSend(slot, Data(id), chunks_[id].length, id);
  }

  std::vector<Chunk> chunks_;
};

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  const unsigned buffers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2048;
  zokio::compare::EchoServer server(buffers);
  server.Run(zokio::compare::ListenAndPrintPort());
}
