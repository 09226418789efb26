// Connecting to the first of several addresses that answers, and to hosts by name.
#include <string>
#include <utility>
#include <vector>

#include "future/timeout.h"
#include "gtest/gtest.h"
#include "io/dns/testing.h"
#include "io/net/connect_host.h"
#include "io/net/staggered_connect.h"
#include "io/net/testing.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::BlackHole;
using io::testing::PlainListener;
using io::testing::RefusingAddress;

struct Outcome {
  Outcome() = default;
  ErrorCode error = ErrorCode::kUnknown;
  bool connected = false;
  SocketAddress peer;
  size_t attempts = 0;
};

Task<Outcome> ConnectTo(std::vector<SocketAddress> addresses, Duration delay) {
  Outcome outcome;
  StaggeredConnect connect(std::move(addresses), delay);
  Result<TcpStream> stream = co_await connect;
  outcome.attempts = connect.attempts();
  outcome.connected = stream.ok();
  if (stream.ok()) {
    outcome.peer = *stream->peer_address();
  } else {
    outcome.error = stream.error().code();
  }
  co_return outcome;
}

class ConnectTest : public io::testing::RuntimeTest {
 protected:
  Outcome Connect(std::vector<SocketAddress> addresses, Duration delay) {
    return runtime_->BlockOn(ConnectTo(std::move(addresses), delay));
  }
};

TEST_P(ConnectTest, TheFirstAddressIsEnoughWhereItAnswers) {
  PlainListener first;
  PlainListener second;
  const Outcome outcome = Connect({first.address(), second.address()}, 1h);
  EXPECT_TRUE(outcome.connected);
  EXPECT_EQ(outcome.peer, first.address());
  EXPECT_EQ(outcome.attempts, 1u);
  EXPECT_FALSE(second.TakeConnection());
}

TEST_P(ConnectTest, ARefusalStartsTheNextAttemptAtOnce) {
  PlainListener good;
  const Outcome outcome = Connect({RefusingAddress(), RefusingAddress(), good.address()}, 1h);
  EXPECT_TRUE(outcome.connected);
  EXPECT_EQ(outcome.peer, good.address());
  EXPECT_EQ(outcome.attempts, 3u);
}

TEST_P(ConnectTest, AnAddressThatNeverAnswersIsOvertaken) {
  BlackHole hole;
  PlainListener good;
  const Outcome outcome = Connect({hole.address(), good.address()}, 20ms);
  EXPECT_TRUE(outcome.connected);
  EXPECT_EQ(outcome.peer, good.address());
  EXPECT_EQ(outcome.attempts, 2u);
}

TEST_P(ConnectTest, FailsWhenEveryAddressDid) {
  const Outcome refused = Connect({RefusingAddress(), RefusingAddress()}, 1h);
  EXPECT_EQ(refused.error, ErrorCode::kConnectionRefused);
  EXPECT_EQ(refused.attempts, 2u);
  const Outcome none = Connect({}, 1h);
  EXPECT_EQ(none.error, ErrorCode::kUnreachable);
  EXPECT_EQ(none.attempts, 0u);
}

Task<ErrorCode> ConnectWithin(std::vector<SocketAddress> addresses, Duration limit) {
  StaggeredConnect connect(std::move(addresses), 1ms);
  Result<TcpStream> stream = co_await Timeout(std::move(connect), limit);
  co_return stream.ok() ? ErrorCode::kUnknown : stream.error().code();
}

TEST_P(ConnectTest, DroppingGivesEveryAttemptUp) {
  BlackHole one;
  BlackHole other;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(runtime_->BlockOn(ConnectWithin({one.address(), other.address()}, 4ms)),
              ErrorCode::kDeadlineExceeded);
  }
}  // the descriptors are back: TearDown

TEST(StaggeredConnectTest, FamiliesAreTriedInTurns) {
  // Outside a loop every attempt fails; what counts is how many there were.
  StaggeredConnect connect(1h);
  connect.Add({RefusingAddress(), RefusingAddress()});
  connect.Add({io::testing::Ipv6Loopback()});
  connect.NoMore();
  PollEnvironment environment;
  Context context(NoopWaker(), environment);
  auto poll = connect.poll(context);
  ASSERT_TRUE(poll.ready());
  EXPECT_EQ(poll.value().error().code(), ErrorCode::kWrongThread);
  EXPECT_EQ(connect.attempts(), 3u);
}

