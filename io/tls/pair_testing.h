// Two ends of a TLS connection of one loop, and what tests do with them.
#ifndef ZOKIO_IO_TLS_PAIR_TESTING_H_
#define ZOKIO_IO_TLS_PAIR_TESTING_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "future/join.h"
#include "future/timeout.h"
#include "io/net/testing.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "io/tls/testing.h"
#include "io/tls/tls_stream.h"

namespace zokio::io::testing {

struct Pair {
  Pair() = default;
  std::optional<TlsStream> client;
  std::optional<TlsStream> server;
  std::optional<Error> client_error;
  std::optional<Error> server_error;
};

// Both sides at once, over a TCP connection of the loop.
inline Task<std::unique_ptr<Pair>> Handshake(TlsContext client_context, TlsContext server_context,
                                             std::string name, TlsConnectOptions options) {
  auto pair = std::make_unique<Pair>();
  auto listener = co_await TcpListener::Bind("127.0.0.1:0");
  auto near = co_await TcpStream::Connect(*listener->local_address());
  auto far = co_await listener->Accept();
  Task<Result<TlsStream>> connect = TlsStream::Connect(*std::move(near), std::move(client_context),
                                                       std::move(name), std::move(options));
  Task<Result<TlsStream>> accept = TlsStream::Accept(*std::move(far), std::move(server_context));
  auto [client, server] = co_await Join(std::move(connect), std::move(accept));
  if (client.ok()) {
    pair->client.emplace(*std::move(client));
  } else {
    pair->client_error = client.error();
  }
  if (server.ok()) {
    pair->server.emplace(*std::move(server));
  } else {
    pair->server_error = server.error();
  }
  co_return std::move(pair);
}

// What pointers point to outlives these: tests await them in place.
inline Task<std::string> ReadToEnd(TlsStream* stream) {
  std::string text;
  while (true) {
    Result<Lease> chunk = co_await stream->Read();
    if (!chunk.ok()) co_return text + "|" + chunk.error().ToString();
    if (chunk->empty()) co_return text;
    text.append(chunk->view());
  }
}

inline Task<Result<void>> SendAndShutdown(TlsStream* stream, std::string text) {
  Task<Result<void>> write = stream->WriteAll(std::move(text));
  const Result<void> written = co_await std::move(write);
  if (!written.ok()) co_return written;
  co_return co_await stream->Shutdown();
}

inline Task<Result<void>> Send(TlsStream* stream, std::string text) {
  Task<Result<void>> write = stream->WriteAll(std::move(text));
  co_return co_await std::move(write);
}

inline Task<std::string> ReadOnce(TlsStream* stream) {
  Result<Lease> chunk = co_await stream->Read();
  co_return chunk.ok() ? std::string(chunk->view()) : chunk.error().ToString();
}

inline std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 13);
  return text;
}

inline Task<bool> ReadWithin(TlsStream* stream, Duration limit, std::string* got) {
  Task<Result<Lease>> read = stream->Read();
  const Result<Lease> chunk = co_await Timeout(std::move(read), limit);
  if (!chunk.ok()) co_return chunk.error().code() == ErrorCode::kDeadlineExceeded;
  got->append(chunk->view());
  co_return !chunk->empty();
}

inline Task<ErrorCode> WriteWithin(TlsStream* stream, std::string text, Duration limit) {
  Task<Result<void>> write = stream->WriteAll(std::move(text));
  const Result<void> written = co_await Timeout(std::move(write), limit);
  co_return written.ok() ? ErrorCode::kUnknown : written.error().code();
}

inline Task<Result<void>> ShutdownOnce(TlsStream* stream) { co_return co_await stream->Shutdown(); }

class TlsPairTest : public RuntimeTest {
 protected:
  static TestAuthority& Authority() {
    static TestAuthority authority("ca");
    return authority;
  }
  static TlsServerOptions ServerOptions(const std::string& names = "DNS:a.test,IP:127.0.0.1",
                                        int days_ago = 0) {
    TlsServerOptions options;
    options.certificates.push_back(Authority().Sign("server", names, days_ago));
    return options;
  }
  static TlsClientOptions ClientOptions() {
    TlsClientOptions options;
    options.ca_file = Authority().file();
    return options;
  }
  std::unique_ptr<Pair> Connect(const TlsClientOptions& client, const TlsServerOptions& server,
                                std::string name = "a.test",
                                TlsConnectOptions options = TlsConnectOptions()) {
    return runtime_->BlockOn(Handshake(*TlsContext::Client(client), *TlsContext::Server(server),
                                       std::move(name), std::move(options)));
  }
  std::unique_ptr<Pair> Connect() { return Connect(ClientOptions(), ServerOptions()); }
};

}  // namespace zokio::io::testing

#endif  // ZOKIO_IO_TLS_PAIR_TESTING_H_
