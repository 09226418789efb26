// SocketAddress: an IP address and a port, as a value; parsing and printing.
//
// Text forms: "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80" (the scope as a number). Names are not
// resolved here. Printing follows RFC 5952, so that printing what was parsed gives the canonical
// form and parsing that gives the same value.
//
// Thread-safety: a plain value.  Errors: kInvalidArgument for text that is none of the forms.
// Cost: 28 bytes; parsing and comparing do not allocate, printing makes a string.
// Source: RFC 4291 section 2.2, RFC 5952.
#ifndef ZOKIO_IO_SOCKET_ADDRESS_H_
#define ZOKIO_IO_SOCKET_ADDRESS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace zokio {

class SocketAddress {
 public:
  enum class Family : uint8_t { kNone, kIpv4, kIpv6 };

  constexpr SocketAddress() = default;

  static SocketAddress Ipv4(std::array<uint8_t, 4> address, uint16_t port);
  static SocketAddress Ipv6(std::array<uint8_t, 16> address, uint16_t port, uint32_t scope = 0);
  static Result<SocketAddress> Parse(std::string_view text);

  Family family() const { return family_; }
  uint16_t port() const { return port_; }
  void set_port(uint16_t port) { port_ = port; }
  uint32_t scope() const { return scope_; }
  // Network order; an IPv4 address is in the first four bytes.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  std::string ToString() const;

  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;

 private:
  std::array<uint8_t, 16> bytes_{};
  uint32_t scope_ = 0;
  uint16_t port_ = 0;
  Family family_ = Family::kNone;
};

}  // namespace zokio

#endif  // ZOKIO_IO_SOCKET_ADDRESS_H_
