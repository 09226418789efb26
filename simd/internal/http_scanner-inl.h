// Per-target: finds the ends of names and values in an HTTP head. Included once
// per target by http_head.cc.
#if defined(ZOKIO_SIMD_INTERNAL_HTTP_SCANNER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ZOKIO_SIMD_INTERNAL_HTTP_SCANNER_INL_H_
#undef ZOKIO_SIMD_INTERNAL_HTTP_SCANNER_INL_H_
#else
#define ZOKIO_SIMD_INTERNAL_HTTP_SCANNER_INL_H_
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/internal/block-inl.h"
#include "simd/internal/http_tables.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {

#if ZOKIO_SIMD_HAVE_VECTORS

// One bit a byte for a window of the text: where a name may end, and where a
// value may.
struct Window {
  static constexpr size_t kFirstWords = 2;
  static constexpr size_t kWords = 16;

  uint64_t token_stops[kWords + 1];  // one word more, which is zero after the last
  uint64_t controls[kWords];         // without those that directly follow another
};

template <class D, class V>
HWY_INLINE void Classify(D d, V v, size_t shift, uint64_t& token_stops, uint64_t& controls) {
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

// Fills `window` from p + begin on and returns the end of what it covers.
// REQUIRES: begin < n.
HWY_INLINE size_t Fill(Window& window, const uint8_t* p, size_t n, size_t begin, size_t words) {
  size_t word = 0;
  uint64_t before = 0;  // whether the byte before is a control, in the lowest bit
  for (; word < words && n - begin >= 64; ++word, begin += 64) {
    uint64_t token_stops = 0;
    uint64_t controls = 0;
    constexpr size_t kLanes = hn::MaxLanes(Bytes());
    for (size_t i = 0; i < 64; i += kLanes) {
      Classify(Bytes(), hn::LoadU(Bytes(), p + begin + i), i, token_stops, controls);
    }
    window.token_stops[word] = token_stops;
    window.controls[word] = controls & ~(controls << 1 | before);
    before = controls >> 63;
  }
  if (word < words && begin < n) {
    uint64_t token_stops = 0;
    uint64_t controls = 0;
    VisitTail(p + begin, n - begin, [&](auto d, auto v, size_t shift) HWY_ATTR {
      Classify(d, v, shift, token_stops, controls);
    });
    const uint64_t valid = (uint64_t{1} << (n - begin)) - 1;
    window.token_stops[word] = token_stops & valid;
    window.controls[word] = controls & valid & ~(controls << 1 | before);
    ++word;
    begin = n;
  }
  window.token_stops[word] = 0;
  return begin;
}

// Out of line, and not a member, so that the scanner itself stays in registers.
inline HWY_NOINLINE size_t FillAgain(Window& window, const uint8_t* p, size_t n, size_t begin) {
  return Fill(window, p, n, begin, Window::kWords);
}

// Looks for the ends of names and values in a window that slides on as the
// parser does. Windows are small at first: a buffer often holds many short
// heads.
//
// Control bytes are taken out of their bitmap one by one, so that where the
// lines end does not wait for what is in them, and the processor can look into
// several lines at once.
class Scanner {
 public:
  // Control bytes before `from` are left out. REQUIRES: from < 64, from < n.
  HWY_INLINE Scanner(Window& window, const uint8_t* p, size_t n, size_t from)
      : window_(window), p_(p), n_(n), end_(Fill(window, p, n, 0, Window::kFirstWords)) {
    pending_ = window.controls[0] & ~uint64_t{0} << from;
  }

  // The first byte from `at` on that is no token character, or n. Token
  // characters passed over must come after all controls taken so far.
  HWY_INLINE size_t TokenEnd(size_t at) {
    while (true) {
      if (HWY_UNLIKELY(at >= end_)) {
        if (at >= n_) return n_;
        Refill(at);
      }
      // 64 bits from `at` on, out of two words.
      const uint64_t* const stops = window_.token_stops + (at - begin_) / 64;
      const size_t shift = at % 64;
      const uint64_t bits = stops[0] >> shift | (stops[1] << 1) << (63 - shift);
      if (HWY_LIKELY(bits != 0)) return at + static_cast<size_t>(std::countr_zero(bits));
      at = std::min(at + 64, end_);
    }
  }

  // The next control byte (a tab counts) that does not follow another directly,
  // or n. None is between the last one taken and `from` but those directly
  // behind it.
  HWY_INLINE size_t NextControl(size_t from) {
    while (HWY_UNLIKELY(pending_ == 0)) {
      pending_begin_ += 64;
      if (HWY_LIKELY(pending_begin_ < end_)) {
        pending_ = window_.controls[(pending_begin_ - begin_) / 64];
        continue;
      }
      const size_t at = std::max(from, end_);
      if (at >= n_) return n_;
      Refill(at);
    }
    const size_t bit = static_cast<size_t>(std::countr_zero(pending_));
    pending_ &= pending_ - 1;
    return pending_begin_ + bit;
  }

 private:
  HWY_INLINE void Refill(size_t at) {
    begin_ = at & ~size_t{63};
    end_ = FillAgain(window_, p_, n_, begin_);
    pending_begin_ = begin_;
    pending_ = window_.controls[0] & ~uint64_t{0} << (at % 64);
  }

  Window& window_;
  const uint8_t* const p_;
  const size_t n_;
  size_t begin_ = 0;          // of the window; a multiple of 64
  size_t end_;                // of the window; a multiple of 64, or n
  size_t pending_begin_ = 0;  // the word in which the next control is looked for
  uint64_t pending_;          // controls of that word not taken yet
};

// The same for a text that fits into one word: no window in memory, nothing to refill. A head of 57
// bytes takes 21 ns in place of 25.
class SmallScanner {
 public:
  static constexpr size_t kTextMax = 63;

  // REQUIRES: n <= kTextMax, from < n.
  HWY_INLINE SmallScanner(const uint8_t* p, size_t n, size_t from) : n_(n) {
    uint64_t token_stops = 0;
    uint64_t controls = 0;
    VisitTail(p, n, [&](auto d, auto v, size_t shift) HWY_ATTR {
      Classify(d, v, shift, token_stops, controls);
    });
    const uint64_t valid = (uint64_t{1} << n) - 1;
    token_stops_ = token_stops & valid;
    pending_ = controls & valid & ~(controls << 1) & ~uint64_t{0} << from;
  }

  HWY_INLINE size_t TokenEnd(size_t at) {
    const uint64_t bits = token_stops_ >> at;
    return HWY_LIKELY(bits != 0) ? at + static_cast<size_t>(std::countr_zero(bits)) : n_;
  }

  HWY_INLINE size_t NextControl(size_t) {
    if (HWY_UNLIKELY(pending_ == 0)) return n_;
    const size_t bit = static_cast<size_t>(std::countr_zero(pending_));
    pending_ &= pending_ - 1;
    return bit;
  }

 private:
  const size_t n_;
  uint64_t token_stops_;
  uint64_t pending_;
};

#endif  // ZOKIO_SIMD_HAVE_VECTORS

}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
