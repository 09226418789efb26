// TLS between two streams of ours, on each backend: what passes, and what must not.
#include "io/tls/tls_stream.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "future/join.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "gtest/gtest.h"
#include "io/loop.h"
#include "io/net/testing.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "io/tls/testing.h"
#include "io/tls/tls_engine.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::Peer;
using io::testing::PlainListener;
using io::testing::TestAuthority;

struct Pair {
  Pair() = default;
  std::optional<TlsStream> client;
  std::optional<TlsStream> server;
  std::optional<Error> client_error;
  std::optional<Error> server_error;
};

// Both sides at once, over a TCP connection of the loop.
Task<std::unique_ptr<Pair>> Handshake(TlsContext client_context, TlsContext server_context,
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
Task<std::string> ReadToEnd(TlsStream* stream) {
  std::string text;
  while (true) {
    Result<Lease> chunk = co_await stream->Read();
    if (!chunk.ok()) co_return text + "|" + chunk.error().ToString();
    if (chunk->empty()) co_return text;
    text.append(chunk->view());
  }
}

Task<Result<void>> SendAndShutdown(TlsStream* stream, std::string text) {
  Task<Result<void>> write = stream->WriteAll(std::move(text));
  const Result<void> written = co_await std::move(write);
  if (!written.ok()) co_return written;
  co_return co_await stream->Shutdown();
}

Task<Result<void>> Send(TlsStream* stream, std::string text) {
  Task<Result<void>> write = stream->WriteAll(std::move(text));
  co_return co_await std::move(write);
}

Task<std::string> ReadOnce(TlsStream* stream) {
  Result<Lease> chunk = co_await stream->Read();
  co_return chunk.ok() ? std::string(chunk->view()) : chunk.error().ToString();
}

std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u) >> 13);
  return text;
}

class TlsStreamTest : public io::testing::RuntimeTest {
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

struct Exchanged {
  Exchanged() = default;
  bool sent_up = false;
  bool sent_down = false;
  std::string got_up;
  std::string got_down;
};

// Each half of each side is a task of its own; two workers share them.
Task<Exchanged> ExchangeOf(Pair* both, std::string up, std::string down) {
  Exchanged all;
  co_await WithScope([&](TaskScope& scope) -> Task<> {
    auto send_up = scope.SpawnWithResult(SendAndShutdown(&*both->client, std::move(up)));
    auto send_down = scope.SpawnWithResult(SendAndShutdown(&*both->server, std::move(down)));
    auto read_up = scope.SpawnWithResult(ReadToEnd(&*both->server));
    auto read_down = scope.SpawnWithResult(ReadToEnd(&*both->client));
    const auto sent_up = co_await send_up;
    const auto sent_down = co_await send_down;
    all.sent_up = sent_up.ok() && sent_up->ok();
    all.sent_down = sent_down.ok() && sent_down->ok();
    all.got_up = *(co_await read_up);
    all.got_down = *(co_await read_down);
  });
  co_return all;
}

TEST_P(TlsStreamTest, BytesPassBothWaysAtOnceAndEndsAreHalves) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server) << pair->client_error->ToString();
  EXPECT_EQ(pair->client->version(), "TLSv1.3");
  EXPECT_EQ(pair->server->server_name(), "a.test");
  const std::string up = Pattern(700'000);
  const std::string down = Pattern(500'001);
  const Exchanged all = runtime_->BlockOn(ExchangeOf(pair.get(), up, down));
  EXPECT_TRUE(all.sent_up && all.sent_down);
  EXPECT_TRUE(all.got_up == up) << all.got_up.size();
  EXPECT_TRUE(all.got_down == down) << all.got_down.size();
}

TEST_P(TlsStreamTest, OneHalfEndsWhileTheOtherGoesOn) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  EXPECT_TRUE(runtime_->BlockOn(SendAndShutdown(&*pair->client, "question")).ok());
  EXPECT_EQ(runtime_->BlockOn(ReadToEnd(&*pair->server)), "question");
  EXPECT_TRUE(runtime_->BlockOn(SendAndShutdown(&*pair->server, "answer")).ok());
  EXPECT_EQ(runtime_->BlockOn(ReadToEnd(&*pair->client)), "answer");
}

