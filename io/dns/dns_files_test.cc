// What hosts and resolv.conf say, and what the cache of answers keeps.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "io/dns/answer_cache.h"
#include "io/dns/hosts_file.h"
#include "io/dns/negative_ttl.h"
#include "io/dns/resolver_config.h"
#include "tools/testing/virtual_clock.h"

namespace zokio::io {
namespace {

using Family = SocketAddress::Family;

std::string Texts(const std::vector<SocketAddress>& addresses) {
  std::string text;
  for (const SocketAddress& address : addresses) text += address.ToString() + " ";
  return text;
}

TEST(HostsFileTest, NamesHaveTheAddressesOfAllTheirLines) {
  const HostsFile file = HostsFile::Parse(
      "127.0.0.1\tlocalhost\n"
      "::1 localhost ip6-localhost # a comment\n"
      "  192.0.2.1   Web.Example  web\r\n"
      "192.0.2.2 web\n"
      "# 192.0.2.3 web\n"
      "192.0.2.4 last");
  EXPECT_EQ(Texts(file.Find("localhost", Family::kNone)), "127.0.0.1:0 [::1]:0 ");
  EXPECT_EQ(Texts(file.Find("localhost", Family::kIpv6)), "[::1]:0 ");
  EXPECT_EQ(Texts(file.Find("WEB", Family::kIpv4)), "192.0.2.1:0 192.0.2.2:0 ");
  EXPECT_EQ(Texts(file.Find("web.example", Family::kIpv4)), "192.0.2.1:0 ");
  EXPECT_EQ(Texts(file.Find("last", Family::kNone)), "192.0.2.4:0 ");
  EXPECT_TRUE(file.Find("web", Family::kIpv6).empty());
  EXPECT_TRUE(file.Has("Web"));
  EXPECT_FALSE(file.Has("nobody"));
}

TEST(HostsFileTest, LinesThatAreNoneArePassedOver) {
  const HostsFile file = HostsFile::Parse(
      "\n\nnonsense name\n1.2.3 short\n1.2.3.4\nfe80::1%eth0 scoped\n300.1.1.1 large\n" +
      std::string(5000, ':') + " long\n1.2.3.4 good\n");
  EXPECT_EQ(file.names(), 1u);
  EXPECT_TRUE(file.Has("good"));
}

TEST(ResolverConfigTest, ReadsServersSearchAndOptions) {
  const ResolverConfig config = ResolverConfig::Parse(
      "; a comment\n"
      "domain old.example\n"
      "search A.example b.example .\n"
      "nameserver 192.0.2.53 # ours\n"
      "nameserver 2001:db8::53\n"
      "nameserver nonsense\n"
      "options ndots:2 timeout:3 attempts:4 rotate edns0 ndots:x\n");
  EXPECT_EQ(Texts(config.servers), "192.0.2.53:53 [2001:db8::53]:53 ");
  EXPECT_EQ(config.search, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(config.ndots, 2);
  EXPECT_EQ(config.timeout, std::chrono::seconds(3));
  EXPECT_EQ(config.attempts, 4);
  EXPECT_TRUE(config.rotate);
}

TEST(ResolverConfigTest, EmptyOrExcessiveValuesAreBroughtIntoBounds) {
  const ResolverConfig none = ResolverConfig::Parse("");
  EXPECT_TRUE(none.servers.empty() && none.search.empty());
  EXPECT_EQ(none.ndots, 1);
  std::string many = "options ndots:99999999999999999999 timeout:0 attempts:0\nsearch";
  for (int i = 0; i < 40; ++i) many += " d" + std::to_string(i);
  many += '\n';
  for (int i = 0; i < 40; ++i) many += "nameserver 192.0.2.1\n";
  const ResolverConfig config = ResolverConfig::Parse(many);
  EXPECT_EQ(config.ndots, 15);
  EXPECT_EQ(config.timeout, std::chrono::seconds(1));
  EXPECT_EQ(config.attempts, 1);
  EXPECT_EQ(config.servers.size(), ResolverConfig::kServersMax);
  EXPECT_EQ(config.search.size(), ResolverConfig::kSearchMax);
}

// An answer to "a.test" (its flags' low byte: the code), with one record behind the question.
std::string Message(uint8_t flags_high, uint8_t code, int section, uint8_t type,
                    const std::string& ttl, const std::string& data) {
  std::string text("\x12\x34", 2);
  text += static_cast<char>(flags_high);
  text += static_cast<char>(code);
  text += std::string("\0\1", 2);
  text += section == 1 ? std::string("\0\1\0\0\0\0", 6) : std::string("\0\0\0\1\0\0", 6);
  text += std::string("\1a\4test\0\0\1\0\1", 12);
  text += std::string("\xc0\x0e\0", 3);  // "test", by a pointer
  text += static_cast<char>(type);
  text += std::string("\0\1", 2) + ttl;
  text += '\0';
  text += static_cast<char>(data.size());
  return text + data;
}

std::optional<Duration> TtlOf(std::string_view message) {
  return NegativeTtl({reinterpret_cast<const uint8_t*>(message.data()), message.size()});
}

TEST(NegativeTtlTest, IsTheShorterOfTheRecordsTimeAndItsLastField) {
  using std::chrono::seconds;
  const std::string names("\2ns\xc0\x0e\0", 6);
  const auto soa = [&](const std::string& minimum) {
    return names + std::string(16, 'x') + minimum;
  };
  const std::string ten("\0\0\0\x0a", 4);
  const std::string hour("\0\0\x0e\x10", 4);
  const std::string negative("\xff\0\0\0", 4);
  EXPECT_EQ(TtlOf(Message(0x81, 3, 2, 6, ten, soa(hour))), seconds(10));
  EXPECT_EQ(TtlOf(Message(0x81, 3, 2, 6, hour, soa(ten))), seconds(10));
  EXPECT_EQ(TtlOf(Message(0x81, 0, 2, 6, hour, soa(hour))), seconds(3600));
  EXPECT_EQ(TtlOf(Message(0x81, 3, 2, 6, negative, soa(ten))), seconds(0));
  // No answer, one cut short, a failure, an address, no SOA record.
  EXPECT_EQ(TtlOf(Message(0x01, 3, 2, 6, ten, soa(hour))), std::nullopt);
  EXPECT_EQ(TtlOf(Message(0x83, 3, 2, 6, ten, soa(hour))), std::nullopt);
  EXPECT_EQ(TtlOf(Message(0x81, 2, 2, 6, ten, soa(hour))), std::nullopt);
  EXPECT_EQ(TtlOf(Message(0x81, 0, 1, 1, ten, "\1\2\3\4")), std::nullopt);
  EXPECT_EQ(TtlOf(Message(0x81, 3, 2, 2, ten, names)), std::nullopt);
  const std::string whole = Message(0x81, 3, 2, 6, ten, soa(hour));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(TtlOf(std::string_view(whole).substr(0, size)), std::nullopt) << size;
  }
}

class AnswerCacheTest : public ::testing::Test {
 protected:
  static AnswerCache::Answer Address(uint8_t last) {
    return std::vector<SocketAddress>{SocketAddress::Ipv4({192, 0, 2, last}, 0)};
  }

