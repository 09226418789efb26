// Who may talk to whom: names, certificates, protocols, sessions, on each backend.
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "io/tls/pair_testing.h"
#include "io/tls/tls_stream.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::Handshake;
using io::testing::Pair;
using io::testing::Peer;
using io::testing::PlainListener;
using io::testing::ReadOnce;
using io::testing::Send;
using io::testing::TestAuthority;

class TlsHandshakeTest : public io::testing::TlsPairTest {};

TEST_P(TlsHandshakeTest, ProtocolsAreAgreedOn) {
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

TEST_P(TlsHandshakeTest, TheServerShowsTheCertificateOfTheNameAskedFor) {
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

TEST_P(TlsHandshakeTest, WhatAServerDemandsHoldsForEachOfItsCertificates) {
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

TEST_P(TlsHandshakeTest, CertificatesThatAreNotToBeTrustedAreRefused) {
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

TEST_P(TlsHandshakeTest, AServerMayAskForTheClientsCertificate) {
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

TEST_P(TlsHandshakeTest, ASessionIsResumed) {
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
TEST_P(TlsHandshakeTest, ASessionDoesNotTakeThePlaceOfACertificate) {
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

TEST_P(TlsHandshakeTest, HandshakesThatNeverEndOrAreNoneFail) {
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

INSTANTIATE_TEST_SUITE_P(Backends, TlsHandshakeTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
