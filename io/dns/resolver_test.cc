// Names looked up by a real server, on each backend, from tasks on two workers.
#include "io/dns/resolver.h"

#include <string>
#include <vector>

#include "future/join_all.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "gtest/gtest.h"
#include "io/dns/address_lookup.h"
#include "io/dns/ares_sockets.h"
#include "io/dns/testing.h"
#include "io/net/testing.h"
#include "tools/testing/blocking_calls.h"
#include "tools/testing/virtual_clock.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::DnsServer;
using io::testing::SilentServer;
using Family = SocketAddress::Family;
using Answer = Result<Resolver::Addresses>;

std::string Text(const Answer& answer) {
  if (!answer.ok()) return std::string(ErrorCodeName(answer.error().code()));
  std::string text;
  for (const SocketAddress& address : *answer) {
    text += (text.empty() ? "" : " ") + address.ToString();
  }
  return text;
}

class ResolverTest : public io::testing::RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    hosts_path_ = WriteText("hosts", "");
    conf_path_ = WriteText("resolv.conf", "");
  }
  ResolverOptions Options(std::vector<SocketAddress> servers) const {
    ResolverOptions options;
    options.hosts_path = hosts_path_;
    options.resolv_conf_path = conf_path_;
    options.servers = std::move(servers);
    return options;
  }
  Answer Resolve(Resolver& resolver, std::string host) {
    return runtime_->BlockOn(resolver.Resolve(std::move(host)));
  }
  Answer Resolve(Resolver& resolver, std::string host, Family family) {
    return runtime_->BlockOn(resolver.Resolve(std::move(host), family));
  }

  std::string hosts_path_;
  std::string conf_path_;
};

TEST_P(ResolverTest, FindsTheAddressesOfBothFamiliesInTurns) {
  DnsServer server({"--host-record=a.test,192.0.2.1,2001:db8::1",
                    "--host-record=four.test,192.0.2.4", "--cname=alias.test,a.test",
                    "--local=/test/"});
  Resolver resolver(Options({server.address()}));
  EXPECT_EQ(Text(Resolve(resolver, "a.test")), "[2001:db8::1]:0 192.0.2.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "A.Test.", Family::kIpv4)), "192.0.2.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "alias.test", Family::kIpv6)), "[2001:db8::1]:0");
  EXPECT_EQ(Text(Resolve(resolver, "four.test")), "192.0.2.4:0");
  EXPECT_EQ(Text(Resolve(resolver, "four.test", Family::kIpv6)), "not found");
  EXPECT_EQ(Text(Resolve(resolver, "nobody.test")), "not found");
}

TEST_P(ResolverTest, AnswersAreHeldAsLongAsTheirRecordsSay) {
  DnsServer server({"--host-record=a.test,192.0.2.1,60", "--local=/test/"});
  zokio::testing::VirtualClock clock;
  ResolverOptions options = Options({server.address()});
  options.clock = &clock;
  options.negative_ttl = 5s;
  Resolver resolver(options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "192.0.2.1:0");
    EXPECT_EQ(Text(Resolve(resolver, "none.test", Family::kIpv4)), "not found");
  }
  EXPECT_EQ(server.Queries("A", "a.test"), 1);
  EXPECT_EQ(server.Queries("A", "none.test"), 1);
  EXPECT_EQ(resolver.stats().from_cache, 4u);
  clock.Advance(5s);
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "192.0.2.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "none.test", Family::kIpv4)), "not found");
  EXPECT_EQ(server.Queries("A", "a.test"), 1);
  EXPECT_EQ(server.Queries("A", "none.test"), 2);
  clock.Advance(55s);
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "192.0.2.1:0");
  EXPECT_EQ(server.Queries("A", "a.test"), 2);
  resolver.ClearCache();
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "192.0.2.1:0");
  EXPECT_EQ(server.Queries("A", "a.test"), 3);
}

TEST_P(ResolverTest, ThatThereIsNothingIsHeldAsLongAsTheZoneSays) {
  DnsServer server({"--auth-server=ns.zone.test,lo", "--auth-zone=zone.test", "--auth-ttl=7",
                    "--host-record=a.zone.test,192.0.2.1"});
  zokio::testing::VirtualClock clock;
  ResolverOptions options = Options({server.address()});
  options.clock = &clock;
  options.negative_ttl = 1h;  // the zone's own counts
  options.negative_ttl_max = 2h;
  Resolver resolver(options);
  options.negative_ttl_max = 3s;
  Resolver bounded(options);
  const auto ask = [&](Resolver& asked) {
    EXPECT_EQ(Text(Resolve(asked, "none.zone.test", Family::kIpv4)), "not found");
    EXPECT_EQ(Text(Resolve(asked, "a.zone.test", Family::kIpv6)), "not found");
  };
  ask(resolver);
  clock.Advance(7s - 1ns);
  ask(resolver);
  EXPECT_EQ(server.Queries("A", "none.zone.test"), 1);
  EXPECT_EQ(server.Queries("AAAA", "a.zone.test"), 1);
  clock.Advance(1ns);
  ask(resolver);
  EXPECT_EQ(server.Queries("A", "none.zone.test"), 2);
  EXPECT_EQ(server.Queries("AAAA", "a.zone.test"), 2);
  ask(bounded);
  clock.Advance(3s);
  ask(bounded);
  EXPECT_EQ(server.Queries("A", "none.zone.test"), 4);
  EXPECT_EQ(bounded.stats().failures, 0u);
}

