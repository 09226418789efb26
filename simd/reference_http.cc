#include "simd/reference_http.h"

#include <algorithm>
#include <string_view>

namespace zokio::simd::reference {
namespace {

bool IsToken(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return true;
  if (byte >= 'a' && byte <= 'z') return true;
  if (byte >= 'A' && byte <= 'Z') return true;
  return byte != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) !=
                          std::string_view::npos;
}

bool IsControl(uint8_t byte) { return (byte < 0x20 && byte != '\t') || byte == 0x7F; }
bool IsBlank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

class Reader {
 public:
  Reader(std::span<const uint8_t> data, const HttpLimits& limits)
      : data_(data.first(std::min(data.size(), limits.head_bytes_max))),
        cut_(data.size() >= limits.head_bytes_max) {}

  bool AtEnd() const { return at_ == data_.size(); }
  uint8_t Byte() const { return data_[at_]; }
  size_t at() const { return at_; }
  void Skip() { ++at_; }
  HttpStatus Incomplete() const { return cut_ ? HttpStatus::kTooLarge : HttpStatus::kIncomplete; }
  std::string_view Text(size_t begin, size_t end) const {
    return {reinterpret_cast<const char*>(data_.data()) + begin, end - begin};
  }

  // Takes `expected`; a mismatch is `error`, except that a line feed is always a bad line end.
  HttpStatus Literal(std::string_view expected, HttpStatus error) {
    for (const char want : expected) {
      if (AtEnd()) return Incomplete();
      if (Byte() != static_cast<uint8_t>(want)) {
        return Byte() == '\n' || want == '\n' ? HttpStatus::kBadLineEnd : error;
      }
      Skip();
    }
    return HttpStatus::kOk;
  }

  HttpStatus Version(uint32_t& minor) {
    const HttpStatus status = Literal("HTTP/1.", HttpStatus::kBadVersion);
    if (status != HttpStatus::kOk) return status;
    if (AtEnd()) return Incomplete();
    if (Byte() == '\n') return HttpStatus::kBadLineEnd;
    if (Byte() != '0' && Byte() != '1') return HttpStatus::kBadVersion;
    minor = Byte() - '0';
    Skip();
    return HttpStatus::kOk;
  }

  // Skips to a control byte and takes the line end that it must begin.
  HttpStatus RestOfLine(size_t& end) {
    while (!AtEnd() && !IsControl(Byte())) Skip();
    end = at_;
    return Literal("\r\n", HttpStatus::kBadHeaderValue);
  }

  HttpStatus Headers(std::span<HttpHeader> headers, uint32_t& count) {
    count = 0;
    while (true) {
      if (AtEnd()) return Incomplete();
      if (Byte() == '\r') return Literal("\r\n", HttpStatus::kBadLineEnd);
      HttpHeader header = {};
      header.name_offset = static_cast<uint32_t>(at_);
      while (!AtEnd() && IsToken(Byte())) Skip();
      if (AtEnd()) return Incomplete();
      header.name_size = static_cast<uint32_t>(at_) - header.name_offset;
      if (Byte() == '\n') return HttpStatus::kBadLineEnd;
      if (header.name_size == 0 || Byte() != ':') return HttpStatus::kBadHeaderName;
      if (count == headers.size()) return HttpStatus::kTooManyHeaders;
      Skip();
      while (!AtEnd() && IsBlank(Byte())) Skip();
      size_t begin = at_;
      size_t end = 0;
      const HttpStatus status = RestOfLine(end);
      if (status != HttpStatus::kOk) return status;
      while (end > begin && IsBlank(data_[end - 1])) --end;
      header.value_offset = static_cast<uint32_t>(begin);
      header.value_size = static_cast<uint32_t>(end - begin);
      headers[count++] = header;
    }
  }

 private:
  std::span<const uint8_t> data_;
  bool cut_;
  size_t at_ = 0;
};

}  // namespace

HttpStatus ParseHttpRequest(std::span<const uint8_t> data, const HttpLimits& limits,
                            std::span<HttpHeader> headers, HttpRequestHead& head) {
  Reader reader(data, limits);
  if (!reader.AtEnd() && reader.Byte() == '\r') {
    const HttpStatus status = reader.Literal("\r\n", HttpStatus::kBadLineEnd);
    if (status != HttpStatus::kOk) return status;
  }
  const size_t method = reader.at();
  while (!reader.AtEnd() && IsToken(reader.Byte())) reader.Skip();
  if (reader.AtEnd()) return reader.Incomplete();
  if (reader.at() == method || reader.Byte() != ' ') return HttpStatus::kBadMethod;
  head.method = reader.Text(method, reader.at());
  reader.Skip();
  const size_t target = reader.at();
  while (!reader.AtEnd() && reader.Byte() > 0x20 && reader.Byte() < 0x7F) reader.Skip();
  if (reader.AtEnd()) return reader.Incomplete();
  if (reader.at() == target || reader.Byte() != ' ') return HttpStatus::kBadTarget;
  head.target = reader.Text(target, reader.at());
  reader.Skip();
  HttpStatus status = reader.Version(head.minor_version);
  if (status == HttpStatus::kOk) status = reader.Literal("\r\n", HttpStatus::kBadVersion);
  if (status == HttpStatus::kOk) status = reader.Headers(headers, head.header_count);
  head.head_bytes = reader.at();
  return status;
}

HttpStatus ParseHttpResponse(std::span<const uint8_t> data, const HttpLimits& limits,
                             std::span<HttpHeader> headers, HttpResponseHead& head) {
  Reader reader(data, limits);
  HttpStatus status = reader.Version(head.minor_version);
  if (status == HttpStatus::kOk) status = reader.Literal(" ", HttpStatus::kBadVersion);
  if (status != HttpStatus::kOk) return status;
  head.status_code = 0;
  for (int digit = 0; digit < 3; ++digit) {
    if (reader.AtEnd()) return reader.Incomplete();
    if (reader.Byte() < '0' || reader.Byte() > '9') return HttpStatus::kBadStatus;
    head.status_code = head.status_code * 10 + (reader.Byte() - '0');
    reader.Skip();
  }
  if (reader.AtEnd()) return reader.Incomplete();
  if (reader.Byte() == ' ') {
    reader.Skip();
  } else if (reader.Byte() != '\r' && reader.Byte() != '\n') {
    return HttpStatus::kBadStatus;
  }
  const size_t reason = reader.at();
  size_t end = 0;
  status = reader.RestOfLine(end);
  head.reason = reader.Text(reason, end);
  if (status == HttpStatus::kOk) status = reader.Headers(headers, head.header_count);
  head.head_bytes = reader.at();
  return status;
}

}  // namespace zokio::simd::reference
