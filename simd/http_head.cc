#include "simd/http_head.h"

#include <algorithm>
#include <bit>

#include "simd/internal/config.h"
#include "simd/reference_http.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/http_head.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"
#include "simd/internal/http_scanner-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

struct IsNotTarget {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D d, V v) const {
    return hn::Gt(hn::Sub(v, hn::Set(d, uint8_t{0x21})), hn::Set(d, uint8_t{0x7E - 0x21}));
  }
};

HWY_INLINE bool IsBlank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

// The line end that must be at `at`; moves past it.
HWY_INLINE HttpStatus LineEnd(const uint8_t* p, size_t n, size_t& at, HttpStatus error) {
  if (HWY_LIKELY(n - at >= 2 && LoadRaw<uint16_t>(p + at) == 0x0A0D)) {
    at += 2;
    return HttpStatus::kOk;
  }
  if (at == n) return HttpStatus::kIncomplete;
  if (p[at] == '\n') return HttpStatus::kBadLineEnd;
  if (p[at] != '\r') return error;
  return at + 1 == n ? HttpStatus::kIncomplete : HttpStatus::kBadLineEnd;
}

HWY_INLINE bool IsControlOrTab(uint8_t byte) { return byte < 0x20 || byte == 0x7F; }

// Tabs may stand in values. A control right behind one is not reported by the
// scanner.
template <class AnyScanner>
HWY_INLINE size_t SkipTabs(const uint8_t* p, size_t n, AnyScanner& scanner, size_t stop) {
  while (stop < n && p[stop] == '\t') {
    ++stop;
    if (stop == n || !IsControlOrTab(p[stop])) stop = scanner.NextControl(stop);
  }
  return stop;
}

// The end of a value or reason phrase that starts at `at`, and the line end
// there.
template <class AnyScanner>
HWY_INLINE HttpStatus ValueEnd(const uint8_t* p, size_t n, AnyScanner& scanner, size_t& at,
                               size_t& end) {
  size_t stop = scanner.NextControl(at);
  if (HWY_UNLIKELY(stop < n && p[stop] == '\t')) stop = SkipTabs(p, n, scanner, stop);
  at = stop;
  end = stop;
  return LineEnd(p, n, at, HttpStatus::kBadHeaderValue);
}

template <class AnyScanner>
HWY_INLINE HttpStatus Headers(const uint8_t* p, size_t n, AnyScanner& scanner, size_t& at,
                              std::span<HttpHeader> headers, uint32_t& header_count) {
  uint32_t count = 0;
  header_count = 0;
  while (true) {
    if (HWY_UNLIKELY(at == n)) return HttpStatus::kIncomplete;
    const size_t name_end = scanner.TokenEnd(at);
    if (HWY_UNLIKELY(name_end == at || name_end == n || p[name_end] != ':')) {
      if (name_end == n) return HttpStatus::kIncomplete;
      header_count = count;
      if (p[at] == '\r') return LineEnd(p, n, at, HttpStatus::kBadLineEnd);
      return p[name_end] == '\n' ? HttpStatus::kBadLineEnd : HttpStatus::kBadHeaderName;
    }
    if (HWY_UNLIKELY(count == headers.size())) return HttpStatus::kTooManyHeaders;
    HttpHeader& header = headers[count];
    header.name_offset = static_cast<uint32_t>(at);
    header.name_size = static_cast<uint32_t>(name_end - at);
    size_t value = name_end + 1;
    while (value < n && IsBlank(p[value])) ++value;
    size_t end = 0;
    at = value;
    const HttpStatus status = ValueEnd(p, n, scanner, at, end);
    if (HWY_UNLIKELY(status != HttpStatus::kOk)) return status;
    while (end > value && IsBlank(p[end - 1])) --end;
    header.value_offset = static_cast<uint32_t>(value);
    header.value_size = static_cast<uint32_t>(end - value);
    ++count;
  }
}

