// A TCP proxy: what clients send goes to another host, by its name, and its answers come back.
//
//   bazel run //examples:tcp_proxy -- --port 8080 --to_host example.org --to_port 80
//       [--host 127.0.0.1] [--backend auto|io_uring|epoll]
//
// Prints "listening on ADDRESS:PORT" (port 0 takes a free one). Ctrl-C or SIGTERM ends.
#include <chrono>
#include <cstdio>
#include <string>

#include "examples/flags.h"
#include "future/select.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "io/net/connect_host.h"
#include "io/stream_copy.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/descriptor_limit.h"
#include "runtime/runtime.h"
#include "runtime/shutdown_signals.h"

namespace {

struct Target {
  Target(std::string name, uint16_t number) : host(std::move(name)), port(number) {}
  std::string host;
  uint16_t port;
};

zokio::Task<> Serve(zokio::TcpStream client, Target target) {
  zokio::ConnectHost connect = zokio::TcpStream::Connect(target.host, target.port);
  auto server = co_await zokio::Timeout(std::move(connect), std::chrono::seconds(10));
  if (!server.ok()) {
    std::fprintf(stderr, "tcp_proxy: %s: %s\n", target.host.c_str(),
                 server.error().ToString().c_str());
    co_return;
  }
  // Until both sides ended; the end of one is passed on and leaves the other open.
  (void)co_await zokio::Proxy(client, *server);
}

zokio::Task<> AcceptAll(zokio::TcpListener* listener, zokio::TaskScope* scope, Target target) {
  while (true) {
    auto client = co_await listener->Accept();
    if (!client.ok()) co_return;
    scope->Spawn(Serve(*std::move(client), target));
  }
}

zokio::Task<int> Main(std::string address, Target target, zokio::ShutdownSignals* signals) {
  auto listener = co_await zokio::TcpListener::Bind(address);
  if (!listener.ok()) {
    std::fprintf(stderr, "tcp_proxy: %s: %s\n", address.c_str(),
                 listener.error().ToString().c_str());
    co_return 1;
  }
  std::printf("listening on %s\n", listener->local_address()->ToString().c_str());
  std::fflush(stdout);
  co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
    co_await zokio::Select(signals->Wait(), AcceptAll(&*listener, &scope, target));
    scope.Cancel();
  });
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const zokio::examples::Flags flags(argc, argv, {"host", "port", "to_host", "to_port", "backend"});
  const auto port = flags.Port("port", 8080);
  const auto to_port = flags.Port("to_port", 80);
  const std::string to_host = flags.Text("to_host");
  if (!flags.ok() || !port.has_value() || !to_port.has_value() || to_host.empty()) {
    std::fprintf(stderr, "usage: tcp_proxy --port N --to_host NAME --to_port N\n");
    return 2;
  }
  zokio::RaiseDescriptorLimit();
  zokio::ShutdownSignals signals;  // before the runtime: its threads inherit the mask
  zokio::RuntimeOptions options;
  options.io.backend = flags.Backend();
  zokio::Runtime runtime(options);
  return runtime.BlockOn(Main(flags.Text("host", "127.0.0.1") + ":" + std::to_string(*port),
                              Target(to_host, *to_port), &signals));
}
