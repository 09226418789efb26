// Fetches a page by HTTPS and prints the whole answer, head and body.
//
//   bazel run //examples:https_get -- --host example.org [--port 443] [--path /] [--name NAME]
//       [--ca FILE] [--backend auto|io_uring|epoll]
//
// The server's certificate must be of NAME (the host, where none is given) and signed by somebody
// in FILE (those whom the system trusts).
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "examples/flags.h"
#include "future/timeout.h"
#include "io/net/connect_host.h"
#include "io/tcp_stream.h"
#include "io/tls/tls_context.h"
#include "io/tls/tls_stream.h"
#include "runtime/runtime.h"

namespace {

struct Page {
  std::string host;
  uint16_t port = 443;
  std::string path;
  std::string name;
};

zokio::Task<zokio::Result<void>> Fetch(zokio::TlsContext context, Page page) {
  zokio::ConnectHost connect = zokio::TcpStream::Connect(page.host, page.port);
  auto tcp = co_await zokio::Timeout(std::move(connect), std::chrono::seconds(10));
  if (!tcp.ok()) co_return tcp.error();
  zokio::Task<zokio::Result<zokio::TlsStream>> secure =
      zokio::TlsStream::Connect(*std::move(tcp), std::move(context), page.name);
  auto stream = co_await std::move(secure);
  if (!stream.ok()) co_return stream.error();
  std::fprintf(stderr, "%s, %s\n", stream->version().c_str(), stream->alpn().c_str());
  zokio::Task<zokio::Result<void>> ask = stream->WriteAll(
      "GET " + page.path + " HTTP/1.1\r\nHost: " + page.name + "\r\nConnection: close\r\n\r\n");
  const auto asked = co_await std::move(ask);
  if (!asked.ok()) co_return asked;
  while (true) {
    auto chunk = co_await stream->Read();
    if (!chunk.ok()) co_return chunk.error();
    if (chunk->empty()) break;
    std::fwrite(chunk->data(), 1, chunk->size(), stdout);
  }
  (void)co_await stream->Shutdown();  // everything came; the server may be gone already
  co_return {};
}

}  // namespace

int main(int argc, char** argv) {
  const zokio::examples::Flags flags(argc, argv, {"host", "port", "path", "name", "ca", "backend"});
  const auto port = flags.Port("port", 443);
  Page page;
  page.host = flags.Text("host");
  if (!flags.ok() || !port.has_value() || page.host.empty()) return 2;
  page.port = *port;
  page.path = flags.Text("path", "/");
  page.name = flags.Text("name", page.host);
  zokio::TlsClientOptions tls;
  tls.ca_file = flags.Text("ca");
  tls.alpn = {"http/1.1"};
  const auto context = zokio::TlsContext::Client(tls);
  zokio::Result<void> fetched;
  if (!context.ok()) {
    fetched = context.error();
  } else {
    zokio::RuntimeOptions options;
    options.workers = 1;
    options.io.backend = flags.Backend();
    zokio::Runtime runtime(options);
    fetched = runtime.BlockOn(Fetch(*context, page));
  }
  if (fetched.ok()) return 0;
  std::fprintf(stderr, "https_get: %s\n", fetched.error().ToString().c_str());
  return 1;
}
