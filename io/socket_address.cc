#include "io/socket_address.h"

#include <optional>

namespace zokio {
namespace {

// Consumes a decimal number without leading zeros, at most `max`.
std::optional<uint32_t> TakeDecimal(std::string_view& text, uint32_t max) {
  uint64_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + static_cast<uint64_t>(text[digits] - '0');
    ++digits;
    if (value > max) return std::nullopt;
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<uint32_t>(value);
}

bool TakeChar(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeIpv4(std::string_view& text, uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && !TakeChar(text, '.')) return false;
    const std::optional<uint32_t> octet = TakeDecimal(text, 255);
    if (!octet) return false;
    out[i] = static_cast<uint8_t>(*octet);
  }
  return true;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Groups before and after "::" are collected in order; the gap is filled in at the end.
bool TakeIpv6(std::string_view& text, std::array<uint8_t, 16>& out) {
  std::array<uint8_t, 16> collected{};
  size_t size = 0;
  size_t gap = 17;  // none
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (size < 16 && !text.empty() && HexValue(text.front()) >= 0) {
    uint32_t group = 0;
    size_t digits = 0;
    while (digits < text.size() && digits < 5 && HexValue(text[digits]) >= 0) {
      group = group * 16 + static_cast<uint32_t>(HexValue(text[digits]));
      ++digits;
    }
    if (digits < text.size() && text[digits] == '.') {  // ends in a dotted quad
      if (size > 12 || !TakeIpv4(text, &collected[size])) return false;
      size += 4;
      break;
    }
    if (digits > 4) return false;
    collected[size] = static_cast<uint8_t>(group >> 8);
    collected[size + 1] = static_cast<uint8_t>(group & 0xff);
    size += 2;
    text.remove_prefix(digits);
    if (gap == 17 && text.starts_with("::")) {
      gap = size;
      text.remove_prefix(2);
    } else if (text.size() >= 2 && text[0] == ':' && HexValue(text[1]) >= 0 && size < 16) {
      text.remove_prefix(1);
    } else {
      break;
    }
  }
  if (gap == 17) {
    out = collected;
    return size == 16;
  }
  if (size > 14) return false;  // "::" stands for at least one group
  out = {};
  for (size_t i = 0; i < gap; ++i) out[i] = collected[i];
  for (size_t i = gap; i < size; ++i) out[16 - size + i] = collected[i];
  return true;
}

void AppendIpv6(const std::array<uint8_t, 16>& bytes, std::string& text) {
  uint32_t groups[8];
  for (int i = 0; i < 8; ++i) {
    groups[i] = static_cast<uint32_t>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
  }
  // The longest run of two or more zero groups becomes "::".
  int best = 8;
  int best_length = 1;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = end + 1;
  }
  constexpr char kHex[] = "0123456789abcdef";
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      text.append("::");
      i += best_length - 1;
      continue;
    }
    if (i > 0 && text.back() != ':') text.push_back(':');
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const uint32_t digit = (groups[i] >> shift) & 0xf;
      started = started || digit != 0 || shift == 0;
      if (started) text.push_back(kHex[digit]);
    }
  }
}

}  // namespace

SocketAddress SocketAddress::Ipv4(std::array<uint8_t, 4> address, uint16_t port) {
  SocketAddress result;
  result.family_ = Family::kIpv4;
  for (size_t i = 0; i < 4; ++i) result.bytes_[i] = address[i];
  result.port_ = port;
  return result;
}

SocketAddress SocketAddress::Ipv6(std::array<uint8_t, 16> address, uint16_t port, uint32_t scope) {
  SocketAddress result;
  result.family_ = Family::kIpv6;
  result.bytes_ = address;
  result.port_ = port;
  result.scope_ = scope;
  return result;
}

Result<SocketAddress> SocketAddress::Parse(std::string_view text) {
  const Error invalid(ErrorCode::kInvalidArgument, "parse address");
  SocketAddress result;
  if (TakeChar(text, '[')) {
    result.family_ = Family::kIpv6;
    if (!TakeIpv6(text, result.bytes_)) return invalid;
    if (TakeChar(text, '%')) {
      const std::optional<uint32_t> scope = TakeDecimal(text, UINT32_MAX);
      if (!scope) return invalid;
      result.scope_ = *scope;
    }
    if (!TakeChar(text, ']')) return invalid;
  } else {
    result.family_ = Family::kIpv4;
    if (!TakeIpv4(text, result.bytes_.data())) return invalid;
  }
  if (!TakeChar(text, ':')) return invalid;
  const std::optional<uint32_t> port = TakeDecimal(text, 65535);
  if (!port || !text.empty()) return invalid;
  result.port_ = static_cast<uint16_t>(*port);
  return result;
}

std::string SocketAddress::ToString() const {
  std::string text;
  switch (family_) {
    case Family::kNone:
      return "none";
    case Family::kIpv4:
      for (size_t i = 0; i < 4; ++i) {
        if (i > 0) text.push_back('.');
        text.append(std::to_string(bytes_[i]));
      }
      break;
    case Family::kIpv6:
      text.push_back('[');
      AppendIpv6(bytes_, text);
      if (scope_ != 0) text.append("%").append(std::to_string(scope_));
      text.push_back(']');
      break;
  }
  return text.append(":").append(std::to_string(port_));
}

}  // namespace zokio
