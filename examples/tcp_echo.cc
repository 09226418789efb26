// A TCP echo server: what comes in goes out, until the client ends or Ctrl-C.
//
//   bazel run //examples:tcp_echo -- [ADDRESS [WORKERS]]     (default 127.0.0.1:7777, all cores)
#include <cstdio>
#include <cstdlib>

#include "future/select.h"
#include "future/task_scope.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/descriptor_limit.h"
#include "runtime/runtime.h"
#include "runtime/shutdown_signals.h"

namespace {

zokio::Task<> Serve(zokio::TcpStream stream) {
  while (true) {
    auto chunk = co_await stream.Read();  // a lease on a pooled buffer, returned when dropped
    if (!chunk.ok() || chunk->empty()) co_return;
    if (!(co_await stream.WriteAll(*std::move(chunk))).ok()) co_return;
  }
}

zokio::Task<> AcceptAll(zokio::TcpListener* listener, zokio::TaskScope* scope) {
  while (true) {
    auto stream = co_await listener->Accept();  // backs off on EMFILE, skips ECONNABORTED
    if (!stream.ok()) co_return;                // closed or cancelled
    scope->Spawn(Serve(*std::move(stream)));
  }
}

zokio::Task<int> Main(const char* address, zokio::ShutdownSignals* signals) {
  auto listener = co_await zokio::TcpListener::Bind(address);
  if (!listener.ok()) {
    std::fprintf(stderr, "tcp_echo: %s: %s\n", address, listener.error().ToString().c_str());
    co_return 1;
  }
  std::printf("listening on %s\n", listener->local_address()->ToString().c_str());
  std::fflush(stdout);
  co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
    co_await zokio::Select(signals->Wait(), AcceptAll(&*listener, &scope));
    scope.Cancel();
  });
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  zokio::RaiseDescriptorLimit();
  zokio::ShutdownSignals signals;  // before the runtime: its threads inherit the mask
  zokio::Runtime runtime({.workers = argc > 2 ? std::atoi(argv[2]) : 0});
  std::printf("%s", runtime.backend().ToString().c_str());
  return runtime.BlockOn(Main(argc > 1 ? argv[1] : "127.0.0.1:7777", &signals));
}