// A record is whole here, and every buffer of the loop is lent out: what it holds is read all the
// same.
Task<std::string> ReadWithoutBuffers(Pair* both) {
  Task<Result<void>> send = Send(&*both->client, std::string(12'000, 'r'));
  (void)co_await std::move(send);
  Task<std::string> first = ReadOnce(&*both->server);
  std::string text = co_await std::move(first);
  std::vector<Lease> lent;
  while (io::BufferBlock* block = io::Loop::Current()->pool().Take()) lent.emplace_back(block);
  while (text.size() < 12'000 && text.back() == 'r') {
    Task<std::string> next = ReadOnce(&*both->server);
    text += co_await std::move(next);
  }
  co_return text;
}

TEST_P(TlsStreamTest, ReadsWhatIsThereWithoutABuffer) {
  const auto both = Connect();
  ASSERT_TRUE(both->client.has_value() && both->server.has_value());
  EXPECT_EQ(runtime_->BlockOn(ReadWithoutBuffers(both.get())), std::string(12'000, 'r'));
}

TEST_P(TlsStreamTest, ReadsIntoMemoryOfTheCaller) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  const std::string text = runtime_->BlockOn(
      [](Pair* both) -> Task<std::string> {
        const std::string sent = "0123456789";
        const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(sent.data()),
                                             sent.size());
        if (!(co_await both->client->WriteAll(bytes)).ok()) co_return "write failed";
        std::vector<uint8_t> target(4);
        std::string got;
        for (int i = 0; i < 3; ++i) {
          const Result<size_t> count = co_await both->server->Read(std::span<uint8_t>(target));
          if (!count.ok() || *count == 0) co_return "read failed";
          got.append(reinterpret_cast<const char*>(target.data()), *count);
          got += ' ';
        }
        co_return got;
      },
      pair.get());
  EXPECT_EQ(text, "0123 4567 89 ");
}

TEST_P(TlsStreamTest, ProtocolsAreAgreedOn) {
  TlsClientOptions client = ClientOptions();
  TlsServerOptions server = ServerOptions();
  client.alpn = {"h2", "http/1.1"};
  server.alpn = {"http/1.1", "h2"};
  const std::unique_ptr<Pair> pair = Connect(client, server);
  ASSERT_TRUE(pair->client && pair->server);
  EXPECT_EQ(pair->client->alpn(), "http/1.1");  // the server prefers it
  EXPECT_EQ(pair->server->alpn(), "http/1.1");
  client.alpn = {"other"};
  const std::unique_ptr<Pair> refused = Connect(client, server);
  EXPECT_FALSE(refused->client.has_value());
  EXPECT_FALSE(refused->server.has_value());
  const std::unique_ptr<Pair> none = Connect(ClientOptions(), server);
  ASSERT_TRUE(none->client && none->server);
  EXPECT_EQ(none->server->alpn(), "");
}

TEST_P(TlsStreamTest, TheServerShowsTheCertificateOfTheNameAskedFor) {
  TlsServerOptions server = ServerOptions("DNS:a.test");
  server.certificates.push_back(Authority().Sign("b", "DNS:b.test,DNS:*.b.test"));
  for (const char* name : {"a.test", "b.test", "x.b.test"}) {
    const std::unique_ptr<Pair> pair = Connect(ClientOptions(), server, name);
    EXPECT_TRUE(pair->client.has_value()) << name << " " << pair->client_error->ToString();
    ASSERT_TRUE(pair->server.has_value());
    EXPECT_EQ(pair->server->server_name(), name);
  }
  const std::unique_ptr<Pair> other = Connect(ClientOptions(), server, "c.test");
  ASSERT_TRUE(other->client_error.has_value());
}

TEST_P(TlsStreamTest, WhatAServerDemandsHoldsForEachOfItsCertificates) {
  TlsServerOptions server = ServerOptions("DNS:a.test");
  server.certificates.push_back(Authority().Sign("b", "DNS:b.test"));
  server.alpn = {"http/1.1"};
  server.client_ca_file = Authority().file();
  const TlsCertificate certificate = Authority().Sign("client", "DNS:client.test");
  for (const char* name : {"a.test", "b.test"}) {
    TlsClientOptions client = ClientOptions();
    client.alpn = {"http/1.1"};
    const std::unique_ptr<Pair> stranger = Connect(client, server, name);
    ASSERT_TRUE(stranger->server_error.has_value()) << name;
    EXPECT_EQ(stranger->server_error->code(), ErrorCode::kPermissionDenied) << name;
    client.certificate_file = certificate.chain_file;
    client.key_file = certificate.key_file;
    const std::unique_ptr<Pair> known = Connect(client, server, name);
    ASSERT_TRUE(known->server.has_value()) << name << " " << known->server_error->ToString();
    EXPECT_EQ(known->server->alpn(), "http/1.1") << name;
    client.alpn = {"other"};
    EXPECT_FALSE(Connect(client, server, name)->server.has_value()) << name;
  }
}

TEST_P(TlsStreamTest, CertificatesThatAreNotToBeTrustedAreRefused) {
  struct Case {
    const char* names;
    int days_ago;
    const char* asked;
    bool our_authority;
    const char* error;
  };
  static TestAuthority stranger("stranger");
  for (const Case& one : {
           Case{"DNS:b.test", 0, "a.test", true, "hostname mismatch: permission denied"},
           Case{"DNS:a.test", 0, "127.0.0.1", true, "IP address mismatch: permission denied"},
           Case{"DNS:a.test", 3, "a.test", true, "certificate has expired: permission denied"},
           Case{"DNS:a.test", -3, "a.test", true,
                "certificate is not yet valid: permission denied"},
           Case{"DNS:a.test", 0, "a.test", false,
                "unable to get local issuer certificate: permission denied"},
       }) {
    TlsClientOptions client = ClientOptions();
    if (!one.our_authority) client.ca_file = stranger.file();
    const std::unique_ptr<Pair> pair =
        Connect(client, ServerOptions(one.names, one.days_ago), one.asked);
    ASSERT_TRUE(pair->client_error.has_value()) << one.error;
    EXPECT_EQ(pair->client_error->ToString(), one.error);
  }
  const std::unique_ptr<Pair> by_address = Connect(ClientOptions(), ServerOptions(), "127.0.0.1");
  EXPECT_TRUE(by_address->client.has_value());
  TlsClientOptions careless;
  careless.verify = false;
  EXPECT_TRUE(Connect(careless, ServerOptions(), "z.test")->client.has_value());
  // Without a name there is nothing to verify; nor is a part of one, or a whole domain, a name.
  for (const std::string& name :
       {std::string(), std::string("a.test\0.b", 9), std::string(".test")}) {
    const std::unique_ptr<Pair> nameless = Connect(ClientOptions(), ServerOptions(), name);
    ASSERT_TRUE(nameless->client_error.has_value()) << name;
    EXPECT_EQ(nameless->client_error->code(), ErrorCode::kInvalidArgument) << name;
  }
}

TEST_P(TlsStreamTest, AServerMayAskForTheClientsCertificate) {
  TlsServerOptions server = ServerOptions();
  server.client_ca_file = Authority().file();
  const std::unique_ptr<Pair> without = Connect(ClientOptions(), server);
  ASSERT_TRUE(without->server_error.has_value());
  EXPECT_EQ(without->server_error->code(), ErrorCode::kPermissionDenied);
  const TlsCertificate certificate = Authority().Sign("client", "DNS:client.test");
  TlsClientOptions client = ClientOptions();
  client.certificate_file = certificate.chain_file;
  client.key_file = certificate.key_file;
  EXPECT_TRUE(Connect(client, server)->server.has_value());
}

TEST_P(TlsStreamTest, ASessionIsResumed) {
  const TlsContext client = *TlsContext::Client(ClientOptions());
  const TlsContext server = *TlsContext::Server(ServerOptions());
  TlsConnectOptions options;
  for (const bool resumed : {false, true, true}) {
    const std::unique_ptr<Pair> pair =
        runtime_->BlockOn(Handshake(client, server, "a.test", options));
    ASSERT_TRUE(pair->client && pair->server);
    EXPECT_EQ(pair->client->resumed(), resumed);
    EXPECT_EQ(pair->server->resumed(), resumed);
    EXPECT_TRUE(runtime_->BlockOn(Send(&*pair->server, "hello")).ok());
    EXPECT_EQ(runtime_->BlockOn(ReadOnce(&*pair->client)), "hello");
    options.session = pair->client->session();
    ASSERT_NE(options.session, nullptr);
  }
}

// A resumed connection shows no certificate: what was not verified then would never be.
TEST_P(TlsStreamTest, ASessionDoesNotTakeThePlaceOfACertificate) {
  const TlsContext server = *TlsContext::Server(ServerOptions("DNS:a.test"));
  TlsClientOptions careless;
  careless.verify = false;
  const TlsContext verifies = *TlsContext::Client(ClientOptions());
  struct Case {
    TlsContext earned_by;
    const char* name;
    const char* error;
  };
  for (const Case& one : {
           Case{verifies, "b.test", "hostname mismatch: permission denied"},
           Case{verifies, "127.0.0.1", "IP address mismatch: permission denied"},
           Case{*TlsContext::Client(careless), "a.test",
                "unable to get local issuer certificate: permission denied"},
       }) {
    const std::unique_ptr<Pair> first =
        runtime_->BlockOn(Handshake(one.earned_by, server, "a.test", TlsConnectOptions()));
    ASSERT_TRUE(first->client && first->server);
    EXPECT_TRUE(runtime_->BlockOn(Send(&*first->server, "hello")).ok());
    EXPECT_EQ(runtime_->BlockOn(ReadOnce(&*first->client)), "hello");
    TlsConnectOptions options;
    options.session = first->client->session();
    ASSERT_NE(options.session, nullptr);
    static TestAuthority stranger("stranger");
    TlsClientOptions trusts_others;
    trusts_others.ca_file = stranger.file();
    const bool same_name = std::string_view(one.name) == "a.test";
    const std::unique_ptr<Pair> second = runtime_->BlockOn(Handshake(
        same_name ? *TlsContext::Client(trusts_others) : verifies, server, one.name, options));
    ASSERT_TRUE(second->client_error.has_value()) << one.error;
    EXPECT_EQ(second->client_error->ToString(), one.error);
  }
}

Task<ErrorCode> AcceptFrom(SocketAddress address, TlsContext context, Duration limit) {
  Result<TcpStream> stream = co_await TcpStream::Connect(address);
  Task<Result<TlsStream>> accept = TlsStream::Accept(*std::move(stream), std::move(context), limit);
  const Result<TlsStream> tls = co_await std::move(accept);
  co_return tls.ok() ? ErrorCode::kUnknown : tls.error().code();
}

TEST_P(TlsStreamTest, HandshakesThatNeverEndOrAreNoneFail) {
  const TlsContext server = *TlsContext::Server(ServerOptions());
  PlainListener listener;
  EXPECT_EQ(runtime_->BlockOn(AcceptFrom(listener.address(), server, 10ms)),
            ErrorCode::kDeadlineExceeded);
  Peer silent = listener.Accept();
  EXPECT_EQ(silent.Receive(1), "");  // given up: closed
  JoinHandle<ErrorCode> handle = runtime_->Spawn(AcceptFrom(listener.address(), server, 1h));
  Peer talks = listener.Accept();
  talks.Send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const auto join = [](JoinHandle<ErrorCode>* joined) -> Task<Result<ErrorCode>> {
    co_return co_await *joined;
  };
  EXPECT_EQ(*runtime_->BlockOn(join, &handle), ErrorCode::kInvalidArgument);
  handle = runtime_->Spawn(AcceptFrom(listener.address(), server, 1h));
  Peer ends = listener.Accept();
  ends.Send(std::string("\x16\x03\x01\x00\xff\x01", 6));  // the beginning of a hello
  ends.Close();
  EXPECT_EQ(*runtime_->BlockOn(join, &handle), ErrorCode::kEndOfStream);
}

TEST_P(TlsStreamTest, AnEndThatNobodySaidIsAnError) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  EXPECT_TRUE(runtime_->BlockOn(Send(&*pair->server, "part")).ok());
  pair->server.reset();  // closes TCP without a word
  const std::string got = runtime_->BlockOn(ReadToEnd(&*pair->client));
  EXPECT_EQ(got, "part|unexpected eof while reading: end of stream");
}

TEST_P(TlsStreamTest, ARecordCutShortOrChangedIsAnError) {
  for (const bool cut : {true, false}) {
    const std::unique_ptr<Pair> pair = Connect();
    ASSERT_TRUE(pair->client && pair->server);
    EXPECT_TRUE(runtime_->BlockOn(Send(&*pair->server, "good")).ok());
    // From here on what comes is not the server's TLS: a record of 64 bytes, of which 20 or all
    // come, none of them encrypted with its keys.
    const std::string record = std::string("\x17\x03\x03\x00\x40", 5) + std::string(64, 'x');
    const size_t size = cut ? 25 : record.size();
    ASSERT_EQ(send(pair->server->stream().native_handle(), record.data(), size, MSG_NOSIGNAL),
              static_cast<ssize_t>(size));
    ASSERT_EQ(shutdown(pair->server->stream().native_handle(), SHUT_WR), 0);
    const std::string got = runtime_->BlockOn(ReadToEnd(&*pair->client));
    EXPECT_EQ(got, cut ? "good|unexpected eof while reading: end of stream"
                       : "good|decryption failed or bad record mac: invalid argument");
    EXPECT_NE(runtime_->BlockOn(ReadToEnd(&*pair->client)), "");  // and stays one
  }
}

Task<bool> ReadWithin(TlsStream* stream, Duration limit, std::string* got) {
  Task<Result<Lease>> read = stream->Read();
  const Result<Lease> chunk = co_await Timeout(std::move(read), limit);
  if (!chunk.ok()) co_return chunk.error().code() == ErrorCode::kDeadlineExceeded;
  got->append(chunk->view());
  co_return !chunk->empty();
}

TEST_P(TlsStreamTest, ReadsThatAreDroppedLoseNoByte) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  const std::string sent = Pattern(200'000);
  JoinHandle<Result<void>> sending = runtime_->Spawn(SendAndShutdown(&*pair->server, sent));
  std::string got;
  int round = 0;
  while (runtime_->BlockOn(
      ReadWithin(&*pair->client, std::chrono::microseconds(round++ % 40 * 5), &got))) {
  }
  EXPECT_TRUE(got == sent) << got.size();
}

Task<ErrorCode> WriteWithin(TlsStream* stream, std::string text, Duration limit) {
  Task<Result<void>> write = stream->WriteAll(std::move(text));
  const Result<void> written = co_await Timeout(std::move(write), limit);
  co_return written.ok() ? ErrorCode::kUnknown : written.error().code();
}

Task<Result<void>> ShutdownOnce(TlsStream* stream) { co_return co_await stream->Shutdown(); }

TEST_P(TlsStreamTest, ShutdownAgainAndWritesAfterItLeaveReadingAlone) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  const std::string sent = Pattern(100'000);
  JoinHandle<Result<void>> sending = runtime_->Spawn(SendAndShutdown(&*pair->server, sent));
  std::string got = runtime_->BlockOn(ReadOnce(&*pair->client));  // a part; more lies here already
  EXPECT_TRUE(runtime_->BlockOn(ShutdownOnce(&*pair->client)).ok());
  EXPECT_TRUE(runtime_->BlockOn(ShutdownOnce(&*pair->client)).ok());
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, "x", 1h)), ErrorCode::kClosed);
  got += runtime_->BlockOn(ReadToEnd(&*pair->client));
  EXPECT_TRUE(got == sent) << got.size();
}

