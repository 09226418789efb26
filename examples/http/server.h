// Server: HTTP sessions on TCP connections, with limits and an orderly end.
//
// Limits: connections at once (further ones get a 503), silence between requests, time for a
// request to arrive, time for an answer to be taken. End, by ServeConnections: once `stop` ends,
// nothing is accepted any more, each connection gets the answer to its next or current request
// (with "Connection: close"), and what is left after the grace is cut and reported.
#ifndef ZOKIO_EXAMPLES_HTTP_SERVER_H_
#define ZOKIO_EXAMPLES_HTTP_SERVER_H_

#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <string>

#include "base/atomic.h"
#include "base/clock.h"
#include "examples/http/http_date.h"
#include "examples/http/session.h"
#include "future/task.h"
#include "io/net/serve_connections.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio::http {

struct ServerLimits {
  ServerLimits() {}
  int64_t connections_max = 100'000;
  Duration idle_max = std::chrono::seconds(60);
  Duration request_max = std::chrono::seconds(10);
  Duration answer_max = std::chrono::seconds(30);
  Duration grace = std::chrono::seconds(2);
};

class Server final : public SessionHost {
 public:
  // `runtime_stats` makes the lower part of "/stats"; called on workers.
  Server(ServerLimits limits, std::function<std::string()> runtime_stats);

  // Serves until `stop` ends; then drains. Yields how the connections ended.
  Task<ServeReport> Run(TcpListener* listener, Task<> stop);

  std::string_view Date() const override { return HttpDate(std::time(nullptr)); }
  std::string Stats() const override;
  bool stopping() const override { return stopping_.load(memory_order_relaxed); }

 private:
  Task<> StopAfter(Task<> stop);
  Task<> ServeConnection(TcpStream stream);
  Task<bool> Exchange(TcpStream* stream, Session* session, std::string* out);

  const ServerLimits limits_;
  const std::function<std::string()> runtime_stats_;
  Atomic<bool> stopping_{false};
  Atomic<int64_t> connections_{0};
  Atomic<uint64_t> accepted_{0};
};

}  // namespace zokio::http

#endif  // ZOKIO_EXAMPLES_HTTP_SERVER_H_