  zokio::testing::VirtualClock clock_;
  AnswerCache cache_{/*entries_max=*/2, clock_};
};

TEST_F(AnswerCacheTest, AnAnswerIsGoodUntilItsTimeIsOver) {
  AnswerCache::Found found = cache_.Find("a");
  EXPECT_FALSE(found.answer.has_value());
  cache_.Store(*found.entry, Address(1), std::chrono::seconds(10));
  EXPECT_EQ((**cache_.Find("a").answer)[0].bytes()[3], 1);
  clock_.Advance(std::chrono::seconds(10) - std::chrono::nanoseconds(1));
  EXPECT_TRUE(cache_.Find("a").answer.has_value());
  clock_.Advance(std::chrono::nanoseconds(1));
  EXPECT_FALSE(cache_.Find("a").answer.has_value());
}

TEST_F(AnswerCacheTest, WhoWaitedHearsAnAnswerThatIsNotKept) {
  AnswerCache::Found found = cache_.Find("a");
  EXPECT_FALSE(cache_.AnswerSince(*found.entry, found.answers).has_value());
  cache_.Store(*found.entry, Error(ErrorCode::kDeadlineExceeded, "resolve"), Duration::zero());
  const auto heard = cache_.AnswerSince(*found.entry, found.answers);
  ASSERT_TRUE(heard.has_value());
  EXPECT_EQ(heard->error().code(), ErrorCode::kDeadlineExceeded);
  AnswerCache::Found later = cache_.Find("a");
  EXPECT_FALSE(later.answer.has_value());
  EXPECT_FALSE(cache_.AnswerSince(*later.entry, later.answers).has_value());
}

TEST_F(AnswerCacheTest, TheLeastRecentlyUsedNameGoes) {
  for (const char* key : {"a", "b"}) {
    cache_.Store(*cache_.Find(key).entry, Address(1), std::chrono::hours(1));
  }
  EXPECT_TRUE(cache_.Find("a").answer.has_value());
  const AnswerCache::Found gone = cache_.Find("b");
  (void)cache_.Find("a");
  (void)cache_.Find("c");  // takes the place of b
  EXPECT_EQ(cache_.size(), 2u);
  EXPECT_TRUE(cache_.Find("a").answer.has_value());
  EXPECT_FALSE(cache_.Find("b").answer.has_value());
  cache_.Store(*gone.entry, Address(2), std::chrono::hours(1));  // out of the cache: no harm
  EXPECT_FALSE(cache_.Find("b").answer.has_value());
  cache_.Clear();
  EXPECT_EQ(cache_.size(), 0u);
}

}  // namespace
}  // namespace zokio::io
