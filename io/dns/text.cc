#include "io/dns/text.h"

#include <algorithm>

namespace zokio::io {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

}  // namespace

std::string_view NextLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

std::string_view NextWord(std::string_view& line) {
  const auto* begin = std::find_if_not(line.begin(), line.end(), IsBlank);
  const auto* end = std::find_if(begin, line.end(), IsBlank);
  const std::string_view word(begin, static_cast<size_t>(end - begin));
  line.remove_prefix(static_cast<size_t>(end - line.begin()));
  return word;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

Result<SocketAddress> ParseBareAddress(std::string_view text) {
  // Longer than any address: no copy of it is made.
  if (text.empty() || text.size() > 64) return Error(ErrorCode::kInvalidArgument, "parse address");
  std::string with_port;
  with_port.reserve(text.size() + 4);
  if (text.find(':') == std::string_view::npos) {
    with_port.append(text).append(":0");
  } else {
    with_port.append("[").append(text).append("]:0");
  }
  return SocketAddress::Parse(with_port);
}

std::optional<int> ParseCount(std::string_view text, int max) {
  if (text.empty()) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min<int64_t>(value * 10 + (c - '0'), max);
  }
  return static_cast<int>(value);
}

}  // namespace zokio::io
