// Peers that break the rules of TLS, or keep them to harm, on each backend.
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "future/join.h"
#include "gtest/gtest.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "io/tls/pair_testing.h"
#include "io/tls/tls_engine.h"
#include "io/tls/tls_stream.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::Pair;
using io::testing::Peer;
using io::testing::PlainListener;
using io::testing::ReadToEnd;
using io::testing::ReadWithin;
using io::testing::Send;
using io::testing::SendAndShutdown;
using io::testing::WriteWithin;

class TlsHostileTest : public io::testing::TlsPairTest {};

TEST_P(TlsHostileTest, AnEndThatNobodySaidIsAnError) {
  const std::unique_ptr<Pair> pair = Connect();
  ASSERT_TRUE(pair->client && pair->server);
  EXPECT_TRUE(runtime_->BlockOn(Send(&*pair->server, "part")).ok());
  pair->server.reset();  // closes TCP without a word
  const std::string got = runtime_->BlockOn(ReadToEnd(&*pair->client));
  EXPECT_EQ(got, "part|unexpected eof while reading: end of stream");
}

TEST_P(TlsHostileTest, ARecordCutShortOrChangedIsAnError) {
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

TEST_P(TlsHostileTest, AWriteAmidAMessageOfThePeerWaitsForItsRest) {
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

// A server that makes its client answer without end, and takes nothing of what it says.
class AskingServer {
 public:
  AskingServer(const TlsContext& context, int version, Peer peer)
      : peer_(std::move(peer)),
        ssl_(SSL_new(context.native())),
        in_(BIO_new(BIO_s_mem())),
        out_(BIO_new(BIO_s_mem())),
        version_(version) {
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_accept_state(ssl_);
    SSL_set_max_proto_version(ssl_, version);
    SSL_clear_options(ssl_, SSL_OP_NO_RENEGOTIATION);
  }
  AskingServer(const AskingServer&) = delete;
  AskingServer& operator=(const AskingServer&) = delete;
  ~AskingServer() { SSL_free(ssl_); }

  bool Handshake() {
    while (SSL_do_handshake(ssl_) != 1) {
      SendOutgoing();
      const std::string bytes = peer_.Receive(1);
      if (bytes.empty()) return false;
      BIO_write(in_, bytes.data(), 1);
    }
    return SendOutgoing();
  }
  // False once the client is gone.
  bool Ask(int count) {
    for (int i = 0; i < count; ++i) {
      const int asked = version_ == TLS1_2_VERSION ? SSL_renegotiate(ssl_)
                                                   : SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED);
      ZOKIO_CHECK(asked == 1 && SSL_do_handshake(ssl_) == 1, "ask");
    }
    return SendOutgoing();
  }
  bool Say(const std::string& text) {
    ZOKIO_CHECK(SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0, "write");
    return SendOutgoing();
  }
  Peer& peer() { return peer_; }

 private:
  bool SendOutgoing() {
    std::string bytes(static_cast<size_t>(BIO_pending(out_)), '\0');
    if (bytes.empty()) return true;
    BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t sent =
          send(peer_.handle(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += static_cast<size_t>(sent);
    }
    return true;
  }

  Peer peer_;
  SSL* const ssl_;
  BIO* const in_;
  BIO* const out_;
  const int version_;
};

Task<Result<TlsStream>> Dial(SocketAddress address, TlsContext context) {
  Result<TcpStream> stream = co_await TcpStream::Connect(address);
  Task<Result<TlsStream>> connect =
      TlsStream::Connect(*std::move(stream), std::move(context), "a.test");
  co_return co_await std::move(connect);
}

Task<std::string> ReadToEndAndClose(TlsStream* stream) {
  Task<std::string> read = ReadToEnd(stream);
  std::string text = co_await std::move(read);
  stream->Close();
  co_return text;
}

Task<std::string> JoinText(JoinHandle<std::string>* handle) {
  const Result<std::string> text = co_await *handle;
  co_return text.ok() ? *text : "cancelled";
}

// Asked to renegotiate (which is refused by an alert) or for new keys, again and again.
class AskedTest : public TlsHostileTest {
 protected:
  static constexpr int kRounds = 120;
  static constexpr int kAsksARound = 100;

  // A client of `server`, in `client_`.
  std::unique_ptr<AskingServer> ConnectTo(int version) {
    PlainListener listener;
    JoinHandle<Result<TlsStream>> dialing =
        runtime_->Spawn(Dial(listener.address(), *TlsContext::Client(ClientOptions())));
    auto server = std::make_unique<AskingServer>(*TlsContext::Server(ServerOptions()), version,
                                                 listener.Accept());
    ZOKIO_CHECK(server->Handshake(), "handshake");
    client_ = runtime_->BlockOn(
        [](JoinHandle<Result<TlsStream>>* handle) -> Task<std::optional<TlsStream>> {
          Result<Result<TlsStream>> client = co_await *handle;
          if (!client.ok() || !client->ok()) co_return std::nullopt;
          co_return **std::move(client);
        },
        &dialing);
    ZOKIO_CHECK(client_.has_value(), "connect");
    return server;
  }

  std::optional<TlsStream> client_;
};

TEST_P(AskedTest, AnswersThatThePeerDoesNotTakeAreBounded) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const std::unique_ptr<AskingServer> server = ConnectTo(version);
    // More than the sockets take: what answers there are must wait behind it.
    JoinHandle<Result<void>> writing =
        runtime_->Spawn(Send(&*client_, std::string(16'000'000, 'x')));
    EXPECT_EQ(server->peer().Receive(1).size(), 1u);  // it has begun
    JoinHandle<std::string> reading = runtime_->Spawn(ReadToEndAndClose(&*client_));
    // Until the client has enough of it. The first answers may go out between what it writes, for
    // as long as the sockets still take something.
    bool there = true;
    for (int i = 0; i < 50 * kRounds && there; ++i) there = server->Ask(kAsksARound);
    if (there) {
      server->Say("end");
      server->peer().ShutdownSend();
    }
    const std::string got = runtime_->BlockOn(JoinText(&reading));
    EXPECT_EQ(got, "|tls: the peer takes none of the answers it asks for: out of range");
    runtime_->BlockOn(
        [](JoinHandle<Result<void>>* handle) -> Task<void> { (void)co_await *handle; }, &writing);
  }
}

TEST_P(AskedTest, NothingIsAnsweredOnceWritingWasCutShort) {
  const std::unique_ptr<AskingServer> server = ConnectTo(TLS1_2_VERSION);
  EXPECT_EQ(runtime_->BlockOn(WriteWithin(&*client_, std::string(16'000'000, 'x'), 20ms)),
            ErrorCode::kDeadlineExceeded);
  JoinHandle<std::string> reading = runtime_->Spawn(ReadToEndAndClose(&*client_));
  bool there = true;
  for (int i = 0; i < kRounds && there; ++i) there = server->Ask(kAsksARound);
  EXPECT_TRUE(there && server->Say("end"));
  server->peer().ShutdownSend();
  EXPECT_EQ(runtime_->BlockOn(JoinText(&reading)),
            "end|unexpected eof while reading: end of stream");
}

INSTANTIATE_TEST_SUITE_P(Backends, TlsHostileTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);
INSTANTIATE_TEST_SUITE_P(Backends, AskedTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
