#include "simd/http_head.h"

#include <algorithm>
#include <bit>

#include "simd/internal/config.h"
#include "simd/internal/http_tables.h"
#include "simd/reference_http.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/http_head.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

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

// Bitmaps of the places where a name or a value may end, kept for a window of the text that slides
// on as the parser does. Windows are small at first: a buffer often holds many short heads.
class Scanner {
 public:
  HWY_INLINE Scanner(const uint8_t* p, size_t n) : p_(p), n_(n) { Fill(0, kFirstWords); }

  // The first byte from `at` on that is no token character, or n.
  HWY_INLINE size_t TokenEnd(size_t at) { return Next(token_stops_, at); }
  // The first control byte from `at` on (a tab counts), or n.
  HWY_INLINE size_t ControlOrTab(size_t at) { return Next(controls_, at); }

 private:
  static constexpr size_t kFirstWords = 2;
  static constexpr size_t kWords = 8;

  HWY_INLINE size_t Next(const uint64_t* stops, size_t at) {
    while (true) {
      if (HWY_UNLIKELY(at >= end_)) {
        if (at >= n_) return n_;
        Fill(at & ~size_t{63}, kWords);
      }
      // 64 bits from `at` on, out of two words.
      const size_t word = (at - begin_) / 64;
      const size_t shift = at % 64;
      const uint64_t bits = stops[word] >> shift | (stops[word + 1] << 1) << (63 - shift);
      if (HWY_LIKELY(bits != 0)) return at + static_cast<size_t>(std::countr_zero(bits));
      at = std::min(at + 64, end_);
    }
  }

  HWY_INLINE void Fill(size_t begin, size_t words) {
    begin_ = begin;
    size_t word = 0;
    for (; word < words && begin + 64 <= n_; ++word, begin += 64) {
      uint64_t token_stops = 0;
      uint64_t controls = 0;
      constexpr size_t kLanes = hn::MaxLanes(Bytes());
      for (size_t i = 0; i < 64; i += kLanes) {
        Classify(Bytes(), hn::LoadU(Bytes(), p_ + begin + i), i, token_stops, controls);
      }
      token_stops_[word] = token_stops;
      controls_[word] = controls;
    }
    end_ = begin;
    if (word < words && begin < n_) {
      uint64_t token_stops = 0;
      uint64_t controls = 0;
      VisitTail(p_ + begin, n_ - begin, [&](auto d, auto v, size_t shift) HWY_ATTR {
        Classify(d, v, shift, token_stops, controls);
      });
      const uint64_t valid = (uint64_t{1} << (n_ - begin)) - 1;
      token_stops_[word] = token_stops & valid;
      controls_[word] = controls & valid;
      ++word;
      end_ = n_;
    }
    token_stops_[word] = 0;
    controls_[word] = 0;
  }

  template <class D, class V>
  static HWY_INLINE void Classify(D d, V v, size_t shift, uint64_t& token_stops,
                                  uint64_t& controls) {
    const auto low =
        hn::TableLookupBytesOr0(hn::LoadDup128(d, internal::kHttpTables.low), LowNibbleIndex(v));
    const auto high =
        hn::TableLookupBytes(hn::LoadDup128(d, internal::kHttpTables.high), HighNibble(v));
    const auto classes = hn::And(low, high);
    const auto zero = hn::Zero(d);
    const auto token = hn::And(classes, hn::Set(d, internal::kHttpTokenClasses));
    const auto control = hn::And(classes, hn::Set(d, internal::kHttpControlClasses));
    token_stops |= MaskBits(d, hn::Eq(token, zero)) << shift;
    controls |= MaskBits(d, hn::Ne(control, zero)) << shift;
  }

  const uint8_t* p_;
  size_t n_;
  size_t begin_ = 0;  // of the window; a multiple of 64
  size_t end_ = 0;    // of the window; a multiple of 64, or n
  uint64_t token_stops_[kWords + 1];
  uint64_t controls_[kWords + 1];
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

// The end of a value or reason phrase that starts at `at`, and the line end there.
HWY_INLINE HttpStatus ValueEnd(const uint8_t* p, size_t n, Scanner& scanner, size_t& at,
                               size_t& end) {
  size_t stop = scanner.ControlOrTab(at);
  while (HWY_UNLIKELY(stop < n && p[stop] == '\t')) stop = scanner.ControlOrTab(stop + 1);
  at = stop;
  end = stop;
  return LineEnd(p, n, at, HttpStatus::kBadHeaderValue);
}

HWY_INLINE HttpStatus Headers(const uint8_t* p, size_t n, Scanner& scanner, size_t& at,
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
  return HttpStatus::kIncomplete;  // not reached: eight matching bytes took the path above
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

HWY_INLINE HttpStatus Request(const uint8_t* p, size_t n, std::span<HttpHeader> headers,
                              HttpRequestHead& head) {
  size_t at = 0;
  if (n > 0 && p[0] == '\r') {
    const HttpStatus status = LineEnd(p, n, at, HttpStatus::kBadLineEnd);
    if (status != HttpStatus::kOk) return status;
  }
  Scanner scanner(p, n);
  const size_t method_end = scanner.TokenEnd(at);
  if (method_end == n) return HttpStatus::kIncomplete;
  if (method_end == at || p[method_end] != ' ') return HttpStatus::kBadMethod;
  head.method = Text(p, at, method_end);
  at = method_end + 1;
  const size_t target_end = TargetEnd(p, n, at);
  if (target_end == n) return HttpStatus::kIncomplete;
  if (target_end == at || p[target_end] != ' ') return HttpStatus::kBadTarget;
  head.target = Text(p, at, target_end);
  at = target_end + 1;
  HttpStatus status = Version(p, n, at, head.minor_version);
  if (HWY_UNLIKELY(status != HttpStatus::kOk)) return status;
  status = LineEnd(p, n, at, HttpStatus::kBadVersion);
  if (HWY_UNLIKELY(status != HttpStatus::kOk)) return status;
  status = Headers(p, n, scanner, at, headers, head.header_count);
  head.head_bytes = at;
  return status;
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
  Scanner scanner(p, n);
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
  return HWY_DYNAMIC_DISPATCH(RequestKernel)(data, limits, headers, head);
}

HttpStatus ParseHttpResponse(std::span<const uint8_t> data, const HttpLimits& limits,
                             std::span<HttpHeader> headers, HttpResponseHead& head) {
  return HWY_DYNAMIC_DISPATCH(ResponseKernel)(data, limits, headers, head);
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