TEST_P(ResolverTest, SearchDomainsAreAppendedToNamesWithFewDots) {
  DnsServer server(
      {"--host-record=web.inner.test,192.0.2.1", "--host-record=web.outer.test,192.0.2.2",
       "--host-record=mail.outer.test,192.0.2.3", "--local=/test/", "--domain-needed"});
  WriteText("resolv.conf", "search inner.test outer.test\n");
  Resolver resolver(Options({server.address()}));
  EXPECT_EQ(Text(Resolve(resolver, "web", Family::kIpv4)), "192.0.2.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "mail", Family::kIpv4)), "192.0.2.3:0");
  EXPECT_EQ(server.Queries("A", "mail.inner.test"), 1);
  EXPECT_EQ(Text(Resolve(resolver, "web.outer.test", Family::kIpv4)), "192.0.2.2:0");
  EXPECT_EQ(server.Queries("A", "web.outer.test.inner.test"), 0);
  EXPECT_EQ(Text(Resolve(resolver, "mail.", Family::kIpv4)), "not found");  // as it stands
}

TEST_P(ResolverTest, TheHostsFileComesFirstAndIsReadAgain) {
  DnsServer server({"--host-record=a.test,192.0.2.1", "--host-record=b.test,192.0.2.2"});
  zokio::testing::VirtualClock clock;
  ResolverOptions options = Options({server.address()});
  options.clock = &clock;
  Resolver resolver(options);
  WriteText("hosts", "203.0.113.1 a.test\n::1 a.test\n203.0.113.2 localhost\n");
  EXPECT_EQ(Text(Resolve(resolver, "A.test")), "[::1]:0 203.0.113.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "b.test", Family::kIpv4)), "192.0.2.2:0");
  EXPECT_EQ(Text(Resolve(resolver, "localhost")), "[::1]:0 203.0.113.2:0");
  WriteText("hosts", "203.0.113.9 a.test\n");
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "203.0.113.1:0");
  clock.Advance(options.reload_interval);
  EXPECT_EQ(Text(Resolve(resolver, "a.test")), "203.0.113.9:0");
  EXPECT_EQ(server.Queries("A", "a.test"), 0);
}

TEST_P(ResolverTest, AddressesAndLocalNamesNeedNoServer) {
  ResolverOptions options = Options({});
  options.hosts_path = "/nonexistent/hosts";
  options.resolv_conf_path = "/nonexistent/resolv.conf";
  Resolver resolver(options);
  EXPECT_EQ(Text(Resolve(resolver, "192.0.2.7")), "192.0.2.7:0");
  EXPECT_EQ(Text(Resolve(resolver, "2001:db8::7")), "[2001:db8::7]:0");
  EXPECT_EQ(Text(Resolve(resolver, "2001:db8::7", Family::kIpv4)), "not found");
  EXPECT_EQ(Text(Resolve(resolver, "localhost")), "[::1]:0 127.0.0.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "x.LocalHost.", Family::kIpv4)), "127.0.0.1:0");
  EXPECT_EQ(Text(Resolve(resolver, "")), "invalid argument");
  EXPECT_EQ(Text(Resolve(resolver, std::string("a\0b", 3))), "invalid argument");
  EXPECT_EQ(Text(Resolve(resolver, std::string(300, 'a'))), "invalid argument");
  EXPECT_EQ(Text(Resolve(resolver, std::string(70, 'a') + ".test")), "invalid argument");
  EXPECT_EQ(resolver.stats().failures, 2u);  // only the last one was asked for, in both families
}

TEST_P(ResolverTest, ALongAnswerComesByTcp) {
  std::string text;
  for (int i = 1; i <= 60; ++i) text += "192.0.2." + std::to_string(i) + " many.test\n";
  const std::string records = WriteText("many", text);
  DnsServer server({"--addn-hosts=" + records});
  Resolver resolver(Options({server.address()}));
  const Answer answer = Resolve(resolver, "many.test", Family::kIpv4);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->size(), 60u);
  EXPECT_EQ(server.Queries("A", "many.test"), 2);  // cut short by UDP, then again
}

TEST_P(ResolverTest, OfAHostileAnswerSoMuchIsTaken) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "192.0.2." + std::to_string(i) + " many.test\n";
  const std::string records = WriteText("many", text);
  DnsServer server({"--addn-hosts=" + records});
  Resolver resolver(Options({server.address()}));
  const Answer answer = Resolve(resolver, "many.test", Family::kIpv4);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->size(), io::HostAddresses::kMost);
}