Task<void> SendRaw(TcpStream* stream, std::string bytes) {
  const Result<void> sent = co_await stream->WriteAll(std::move(bytes));
  ZOKIO_CHECK(sent.ok(), "send");
}

// A server that hands out its records one by one.
struct SlowServer {
  SlowServer() = default;
  std::optional<TcpStream> stream;
  std::optional<io::TlsEngine> engine;
  std::optional<TlsStream> client;
};

Task<bool> ConnectSlow(SlowServer* server, TlsContext client_context, TlsContext server_context) {
  auto listener = co_await TcpListener::Bind("127.0.0.1:0");
  auto near = co_await TcpStream::Connect(*listener->local_address());
  auto far = co_await listener->Accept();
  server->stream.emplace(*std::move(far));
  server->engine.emplace(std::move(server_context));
  ZOKIO_CHECK(server->engine->Start("", nullptr).ok(), "start");
  auto serve = [](SlowServer* served) -> Task<bool> {
    while (served->engine->Handshake() == io::TlsStep::kWantInput) {
      Task<void> send = SendRaw(&*served->stream, served->engine->TakeOutgoing());
      co_await std::move(send);
      Result<Lease> chunk = co_await served->stream->Read();
      if (!chunk.ok() || chunk->empty()) co_return false;
      served->engine->Feed(*std::move(chunk));
    }
    co_return true;  // its tickets are outgoing
  };
  Task<Result<TlsStream>> connect =
      TlsStream::Connect(*std::move(near), std::move(client_context), "a.test");
  auto [client, served] = co_await Join(std::move(connect), serve(server));
  if (!client.ok() || !served) co_return false;
  server->client.emplace(*std::move(client));
  co_return true;
}

