// An HTTP/1.1 server with keep-alive, pipelining, limits and an orderly end.
//
//   bazel run --config=opt //examples:http_server -- --port 8080
//       [--host 127.0.0.1] [--workers N] [--backend auto|io_uring|epoll]
//       [--connections_max N] [--idle_s N] [--request_s N] [--grace_s N]
//
// Prints the backend and "listening on ADDRESS:PORT" (port 0 takes a free one). Ctrl-C or SIGTERM
// drains and ends; twice ends at once.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "examples/http/server.h"
#include "runtime/descriptor_limit.h"
#include "runtime/runtime.h"
#include "runtime/shutdown_signals.h"

namespace {

struct Flags {
  std::string host = "127.0.0.1";
  int64_t port = 8080;
  int64_t workers = 0;
  std::string backend = "auto";
  zokio::http::ServerLimits limits;
};

bool ParseNumber(std::string_view text, int64_t min, int64_t max, int64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= min && value <= max;
}

bool ParseSeconds(std::string_view text, zokio::Duration& value) {
  int64_t seconds;
  if (!ParseNumber(text, 0, 1'000'000, seconds)) return false;
  value = std::chrono::seconds(seconds);
  return true;
}

bool ParseFlag(std::string_view name, std::string_view value, Flags& flags) {
  if (name == "--host") return flags.host = value, !value.empty();
  if (name == "--port") return ParseNumber(value, 0, 65535, flags.port);
  if (name == "--workers") return ParseNumber(value, 0, 1024, flags.workers);
  if (name == "--backend") return flags.backend = value, true;
  if (name == "--connections_max") {
    return ParseNumber(value, 1, 10'000'000, flags.limits.connections_max);
  }
  if (name == "--idle_s") return ParseSeconds(value, flags.limits.idle_max);
  if (name == "--request_s") return ParseSeconds(value, flags.limits.request_max);
  if (name == "--grace_s") return ParseSeconds(value, flags.limits.grace);
  return false;
}

bool ParseFlags(int argc, char** argv, Flags& flags) {
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    std::string_view value;
    if (size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    } else if (i + 1 < argc) {
      value = argv[++i];
    }
    if (!ParseFlag(name, value, flags)) {
      std::fprintf(stderr, "http_server: bad flag or value: %.*s %.*s\n",
                   static_cast<int>(name.size()), name.data(), static_cast<int>(value.size()),
                   value.data());
      return false;
    }
  }
  return true;
}

bool ParseBackend(const std::string& text, zokio::io::BackendChoice& choice) {
  if (text == "auto") return choice = zokio::io::BackendChoice::kAuto, true;
  if (text == "io_uring") return choice = zokio::io::BackendChoice::kUring, true;
  if (text == "epoll") return choice = zokio::io::BackendChoice::kEpoll, true;
  std::fprintf(stderr, "http_server: --backend must be auto, io_uring or epoll\n");
  return false;
}

zokio::Task<int> Main(const Flags* flags, zokio::Runtime* runtime,
                      zokio::ShutdownSignals* signals) {
  std::string address = flags->host + ":" + std::to_string(flags->port);
  auto listener = co_await zokio::TcpListener::Bind(address);
  if (!listener.ok()) {
    std::fprintf(stderr, "http_server: %s: %s\n", address.c_str(),
                 listener.error().ToString().c_str());
    co_return 1;
  }
  std::printf("listening on %s\n", listener->local_address()->ToString().c_str());
  std::fflush(stdout);
  zokio::http::Server server(flags->limits, [runtime] { return runtime->Stats().ToString(); });
  auto wait = [](zokio::ShutdownSignals* stop) -> zokio::Task<> { co_await stop->Wait(); };
  zokio::Task<zokio::ServeReport> run = server.Run(&*listener, wait(signals));
  const zokio::ServeReport report = co_await std::move(run);
  for (const zokio::SocketAddress& peer : report.cut_peers) {
    std::printf("cut %s\n", peer.ToString().c_str());
  }
  std::printf("drained\n%s", server.Stats().c_str());
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  zokio::RuntimeOptions options;
  if (!ParseFlags(argc, argv, flags)) return 2;
  if (!ParseBackend(flags.backend, options.io.backend)) return 2;
  options.workers = static_cast<int>(flags.workers);
  zokio::RaiseDescriptorLimit();
  zokio::ShutdownSignals signals;  // before the runtime: its threads inherit the mask
  auto runtime = zokio::Runtime::Create(options);
  if (!runtime.ok()) {
    std::fprintf(stderr, "http_server: %s\n", runtime.error().ToString().c_str());
    return 1;
  }
  const zokio::io::BackendReport& backend = (*runtime)->backend();
  std::printf("backend: %s (%s)\n", zokio::io::BackendName(backend.kind), backend.reason.c_str());
  return (*runtime)->BlockOn(Main(&flags, runtime->get(), &signals));
}