// "HTTP/1.0" or "HTTP/1.1"; moves past it.
HWY_INLINE HttpStatus Version(const uint8_t* p, size_t n, size_t& at, uint32_t& minor) {
  constexpr uint64_t kHttp10 = 0x302E312F50545448;  // "HTTP/1.0" in memory
  if (HWY_LIKELY(n - at >= 8)) {
    const uint64_t difference = LoadRaw<uint64_t>(p + at) ^ kHttp10;
    if (HWY_LIKELY((difference & ~(uint64_t{1} << 56)) == 0)) {
      minor = static_cast<uint32_t>(difference >> 56);
      at += 8;
      return HttpStatus::kOk;
    }
  }
  for (size_t i = 0; i < 8; ++i, ++at) {
    if (at == n) return HttpStatus::kIncomplete;
    const uint8_t expected = static_cast<uint8_t>(kHttp10 >> (8 * i));
    if (p[at] == expected || (i == 7 && p[at] == '1')) continue;
    return p[at] == '\n' ? HttpStatus::kBadLineEnd : HttpStatus::kBadVersion;
  }
  return HttpStatus::kIncomplete;  // not reached: eight matching bytes took the
                                   // path above
}

HWY_INLINE size_t TargetEnd(const uint8_t* p, size_t n, size_t at) {
  const IsNotTarget pred;
  for (; n - at >= 64; at += 64) {
    const uint64_t bits = BlockMask(p + at, pred);
    if (bits != 0) return at + static_cast<size_t>(std::countr_zero(bits));
  }
  const uint64_t bits = TailMask(p + at, n - at, pred);
  return bits != 0 ? at + static_cast<size_t>(std::countr_zero(bits)) : n;
}

HWY_INLINE std::string_view Text(const uint8_t* p, size_t begin, size_t end) {
  return {reinterpret_cast<const char*>(p) + begin, end - begin};
}

// What is wrong with a request line that begins at `at`, or kIncomplete.
HWY_NOINLINE HttpStatus RequestLineError(const uint8_t* p, size_t n, size_t at) {
  Window window;
  Scanner scanner(window, p, n, at);
  const size_t method_end = scanner.TokenEnd(at);
  if (method_end == n) return HttpStatus::kIncomplete;
  if (method_end == at || p[method_end] != ' ') return HttpStatus::kBadMethod;
  at = method_end + 1;
  const size_t target_end = TargetEnd(p, n, at);
  if (target_end == n) return HttpStatus::kIncomplete;
  if (target_end == at || p[target_end] != ' ') return HttpStatus::kBadTarget;
  at = target_end + 1;
  uint32_t minor = 0;
  const HttpStatus status = Version(p, n, at, minor);
  return status != HttpStatus::kOk ? status : LineEnd(p, n, at, HttpStatus::kBadVersion);
}

// Takes a valid request line from its end, which the scanner knows, so that the
// header fields need not wait for it. Returns false for a line that is not
// valid or not complete.
template <class AnyScanner>
HWY_INLINE bool RequestLine(const uint8_t* p, size_t n, AnyScanner& scanner, size_t& at,
                            HttpRequestHead& head) {
  const size_t method_end = scanner.TokenEnd(at);
  const size_t target = method_end + 1;
  const size_t line_end = scanner.NextControl(target);
  constexpr size_t kVersionSize = 8;
  // A target of one byte and a space at the least.
  if (HWY_UNLIKELY(n - line_end < 2 || line_end < target + 2 + kVersionSize)) return false;
  size_t version = line_end - kVersionSize;
  const size_t target_end = version - 1;
  const HttpStatus status = Version(p, line_end, version, head.minor_version);
  if (HWY_UNLIKELY(method_end == at || p[method_end] != ' ' || p[target_end] != ' ' ||
                   status != HttpStatus::kOk || LoadRaw<uint16_t>(p + line_end) != 0x0A0D ||
                   TargetEnd(p, line_end, target) != target_end)) {
    return false;
  }
  head.method = Text(p, at, method_end);
  head.target = Text(p, target, target_end);
  at = line_end + 2;
  return true;
}

template <class AnyScanner>
HWY_INLINE HttpStatus RequestBy(AnyScanner& scanner, const uint8_t* p, size_t n, size_t at,
                                std::span<HttpHeader> headers, HttpRequestHead& head) {
  if (HWY_UNLIKELY(!RequestLine(p, n, scanner, at, head))) {
    return RequestLineError(p, n, at);
  }
  const HttpStatus status = Headers(p, n, scanner, at, headers, head.header_count);
  head.head_bytes = at;
  return status;
}

