#include "io/socket_address.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

#include "base/random.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

TEST(SocketAddressTest, ParsesAndPrintsTheCanonicalForm) {
  const struct {
    const char* text;
    const char* canonical;
  } cases[] = {
      {"127.0.0.1:80", "127.0.0.1:80"},
      {"0.0.0.0:0", "0.0.0.0:0"},
      {"255.255.255.255:65535", "255.255.255.255:65535"},
      {"[::]:0", "[::]:0"},
      {"[::1]:8080", "[::1]:8080"},
      {"[1::]:1", "[1::]:1"},
      {"[2001:DB8:0:0:1:0:0:1]:443", "[2001:db8::1:0:0:1]:443"},
      {"[2001:db8:0:1:1:1:1:1]:443", "[2001:db8:0:1:1:1:1:1]:443"},
      {"[1:2:3:4:5:6:7:8]:9", "[1:2:3:4:5:6:7:8]:9"},
      {"[1:2:3:4:5:6:7::]:9", "[1:2:3:4:5:6:7:0]:9"},
      {"[::ffff:1.2.3.4]:9", "[::ffff:102:304]:9"},
      {"[fe80::1%3]:22", "[fe80::1%3]:22"},
  };
  for (const auto& c : cases) {
    const Result<SocketAddress> address = SocketAddress::Parse(c.text);
    ASSERT_TRUE(address.ok()) << c.text;
    EXPECT_EQ(address->ToString(), c.canonical);
    EXPECT_EQ(*SocketAddress::Parse(address->ToString()), *address);
  }
}

TEST(SocketAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           ":",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:080",
                           "127.0.0:1",
                           "127.0.0.01:1",
                           "127.0.0.256:1",
                           "1.2.3.4.5:1",
                           " 1.2.3.4:1",
                           "1.2.3.4:1 ",
                           "[::1]",
                           "[::1]:",
                           "::1:80",
                           "[1:2:3:4:5:6:7]:1",
                           "[1:2:3:4:5:6:7:8:9]:1",
                           "[1::2::3]:1",
                           "[12345::]:1",
                           "[:1::]:1",
                           "[1:]:1",
                           "[::1%]:1",
                           "[::1%4294967296]:1",
                           "[::1.2.3]:1",
                           "[1:2:3:4:5:6:7:1.2.3.4]:1",
                           "localhost:80",
                           "[1:2:3:4:5:6:7:8::]:1"}) {
    EXPECT_FALSE(SocketAddress::Parse(text).ok()) << text;
  }
}

// The system's own functions are the oracle.
TEST(SocketAddressTest, AgreesWithTheSystemOnRandomAddresses) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::array<uint8_t, 16> bytes;
    for (size_t j = 0; j < bytes.size(); j += 2) {
      const bool zero = random.Below(3) != 0;  // runs of zeros are the hard part
      bytes[j] = zero ? 0 : static_cast<uint8_t>(random.Next());
      bytes[j + 1] = zero ? 0 : static_cast<uint8_t>(random.Next());
    }
    const SocketAddress address = SocketAddress::Ipv6(bytes, 7);
    std::string text = address.ToString();
    EXPECT_EQ(*SocketAddress::Parse(text), address) << text;
    text = text.substr(1, text.find(']') - 1);
    in6_addr system{};
    ASSERT_EQ(inet_pton(AF_INET6, text.c_str(), &system), 1) << text;
    EXPECT_EQ(std::memcmp(&system, bytes.data(), 16), 0) << text;
    char printed[INET6_ADDRSTRLEN];
    ASSERT_NE(inet_ntop(AF_INET6, bytes.data(), printed, sizeof(printed)), nullptr);
    const Result<SocketAddress> parsed = SocketAddress::Parse("[" + std::string(printed) + "]:7");
    ASSERT_TRUE(parsed.ok()) << printed;
    EXPECT_EQ(*parsed, address) << printed;
  }
}

}  // namespace
}  // namespace zokio
