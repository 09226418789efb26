// What the HTTP/1.1 head tokeniser returns.
#ifndef ZOKIO_SIMD_HTTP_TYPES_H_
#define ZOKIO_SIMD_HTTP_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zokio::simd {

enum class HttpStatus : uint8_t {
  kOk,
  kIncomplete,      // valid so far; more bytes are needed
  kBadMethod,       // method empty or not a token
  kBadTarget,       // request target empty, or with a control, space or non-ASCII byte
  kBadVersion,      // not HTTP/1.0 or HTTP/1.1
  kBadStatus,       // status code not three digits
  kBadHeaderName,   // name empty, not a token, space before the colon, or a folded line
  kBadHeaderValue,  // a control byte in a value or a reason phrase
  kBadLineEnd,      // a CR without LF, or an LF without CR
  kTooManyHeaders,  // more headers than the span given
  kTooLarge,        // the head does not end within HttpLimits::head_bytes_max
};

struct HttpLimits {
  // Counted with the empty line. At most 2^32 - 1.
  size_t head_bytes_max = 64 * 1024;
};

// A header field: offsets into the bytes given. The value is without surrounding blanks.
struct HttpHeader {
  uint32_t name_offset;
  uint32_t name_size;
  uint32_t value_offset;
  uint32_t value_size;

  std::string_view Name(std::string_view head) const { return head.substr(name_offset, name_size); }
  std::string_view Value(std::string_view head) const {
    return head.substr(value_offset, value_size);
  }
};

// Valid only with HttpStatus::kOk; otherwise the contents are unspecified.
struct HttpRequestHead {
  std::string_view method;  // into the bytes given
  std::string_view target;  // into the bytes given
  uint32_t minor_version = 0;
  uint32_t header_count = 0;
  size_t head_bytes = 0;  // up to and including the empty line; the body starts there
};

// Valid only with HttpStatus::kOk; otherwise the contents are unspecified.
struct HttpResponseHead {
  std::string_view reason;  // into the bytes given; may be empty
  uint32_t status_code = 0;
  uint32_t minor_version = 0;
  uint32_t header_count = 0;
  size_t head_bytes = 0;
};

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_HTTP_TYPES_H_
