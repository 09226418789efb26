// The limit of an HTTP server: every request, whatever it asks, gets the same small answer.
//
//   http_uring [BUFFERS]    prints port=N
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tools/compare/bare/request_counter.h"
#include "tools/compare/bare/server.h"

namespace zokio::compare {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nServer: bare\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
    "Hello, World!";
// Pipelined requests answered by one send.
constexpr unsigned kAnswersMax = 256;

struct HttpConnection {
  RequestCounter requests;
  bool sending = false;
  unsigned owed = 0;
};

class HttpServer : public Server<HttpServer, HttpConnection> {
 public:
  explicit HttpServer(unsigned buffers) : Server(buffers) {
    for (unsigned i = 0; i < kAnswersMax; ++i) answers_ += kAnswer;
  }

  void OnReceived(uint32_t slot, unsigned buffer, unsigned length) {
    HttpConnection& peer = connection(slot);
    peer.owed += peer.requests.Feed({reinterpret_cast<const char*>(Data(buffer)), length});
    ReturnBuffer(buffer);
    if (!peer.sending) Answer(slot);
  }

  void OnSent(uint32_t slot, unsigned /*extra*/, bool ok) {
    HttpConnection& peer = connection(slot);
    peer.sending = false;
    if (!ok) peer.owed = 0;
    Answer(slot);
  }

  bool IsSending(const HttpConnection& peer) const { return peer.sending; }
  void OnClosed(uint32_t slot) { connection(slot).owed = 0; }

 private:
  void Answer(uint32_t slot) {
    HttpConnection& peer = connection(slot);
    if (peer.owed == 0) return;
    const unsigned count = std::min(peer.owed, kAnswersMax);
    peer.owed -= count;
    peer.sending = true;
    StartSend(slot, answers_.data(), count * kAnswer.size(), 0);
  }

  std::string answers_;
};

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  const unsigned buffers = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 2048;
  zokio::compare::HttpServer server(buffers);
  server.Run(zokio::compare::ListenAndPrintPort());
}
