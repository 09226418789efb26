#include "simd/utf8.h"

#include <cstring>

#include "simd/internal/config.h"
#include "simd/internal/utf8_tables.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/utf8.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

using V = hn::Vec<Bytes>;

// Non-zero lanes where the bytes at p break a rule, given the three bytes before p. The earlier
// bytes come from memory rather than by shuffling registers: loads have ports to spare here.
HWY_INLINE V Errors(const uint8_t* p) {
  const Bytes d;
  const V current = hn::LoadU(d, p);
  const V before1 = hn::LoadU(d, p - 1);
  const V before2 = hn::LoadU(d, p - 2);
  const V before3 = hn::LoadU(d, p - 3);
  const V first_high = hn::TableLookupBytes(hn::LoadDup128(d, internal::kUtf8Tables.first_high),
                                            HighNibble(before1));
  const V first_low = hn::TableLookupBytes(hn::LoadDup128(d, internal::kUtf8Tables.first_low),
                                           hn::And(before1, hn::Set(d, uint8_t{0x0F})));
  const V second_high = hn::TableLookupBytes(hn::LoadDup128(d, internal::kUtf8Tables.second_high),
                                             HighNibble(current));
  const V broken = hn::And(hn::And(first_high, first_low), second_high);
  // The top bit is set where a third or fourth byte of a sequence must stand.
  const V third = hn::SaturatedSub(before2, hn::Set(d, uint8_t{0xE0 - 0x80}));
  const V fourth = hn::SaturatedSub(before3, hn::Set(d, uint8_t{0xF0 - 0x80}));
  const V expected = hn::And(hn::Or(third, fourth), hn::Set(d, internal::kUtf8TwoContinuations));
  return hn::Xor(broken, expected);
}

HWY_INLINE V BlockErrors(const uint8_t* p) {
  constexpr size_t kLanes = hn::MaxLanes(Bytes());
  V errors = Errors(p);
  for (size_t i = kLanes; i < 64; i += kLanes) errors = hn::Or(errors, Errors(p + i));
  return errors;
}

HWY_INLINE bool AnySet(V v) {
  const Bytes d;
  return !hn::AllTrue(d, hn::Eq(v, hn::Zero(d)));
}

struct IsNotAscii {
  template <class D, class Vec>
  HWY_INLINE hn::Mask<D> operator()(D d, Vec v) const {
#if ZOKIO_SIMD_AVX512
    (void)d;
    return hn::MaskFromVec(v);
#else
    return hn::MaskFromVec(
        hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<D>(), v))));
#endif
  }
};

// Checks n bytes given the `before_size` bytes that precede them in the text (or all there are, if
// fewer than three). REQUIRES: before_size <= 3, n <= 64.
HWY_INLINE bool PaddedBlockIsValid(const uint8_t* p, size_t n, size_t before_size) {
  // The padding is ASCII, so a sequence cut off by the end shows in it as an error.
  alignas(64) uint8_t padded[64 + 64 + 64] = {};
  std::memcpy(padded + 64 - before_size, p - before_size, before_size + n);
  return !AnySet(hn::Or(BlockErrors(padded + 64), BlockErrors(padded + 128)));
}

// Whether the text before `end` stops in the middle of a sequence. REQUIRES: three bytes before
// end.
HWY_INLINE bool EndsInside(const uint8_t* end) {
  return end[-1] >= 0xC0 || end[-2] >= 0xE0 || end[-3] >= 0xF0;
}

HWY_INLINE bool IsAscii256(const uint8_t* p) {
  const Bytes d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  V any = hn::LoadU(d, p);
  for (size_t i = kLanes; i < 256; i += kLanes) any = hn::Or(any, hn::LoadU(d, p + i));
  return hn::AllFalse(d, IsNotAscii()(d, any));
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

bool Utf8Kernel(const uint8_t* p, size_t n) {
#if ZOKIO_SIMD_HAVE_VECTORS
  const IsNotAscii not_ascii;
  if (n < 64) return TailMask(p, n, not_ascii) == 0 || PaddedBlockIsValid(p, n, 0);
  size_t i = 64;
  bool inside = false;  // whether a sequence may reach over i
  if (BlockMask(p, not_ascii) != 0) {
    alignas(64) uint8_t padded[64 + 64] = {};
    std::memcpy(padded + 64, p, 64);
    if (AnySet(BlockErrors(padded + 64))) return false;
    inside = true;
  }
  for (; i + 256 <= n; i += 256) {
    if (IsAscii256(p + i)) {
      if (inside && EndsInside(p + i)) return false;
      inside = false;
      continue;
    }
    const V errors = hn::Or(hn::Or(BlockErrors(p + i), BlockErrors(p + i + 64)),
                            hn::Or(BlockErrors(p + i + 128), BlockErrors(p + i + 192)));
    if (AnySet(errors)) return false;
    inside = true;
  }
  for (; i + 64 <= n; i += 64) {
    if (AnySet(BlockErrors(p + i))) return false;
  }
  if (i == n) return !EndsInside(p + n);
  if (n < 64 + 3) return PaddedBlockIsValid(p + i, n - i, 3);
  // The last 64 bytes, some of them for the second time.
  return !AnySet(BlockErrors(p + n - 64)) && !EndsInside(p + n);
#else
  return reference::ValidateUtf8({p, n});
#endif
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(Utf8Kernel);

namespace {

// Whether 8 to 16 bytes are ASCII.
bool IsShortAscii(std::span<const uint8_t> text) {
  uint64_t first;
  uint64_t last;
  std::memcpy(&first, text.data(), sizeof(first));
  std::memcpy(&last, text.data() + text.size() - sizeof(last), sizeof(last));
  return ((first | last) & 0x8080808080808080) == 0;
}

}  // namespace

bool ValidateUtf8(std::span<const uint8_t> text) {
  constexpr size_t kPlainMax = 16;  // up to here a plain loop is faster than the tables
  if (text.size() <= kPlainMax) {
    return (text.size() >= sizeof(uint64_t) && IsShortAscii(text)) || reference::ValidateUtf8(text);
  }
  return ZOKIO_SIMD_DISPATCH(Utf8Kernel)(text.data(), text.size());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