HWY_INLINE HttpStatus Request(const uint8_t* p, size_t n, std::span<HttpHeader> headers,
                              HttpRequestHead& head) {
  size_t at = 0;
  if (n > 0 && p[0] == '\r') {
    const HttpStatus status = LineEnd(p, n, at, HttpStatus::kBadLineEnd);
    if (status != HttpStatus::kOk) return status;
  }
  if (HWY_UNLIKELY(at == n)) return HttpStatus::kIncomplete;
  if (n <= SmallScanner::kTextMax) {
    SmallScanner scanner(p, n, at);
    return RequestBy(scanner, p, n, at, headers, head);
  }
  Window window;
  Scanner scanner(window, p, n, at);
  return RequestBy(scanner, p, n, at, headers, head);
}

HWY_INLINE HttpStatus Response(const uint8_t* p, size_t n, std::span<HttpHeader> headers,
                               HttpResponseHead& head) {
  size_t at = 0;
  HttpStatus status = Version(p, n, at, head.minor_version);
  if (status != HttpStatus::kOk) return status;
  if (at == n) return HttpStatus::kIncomplete;
  if (p[at] != ' ') return p[at] == '\n' ? HttpStatus::kBadLineEnd : HttpStatus::kBadVersion;
  ++at;
  head.status_code = 0;
  for (int digit = 0; digit < 3; ++digit, ++at) {
    if (at == n) return HttpStatus::kIncomplete;
    if (p[at] < '0' || p[at] > '9') return HttpStatus::kBadStatus;
    head.status_code = head.status_code * 10 + (p[at] - '0');
  }
  if (at == n) return HttpStatus::kIncomplete;
  if (p[at] == ' ') {
    ++at;
  } else if (p[at] != '\r' && p[at] != '\n') {
    return HttpStatus::kBadStatus;
  }
  if (at == n) return HttpStatus::kIncomplete;
  Window window;
  Scanner scanner(window, p, n, 0);
  const size_t reason = at;
  size_t reason_end = 0;
  status = ValueEnd(p, n, scanner, at, reason_end);
  if (HWY_UNLIKELY(status != HttpStatus::kOk)) return status;
  head.reason = Text(p, reason, reason_end);
  status = Headers(p, n, scanner, at, headers, head.header_count);
  head.head_bytes = at;
  return status;
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

HttpStatus RequestKernel(std::span<const uint8_t> data, const HttpLimits& limits,
                         std::span<HttpHeader> headers, HttpRequestHead& head) {
#if ZOKIO_SIMD_HAVE_VECTORS
  const HttpStatus status =
      Request(data.data(), std::min(data.size(), limits.head_bytes_max), headers, head);
  if (status != HttpStatus::kIncomplete || data.size() < limits.head_bytes_max) return status;
  return HttpStatus::kTooLarge;
#else
  return reference::ParseHttpRequest(data, limits, headers, head);
#endif
}

HttpStatus ResponseKernel(std::span<const uint8_t> data, const HttpLimits& limits,
                          std::span<HttpHeader> headers, HttpResponseHead& head) {
#if ZOKIO_SIMD_HAVE_VECTORS
  const HttpStatus status =
      Response(data.data(), std::min(data.size(), limits.head_bytes_max), headers, head);
  if (status != HttpStatus::kIncomplete || data.size() < limits.head_bytes_max) return status;
  return HttpStatus::kTooLarge;
#else
  return reference::ParseHttpResponse(data, limits, headers, head);
#endif
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(RequestKernel);
HWY_EXPORT(ResponseKernel);

HttpStatus ParseHttpRequest(std::span<const uint8_t> data, const HttpLimits& limits,
                            std::span<HttpHeader> headers, HttpRequestHead& head) {
  return ZOKIO_SIMD_DISPATCH(RequestKernel)(data, limits, headers, head);
}

HttpStatus ParseHttpResponse(std::span<const uint8_t> data, const HttpLimits& limits,
                             std::span<HttpHeader> headers, HttpResponseHead& head) {
  return ZOKIO_SIMD_DISPATCH(ResponseKernel)(data, limits, headers, head);
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
