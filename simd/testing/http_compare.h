// Parses with the kernel and with the reference and tells where they differ. For tests and fuzzers.
#ifndef ZOKIO_SIMD_TESTING_HTTP_COMPARE_H_
#define ZOKIO_SIMD_TESTING_HTTP_COMPARE_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "simd/http_head.h"
#include "simd/reference_http.h"

namespace zokio::simd::testing {

inline constexpr size_t kCompareHeadersMax = 16;

template <class Head>
struct ParsedHead {
  HttpStatus status;
  Head head;
  std::array<HttpHeader, kCompareHeadersMax> headers;
};

inline bool SameLine(const HttpRequestHead& a, const HttpRequestHead& b) {
  return a.method.data() == b.method.data() && a.method == b.method &&
         a.target.data() == b.target.data() && a.target == b.target;
}

inline bool SameLine(const HttpResponseHead& a, const HttpResponseHead& b) {
  return a.status_code == b.status_code && a.reason.data() == b.reason.data() &&
         a.reason == b.reason;
}

// Empty when both agree in everything that the status makes valid.
template <class Head>
std::string Difference(const ParsedHead<Head>& got, const ParsedHead<Head>& want) {
  if (got.status != want.status) {
    return "status " + std::to_string(static_cast<int>(got.status)) + ", not " +
           std::to_string(static_cast<int>(want.status));
  }
  if (got.status != HttpStatus::kOk) return "";
  if (!SameLine(got.head, want.head)) return "first line";
  if (got.head.minor_version != want.head.minor_version) return "minor version";
  if (got.head.head_bytes != want.head.head_bytes) return "head_bytes";
  if (got.head.header_count != want.head.header_count) return "header_count";
  for (uint32_t i = 0; i < got.head.header_count; ++i) {
    const HttpHeader& a = got.headers[i];
    const HttpHeader& b = want.headers[i];
    if (a.name_offset != b.name_offset || a.name_size != b.name_size ||
        a.value_offset != b.value_offset || a.value_size != b.value_size) {
      return "header " + std::to_string(i);
    }
  }
  return "";
}

inline std::string CompareRequest(std::span<const uint8_t> data, const HttpLimits& limits,
                                  size_t headers_max = kCompareHeadersMax) {
  ParsedHead<HttpRequestHead> got = {};
  ParsedHead<HttpRequestHead> want = {};
  got.status = ParseHttpRequest(data, limits, std::span(got.headers).first(headers_max), got.head);
  want.status = reference::ParseHttpRequest(data, limits,
                                            std::span(want.headers).first(headers_max), want.head);
  return Difference(got, want);
}

inline std::string CompareResponse(std::span<const uint8_t> data, const HttpLimits& limits,
                                   size_t headers_max = kCompareHeadersMax) {
  ParsedHead<HttpResponseHead> got = {};
  ParsedHead<HttpResponseHead> want = {};
  got.status = ParseHttpResponse(data, limits, std::span(got.headers).first(headers_max), got.head);
  want.status = reference::ParseHttpResponse(data, limits,
                                             std::span(want.headers).first(headers_max), want.head);
  return Difference(got, want);
}

}  // namespace zokio::simd::testing

#endif  // ZOKIO_SIMD_TESTING_HTTP_COMPARE_H_
