// An HTTPS server: the HTTP sessions of http_server over TLS.
//
//   bazel run //examples:https_server -- --port 8443 --certificate server.pem --key server.key
//       [--host 127.0.0.1] [--backend auto|io_uring|epoll]
//
// Prints "listening on ADDRESS:PORT" (port 0 takes a free one). Ctrl-C or SIGTERM ends.
#include <chrono>
#include <cstdio>
#include <span>
#include <string>

#include "examples/flags.h"
#include "examples/http/session.h"
#include "future/select.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "io/tls/tls_context.h"
#include "io/tls/tls_stream.h"
#include "runtime/descriptor_limit.h"
#include "runtime/runtime.h"
#include "runtime/shutdown_signals.h"

namespace {

class Host final : public zokio::http::SessionHost {
 public:
  std::string_view Date() const override { return "Thu, 01 Jan 1970 00:00:00 GMT"; }
  std::string Stats() const override { return "no statistics here\n"; }
  bool stopping() const override { return false; }
};

zokio::Task<> Serve(zokio::TcpStream tcp, zokio::TlsContext context, const Host* host) {
  zokio::Task<zokio::Result<zokio::TlsStream>> accept =
      zokio::TlsStream::Accept(std::move(tcp), std::move(context));
  auto stream = co_await std::move(accept);
  if (!stream.ok()) {
    std::fprintf(stderr, "https_server: %s\n", stream.error().ToString().c_str());
    co_return;
  }
  zokio::http::Session session(*host);
  bool open = true;
  while (open) {
    zokio::Task<zokio::Result<zokio::Lease>> read = stream->Read();
    auto chunk = co_await zokio::Timeout(std::move(read), std::chrono::seconds(60));
    if (!chunk.ok() || chunk->empty()) break;
    std::string answers;
    open = session.Receive(chunk->view(), answers);
    zokio::Task<zokio::Result<void>> write = stream->WriteAll(std::move(answers));
    if (!(co_await std::move(write)).ok()) co_return;
  }
  (void)co_await stream->Shutdown();
}

zokio::Task<> AcceptAll(zokio::TcpListener* listener, zokio::TaskScope* scope,
                        zokio::TlsContext context, const Host* host) {
  while (true) {
    auto stream = co_await listener->Accept();
    if (!stream.ok()) co_return;
    scope->Spawn(Serve(*std::move(stream), context, host));
  }
}

zokio::Task<int> Main(std::string address, zokio::TlsContext context,
                      zokio::ShutdownSignals* signals) {
  auto listener = co_await zokio::TcpListener::Bind(address);
  if (!listener.ok()) {
    std::fprintf(stderr, "https_server: %s: %s\n", address.c_str(),
                 listener.error().ToString().c_str());
    co_return 1;
  }
  std::printf("listening on %s\n", listener->local_address()->ToString().c_str());
  std::fflush(stdout);
  const Host host;
  co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
    co_await zokio::Select(signals->Wait(), AcceptAll(&*listener, &scope, context, &host));
    scope.Cancel();
  });
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const zokio::examples::Flags flags(argc, argv, {"host", "port", "certificate", "key", "backend"});
  const auto port = flags.Port("port", 8443);
  if (!flags.ok() || !port.has_value()) return 2;
  zokio::TlsServerOptions tls;
  tls.certificates.emplace_back(flags.Text("certificate"), flags.Text("key"));
  tls.alpn = {"http/1.1"};
  const auto context = zokio::TlsContext::Server(tls);
  if (!context.ok()) {
    std::fprintf(stderr, "https_server: %s\n", context.error().ToString().c_str());
    return 1;
  }
  zokio::RaiseDescriptorLimit();
  zokio::ShutdownSignals signals;  // before the runtime: its threads inherit the mask
  zokio::RuntimeOptions options;
  options.io.backend = flags.Backend();
  zokio::Runtime runtime(options);
  return runtime.BlockOn(
      Main(flags.Text("host", "127.0.0.1") + ":" + std::to_string(*port), *context, &signals));
}
