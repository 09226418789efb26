#include "examples/http/request_head.h"

#include <array>
#include <cstring>
#include <span>

#include "simd/http_head.h"
#include "simd/http_types.h"

namespace zokio::http {
namespace {

// The characters of a method or a header's name (RFC 9110, 5.6.2 "tchar").
bool IsTokenCharacter(unsigned char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
}

bool IsToken(std::string_view text) {
  if (text.empty()) return false;
  for (char c : text) {
    if (!IsTokenCharacter(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool EqualsIgnoringCase(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != lower[i]) return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line, without its CRLF; false where there is none yet. A bare LF ends a line too
// (RFC 9112, 2.2); a CR elsewhere is left in it and refused as a character.
bool TakeLine(std::string_view& rest, std::string_view& line) {
  size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return true;
}

bool HasControlCharacter(std::string_view text) {
  for (char c : text) {
    auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && u != '\t') || u == 0x7F) return true;
  }
  return false;
}

HeadStatus ParseRequestLine(std::string_view line, RequestHead& head) {
  size_t first = line.find(' ');
  size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return HeadStatus::kBadRequest;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  std::string_view version = line.substr(last + 1);
  if (!IsToken(head.method) || head.target.empty() || HasControlCharacter(head.target) ||
      head.target.find(' ') != std::string_view::npos) {
    return HeadStatus::kBadRequest;
  }
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || version[6] != '.') {
    return HeadStatus::kBadRequest;
  }
  if (version == "HTTP/1.1") return HeadStatus::kComplete;
  if (version == "HTTP/1.0") {
    head.keep_alive = false;
    head.http_1_0 = true;
    return HeadStatus::kComplete;
  }
  return HeadStatus::kBadVersion;
}

bool ParseContentLength(std::string_view value, uint64_t& bytes) {
  if (value.empty() || value.size() > 18) return false;
  bytes = 0;
  for (char c : value) {
    if (c < '0' || c > '9') return false;
    bytes = bytes * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

void ParseConnection(std::string_view value, RequestHead& head) {
  while (!value.empty()) {
    size_t comma = value.find(',');
    std::string_view option = Trim(value.substr(0, comma));
    if (EqualsIgnoringCase(option, "close")) head.keep_alive = false;
    if (EqualsIgnoringCase(option, "keep-alive")) head.keep_alive = true;
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
  }
}

struct Seen {
  bool length = false;
  bool host = false;
};

// False where the header contradicts an earlier one or cannot mean anything.
bool TakeHeader(std::string_view name, std::string_view value, RequestHead& head, Seen& seen) {
  if (EqualsIgnoringCase(name, "content-length")) {
    uint64_t bytes;
    if (!ParseContentLength(value, bytes)) return false;
    if (seen.length && bytes != head.content_bytes) return false;
    seen.length = true;
    head.content_bytes = bytes;
  } else if (EqualsIgnoringCase(name, "transfer-encoding")) {
    if (!EqualsIgnoringCase(value, "chunked") || head.chunked) return false;
    head.chunked = true;
  } else if (EqualsIgnoringCase(name, "connection")) {
    ParseConnection(value, head);
  } else if (EqualsIgnoringCase(name, "expect")) {
    head.expects_continue = EqualsIgnoringCase(value, "100-continue");
  } else if (EqualsIgnoringCase(name, "host")) {
    if (seen.host) return false;
    seen.host = true;
  }
  return true;
}

// False where the line is malformed too.
bool ParseHeader(std::string_view line, RequestHead& head, Seen& seen) {
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view name = line.substr(0, colon);
  std::string_view value = Trim(line.substr(colon + 1));
  if (!IsToken(name) || HasControlCharacter(value)) return false;
  return TakeHeader(name, value, head, seen);
}

// What the headers say together.
HeadStatus CheckHeaders(const RequestHead& head, const Seen& seen) {
  if (head.chunked && seen.length) return HeadStatus::kBadRequest;
  if (!head.http_1_0 && !seen.host) return HeadStatus::kBadRequest;
  return HeadStatus::kComplete;
}

}  // namespace

HeadStatus ParseRequestHead(std::string_view bytes, RequestHead& head) {
  const std::span<const uint8_t> data(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  std::array<simd::HttpHeader, kHeaderCountMax> headers;
  simd::HttpRequestHead tokens;
  const simd::HttpStatus status =
      simd::ParseHttpRequest(data, {.head_bytes_max = kHeadBytesMax}, headers, tokens);
  if (status != simd::HttpStatus::kOk) return ParseRequestHeadPlainly(bytes, head);
  RequestHead parsed;
  parsed.method = tokens.method;
  parsed.target = tokens.target;
  parsed.http_1_0 = tokens.minor_version == 0;
  parsed.keep_alive = !parsed.http_1_0;
  parsed.head_bytes = tokens.head_bytes;
  Seen seen;
  for (const simd::HttpHeader& header : std::span(headers).first(tokens.header_count)) {
    if (!TakeHeader(header.Name(bytes), header.Value(bytes), parsed, seen)) {
      return HeadStatus::kBadRequest;
    }
  }
  const HeadStatus checked = CheckHeaders(parsed, seen);
  if (checked == HeadStatus::kComplete) head = parsed;
  return checked;
}

HeadStatus ParseRequestHeadPlainly(std::string_view bytes, RequestHead& head) {
  std::string_view all = bytes;
  HeadStatus unfinished =
      all.size() > kHeadBytesMax ? HeadStatus::kTooLarge : HeadStatus::kIncomplete;
  std::string_view line;
  // Empty lines before a request are skipped (RFC 9112, 2.2).
  do {
    if (!TakeLine(bytes, line)) return unfinished;
  } while (line.empty());

  RequestHead parsed;
  HeadStatus status = ParseRequestLine(line, parsed);
  if (status != HeadStatus::kComplete) return status;
  Seen seen;
  for (int headers = 0;; ++headers) {
    if (!TakeLine(bytes, line)) return unfinished;
    if (line.empty()) break;
    if (headers == kHeaderCountMax) return HeadStatus::kTooLarge;
    if (!ParseHeader(line, parsed, seen)) return HeadStatus::kBadRequest;
  }
  status = CheckHeaders(parsed, seen);
  if (status != HeadStatus::kComplete) return status;
  parsed.head_bytes = all.size() - bytes.size();
  if (parsed.head_bytes > kHeadBytesMax) return HeadStatus::kTooLarge;
  head = parsed;
  return HeadStatus::kComplete;
}

}  // namespace zokio::http