class ConnectHostTest : public ConnectTest {
 protected:
  ResolverOptions Options(std::vector<SocketAddress> servers, const std::string& hosts) {
    ResolverOptions options;
    options.hosts_path = WriteText("hosts", hosts);
    options.resolv_conf_path = WriteText("resolv.conf", "");
    options.servers = std::move(servers);
    return options;
  }
  Result<SocketAddress> ConnectBy(Resolver& resolver, std::string host, uint16_t port) {
    ConnectHostOptions options;
    options.resolver = &resolver;
    options.attempt_delay = 1h;
    options.resolution_delay = 20ms;
    return runtime_->BlockOn(
        [](std::string name, uint16_t at, ConnectHostOptions by) -> Task<Result<SocketAddress>> {
          ConnectHost connect(std::move(name), at, by);
          Result<TcpStream> stream = co_await connect;
          if (!stream.ok()) co_return stream.error();
          co_return stream->peer_address();
        },
        std::move(host), port, options);
  }
};

TEST_P(ConnectHostTest, TheOtherFamilyIsTriedWhereOneRefuses) {
  PlainListener listener;  // of IPv4 only
  Resolver resolver(Options({}, "::1 both.test\n127.0.0.1 both.test\n"));
  const auto peer = ConnectBy(resolver, "both.test", listener.address().port());
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  EXPECT_EQ(*peer, listener.address());
}

TEST_P(ConnectHostTest, Ipv6IsTriedFirst) {
  if (!io::testing::HasIpv6()) GTEST_SKIP() << "this kernel has no IPv6 loopback";
  PlainListener listener(io::testing::Ipv6Loopback());
  Resolver resolver(Options({}, "127.0.0.1 both.test\n::1 both.test\n"));
  const auto peer = ConnectBy(resolver, "both.test", listener.address().port());
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  EXPECT_EQ(*peer, listener.address());
}

TEST_P(ConnectHostTest, OneFamilysSilentServerDoesNotHoldTheOther) {
  // This server knows the name's IPv4 address and asks another, which is silent, for the rest.
  io::testing::SilentServer silent;
  const std::string upstream = "--server=127.0.0.1#" + std::to_string(silent.address().port());
  io::testing::DnsServer server({"--host-record=four.test,127.0.0.1", upstream});
  PlainListener listener;
  ResolverOptions options = Options({server.address()}, "");
  options.timeout = 1h;
  options.limit = 1h;
  Resolver resolver(options);
  const auto peer = ConnectBy(resolver, "four.test", listener.address().port());
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  EXPECT_EQ(*peer, listener.address());
  EXPECT_EQ(server.Queries("AAAA", "four.test"), 1);  // asked, and given up
}

TEST_P(ConnectHostTest, SaysWhyThereIsNoAddress) {
  io::testing::DnsServer server({"--local=/test/"});
  Resolver resolver(Options({server.address()}, ""));
  const auto nobody = ConnectBy(resolver, "nobody.test", 80);
  ASSERT_FALSE(nobody.ok());
  EXPECT_EQ(nobody.error().code(), ErrorCode::kNotFound);
  Resolver deserted(Options({io::testing::SilentServer().address()}, ""));
  const auto no_server = ConnectBy(deserted, "nobody.test", 80);
  ASSERT_FALSE(no_server.ok());
  EXPECT_EQ(no_server.error().code(), ErrorCode::kConnectionRefused);
}

TEST_P(ConnectHostTest, TcpStreamConnectsByName) {
  PlainListener listener;
  const uint16_t port = listener.address().port();
  const bool connected = runtime_->BlockOn(
      [](uint16_t at) -> Task<bool> {
        Result<TcpStream> stream = co_await TcpStream::Connect("localhost", at);
        co_return stream.ok();
      },
      port);
  EXPECT_TRUE(connected);
}

INSTANTIATE_TEST_SUITE_P(Backends, ConnectTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);
INSTANTIATE_TEST_SUITE_P(Backends, ConnectHostTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
