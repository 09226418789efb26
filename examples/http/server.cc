#include "examples/http/server.h"

#include <span>
#include <utility>

#include "future/timeout.h"

namespace zokio::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nServer: zokio\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Counts a connection while it lives, however it ends.
class Counted {
 public:
  explicit Counted(Atomic<int64_t>* count) : count_(count) {
    count_->fetch_add(1, memory_order_relaxed);
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { count_->fetch_sub(1, memory_order_relaxed); }

 private:
  Atomic<int64_t>* count_;
};

}  // namespace

Server::Server(ServerLimits limits, std::function<std::string()> runtime_stats)
    : limits_(limits), runtime_stats_(std::move(runtime_stats)) {}

std::string Server::Stats() const {
  return "connections " + std::to_string(connections_.load(memory_order_relaxed)) + "\naccepted " +
         std::to_string(accepted_.load(memory_order_relaxed)) + "\n" + runtime_stats_();
}

Task<ServeReport> Server::Run(TcpListener* listener, Task<> stop) {
  ServeOptions options;
  options.grace = limits_.grace;
  const ConnectionHandler handler = [this](TcpStream stream, Drain*) {
    return ServeConnection(std::move(stream));
  };
  co_return co_await ServeConnections(listener, StopAfter(std::move(stop)), handler, options);
}

Task<> Server::StopAfter(Task<> stop) {
  co_await std::move(stop);
  stopping_.store(true, memory_order_relaxed);
}

Task<> Server::ServeConnection(TcpStream stream) {
  accepted_.fetch_add(1, memory_order_relaxed);
  if (connections_.load(memory_order_relaxed) >= limits_.connections_max) {
    (void)co_await Timeout(stream.WriteAll(Bytes(kBusy)), 1s);
    co_return;
  }
  Counted counted(&connections_);
  Session session(*this);
  std::string out;
  while (co_await Exchange(&stream, &session, &out)) {
  }
  // A close with unread bytes would be a reset, which can overtake the last answer: say that this
  // side ends, and read on for a moment.
  if (!stream.Shutdown().ok()) co_return;
  for (int reads = 0; reads < 16; ++reads) {
    auto chunk = co_await Timeout(stream.Read(), 1s);
    if (!chunk.ok() || chunk->empty()) co_return;
  }
}

// Reads once and answers what is complete. False: the connection is to end.
Task<bool> Server::Exchange(TcpStream* stream, Session* session, std::string* out) {
  Duration limit = session->idle() ? limits_.idle_max : limits_.request_max;
  auto chunk = co_await Timeout(stream->Read(), limit);
  bool open = false;
  if (chunk.ok()) {
    if (chunk->empty()) co_return false;
    open = session->Receive(chunk->view(), *out);
    Lease finished = *std::move(chunk);  // back to its pool before the write
  } else if (chunk.error().code() == ErrorCode::kDeadlineExceeded) {
    session->TimeOut(*out);
  } else {
    co_return false;
  }
  if (!out->empty()) {
    auto written = co_await Timeout(stream->WriteAll(Bytes(*out)), limits_.answer_max);
    if (!written.ok()) co_return false;
    out->clear();
  }
  co_return open;
}

}  // namespace zokio::http