// How c-ares finds out from where an address would be reached.
Task<std::string> OpenAndCloseManySockets() {
  const ares_socket_functions& functions = io::AresSockets::Functions();
  io::AresSockets sockets;
  const int before = io::testing::CountDescriptors();
  int opened = 0;
  ares_socket_t handle = ARES_SOCKET_BAD;
  while ((handle = functions.asocket(AF_INET, SOCK_DGRAM, 0, &sockets)) != ARES_SOCKET_BAD) {
    if (io::testing::CountDescriptors() != before + 1) co_return "several at once";
    functions.aclose(handle, &sockets);
    ++opened;
  }
  if (errno != EAFNOSUPPORT || io::testing::CountDescriptors() != before) co_return "left over";
  co_return std::to_string(opened);
}

TEST_P(ResolverTest, FewSocketsAreOpenedAtOneStep) {
  EXPECT_EQ(runtime_->BlockOn(OpenAndCloseManySockets()),
            std::to_string(io::AresSockets::kOpensMax));
}

TEST_P(ResolverTest, AServerIsAskedOverIpv6) {
  if (!io::testing::HasIpv6()) GTEST_SKIP() << "this kernel has no ::1";
  DnsServer server({"--listen-address=::1", "--host-record=a.test,192.0.2.1"});
  SocketAddress address = io::testing::Ipv6Loopback();
  address.set_port(server.address().port());
  Resolver resolver(Options({address}));
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "192.0.2.1:0");
}

TEST_P(ResolverTest, TheNextServerAnswersWhereOneIsSilentOrGone) {
  DnsServer server({"--host-record=a.test,192.0.2.1", "--host-record=b.test,192.0.2.2"});
  SilentServer silent;
  ResolverOptions options = Options({silent.address(), server.address()});
  options.timeout = 50ms;
  options.attempts = 5;
  Resolver resolver(options);
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "192.0.2.1:0");
  EXPECT_TRUE(silent.TakeQuestion());
  const SocketAddress gone = SilentServer().address();  // closed: ICMP says so
  Resolver other(Options({gone, server.address()}));
  EXPECT_EQ(Text(Resolve(other, "b.test", Family::kIpv4)), "192.0.2.2:0");
  Resolver nobody(Options({gone}));
  EXPECT_EQ(Text(Resolve(nobody, "b.test", Family::kIpv4)), "connection refused");
}

TEST_P(ResolverTest, SilenceEndsByTheNumberOfAttemptsOrByTheLimit) {
  SilentServer silent;
  ResolverOptions options = Options({silent.address()});
  options.timeout = 20ms;
  options.attempts = 3;
  Resolver resolver(options);
  EXPECT_EQ(Text(Resolve(resolver, "a.test", Family::kIpv4)), "deadline exceeded");
  int questions = 0;
  while (silent.TakeQuestion()) ++questions;
  EXPECT_EQ(questions, 3);
  options.timeout = 1h;
  options.limit = 20ms;
  Resolver limited(options);
  EXPECT_EQ(Text(Resolve(limited, "a.test", Family::kIpv4)), "deadline exceeded");
  EXPECT_EQ(limited.stats().failures, 1u);
}

Task<Answer> ResolveWithin(Resolver* resolver, std::string host, Duration limit) {
  Task<Answer> task = resolver->Resolve(std::move(host), Family::kIpv4);
  co_return co_await Timeout(std::move(task), limit);
}

Task<> Keep(Resolver* resolver, Answer* answer) {
  *answer = co_await ResolveWithin(resolver, "a.test", 1min);
}

TEST_P(ResolverTest, ThoseWhoAskAtOnceShareOneQuestion) {
  DnsServer server({"--host-record=a.test,192.0.2.1,60"});
  Resolver resolver(Options({server.address()}));
  const std::vector<Answer> answers = runtime_->BlockOn(
      [](Resolver* asked) -> Task<std::vector<Answer>> {
        std::vector<Answer> all(40, Error(ErrorCode::kUnknown, "test"));
        co_await WithScope([&](TaskScope& scope) -> Task<> {
          for (Answer& one : all) scope.Spawn(Keep(asked, &one));
          co_return;
        });
        co_return all;
      },
      &resolver);
  for (const Answer& answer : answers) EXPECT_EQ(Text(answer), "192.0.2.1:0");
  EXPECT_EQ(server.Queries("A", "a.test"), 1);
  const ResolverStats stats = resolver.stats();
  EXPECT_EQ(stats.questions, 1u);
  EXPECT_EQ(stats.shared + stats.from_cache, 39u);
}