Task<std::string> ReadAtSlow(SlowServer* server) {
  std::vector<uint8_t> target(100);
  size_t count = 0;
  while (server->engine->Read(std::span<uint8_t>(target), &count) == io::TlsStep::kWantInput) {
    Result<Lease> chunk = co_await server->stream->Read();
    if (!chunk.ok() || chunk->empty()) co_return "end";
    server->engine->Feed(*std::move(chunk));
  }
  co_return std::string(target.begin(), target.begin() + static_cast<ptrdiff_t>(count));
}

TEST_P(TlsStreamTest, AWriteAmidAMessageOfThePeerWaitsForItsRest) {
  TlsServerOptions options = ServerOptions();
  options.client_ca_file = Authority().file();
  const TlsContext server_context = *TlsContext::Server(options);
  // A ticket holds the client's certificate, and is then of several records.
  SSL_CTX_set_max_send_fragment(server_context.native(), 512);
  TlsClientOptions client = ClientOptions();
  const TlsCertificate certificate = Authority().Sign("client", "DNS:client.test");
  client.certificate_file = certificate.chain_file;
  client.key_file = certificate.key_file;
  SlowServer server;
  ASSERT_TRUE(runtime_->BlockOn(ConnectSlow(&server, *TlsContext::Client(client), server_context)));
  const std::string tickets = server.engine->TakeOutgoing();
  const size_t first =
      5 + static_cast<uint8_t>(tickets[3]) * size_t{256} + static_cast<uint8_t>(tickets[4]);
  ASSERT_LT(first, tickets.size());
  runtime_->BlockOn(SendRaw(&*server.stream, tickets.substr(0, first)));
  std::string got;
  EXPECT_TRUE(runtime_->BlockOn(ReadWithin(&*server.client, 20ms, &got)));  // nothing yet
  JoinHandle<Result<void>> sending = runtime_->Spawn(SendAndShutdown(&*server.client, "question"));
  runtime_->BlockOn(SendRaw(&*server.stream, tickets.substr(first)));
  const auto join = [](JoinHandle<Result<void>>* joined) -> Task<bool> {
    const auto sent = co_await *joined;
    co_return sent.ok() && sent->ok();
  };
  ASSERT_TRUE(runtime_->BlockOn(join, &sending));
  EXPECT_EQ(runtime_->BlockOn(ReadAtSlow(&server)), "question");
}

TEST_P(TlsStreamTest, AWriteDroppedOnItsWayEndsWritingButNotReading) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  // More than the sockets take, and nobody reads.
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, std::string(16'000'000, 'x'), 20ms)),
            ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, "more", 1h)), ErrorCode::kCancelled);
  const Result<void> shut = runtime_->BlockOn(ShutdownOnce(&*pair->client));
  EXPECT_EQ(shut.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(runtime_->BlockOn(Send(&*pair->server, "hello")).ok());
  EXPECT_EQ(runtime_->BlockOn(ReadOnce(&*pair->client)), "hello");
}

TEST_P(TlsStreamTest, AClosedStreamSaysSo) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  pair->client->Close();
  EXPECT_FALSE(pair->client->open());
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*pair->client, "x", 1h)), ErrorCode::kClosed);
  EXPECT_EQ(runtime_->BlockOn(ReadOnce(&*pair->client)), "tls: read: closed");
}

INSTANTIATE_TEST_SUITE_P(Backends, TlsStreamTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
