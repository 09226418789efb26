// What parses must print and parse back, and must be what the system takes it for.
#include "io/socket_address.h"

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const zokio::Result<zokio::SocketAddress> address = zokio::SocketAddress::Parse(text);
  if (!address.ok()) return 0;
  const zokio::Result<zokio::SocketAddress> again =
      zokio::SocketAddress::Parse(address->ToString());
  ZOKIO_CHECK(again.ok() && *again == *address, "printing and parsing changed the address");
  const bool v6 = text[0] == '[';
  std::string host =
      v6 ? text.substr(1, text.find_first_of("%]") - 1) : text.substr(0, text.find(':'));
  uint8_t system[16] = {};
  ZOKIO_CHECK(inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), system) == 1,
              "the system refuses what was parsed");
  ZOKIO_CHECK(std::memcmp(system, address->bytes().data(), v6 ? 16 : 4) == 0,
              "the system reads another address");
  return 0;
}