TEST_P(ResolverTest, WhenTheOneWhoAskedGivesUpAnotherAsks) {
  DnsServer server({"--host-record=a.test,192.0.2.1"});
  SilentServer silent;
  ResolverOptions options = Options({silent.address(), server.address()});
  options.timeout = 300ms;
  Resolver resolver(options);
  // Both wait for the silent server when the first gives up; the second gets the answer.
  std::vector<Task<Answer>> tasks;
  tasks.push_back(ResolveWithin(&resolver, "a.test", 30ms));
  tasks.push_back(ResolveWithin(&resolver, "a.test", 1min));
  const std::vector<Answer> answers = runtime_->BlockOn(
      [](std::vector<Task<Answer>> both) -> Task<std::vector<Answer>> {
        co_return co_await JoinAll(std::move(both));
      },
      std::move(tasks));
  EXPECT_EQ(Text(answers[0]), "deadline exceeded");
  EXPECT_EQ(Text(answers[1]), "192.0.2.1:0");
  EXPECT_EQ(resolver.stats().questions, 2u);
}

TEST_P(ResolverTest, LookupsMayBeDroppedAtAnyMoment) {
  DnsServer server({"--host-record=a.test,192.0.2.1", "--local-ttl=0"});
  SilentServer silent;
  ResolverOptions options = Options({silent.address(), server.address()});
  options.timeout = 3ms;
  options.attempts = 10;
  Resolver resolver(options);
  for (int i = 0; i < 60; ++i) {
    (void)runtime_->BlockOn(ResolveWithin(&resolver, "a.test", std::chrono::microseconds(150 * i)));
  }
  EXPECT_EQ(Text(runtime_->BlockOn(ResolveWithin(&resolver, "a.test", 1min))), "192.0.2.1:0");
}

// The files are read and the sockets waited for elsewhere. What the worker itself calls is watched.
TEST_P(ResolverTest, NoWorkerMakesABlockingCall) {
  const std::string why = zokio::testing::WhyBlockingCallsAreNotWatched();
  if (!why.empty()) GTEST_SKIP() << why;
  DnsServer server({"--host-record=a.test,192.0.2.1,2001:db8::1", "--local=/test/"});
  SilentServer silent;
  ResolverOptions resolver_options = Options({silent.address(), server.address()});
  resolver_options.timeout = 20ms;
  resolver_options.attempts = 8;  // the machine may be slow
  Resolver resolver(resolver_options);
  zokio::testing::BlockingCallOptions watched;
  watched.thread_prefix = "zokio-0";  // not the threads that may block
  std::vector<std::string> texts;
  zokio::testing::BlockingCallReport report = zokio::testing::WatchForBlockingCalls(watched, [&] {
    RuntimeOptions options;
    options.workers = 1;
    options.io.backend = GetParam();
    Runtime runtime(options);
    for (const char* name : {"a.test", "nobody.test", "a.test", "localhost"}) {
      texts.push_back(Text(runtime.BlockOn(resolver.Resolve(name))));
    }
  });
  report.calls.erase("syscall 327");  // preadv2 with RWF_NOWAIT, by which epoll's loop reads files
  EXPECT_EQ(report.ToString(), "");
  EXPECT_EQ(report.watched_threads, 1u);
  EXPECT_EQ(texts,
            (std::vector<std::string>{"[2001:db8::1]:0 192.0.2.1:0", "not found",
                                      "[2001:db8::1]:0 192.0.2.1:0", "[::1]:0 127.0.0.1:0"}));
}

TEST(ResolverDefaultTest, IsOnePerProcess) {
  EXPECT_EQ(&Resolver::Default(), &Resolver::Default());
}

TEST(InterleaveTest, BeginsWithIpv6AndKeepsTheRest) {
  const auto six = SocketAddress::Parse("[::1]:0");
  const auto four = SocketAddress::Parse("127.0.0.1:0");
  EXPECT_EQ(Text(io::Interleave({*six}, {*four, *four})), "[::1]:0 127.0.0.1:0 127.0.0.1:0");
  EXPECT_EQ(Text(io::Interleave({*six, *six}, {*four})), "[::1]:0 127.0.0.1:0 [::1]:0");
  EXPECT_EQ(Text(io::Interleave({}, {*four})), "127.0.0.1:0");
}

INSTANTIATE_TEST_SUITE_P(Backends, ResolverTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
