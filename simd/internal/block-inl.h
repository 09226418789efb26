// Per-target helpers for kernels over bytes: a predicate over vectors becomes one bit a byte.
// Included once per target by kernel files, hence no ordinary include guard.
//
// A predicate is called as pred(d, v) and returns a Highway mask. It must be pure and must accept
// vectors of 16 bytes as well as full ones. Nothing here reads outside [p, p + n).
#if defined(ZOKIO_SIMD_INTERNAL_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ZOKIO_SIMD_INTERNAL_BLOCK_INL_H_
#undef ZOKIO_SIMD_INTERNAL_BLOCK_INL_H_
#else
#define ZOKIO_SIMD_INTERNAL_BLOCK_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE T LoadRaw(const void* p) {
  T value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

#if ZOKIO_SIMD_HAVE_VECTORS

using Bytes = hn::ScalableTag<uint8_t>;
using Bytes16 = hn::FixedTag<uint8_t, 16>;

// The mask as bits, lane 0 in bit 0.
template <class D>
HWY_INLINE uint64_t MaskBits(D d, hn::Mask<D> mask) {
#if ZOKIO_SIMD_AVX512
  (void)d;
  return static_cast<uint64_t>(mask.raw);
#elif HWY_ARCH_X86
  return hn::detail::BitsFromMask(mask);
#else
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  return LoadRaw<uint64_t>(bytes);
#endif
}

// Index vector for a look-up by low nibble; lanes from 0x80 on look up zero.
template <class V>
HWY_INLINE V LowNibbleIndex(V v) {
#if HWY_ARCH_X86
  return v;  // PSHUFB ignores bits 4 to 6
#else
  return hn::And(v, hn::Set(hn::DFromV<V>(), uint8_t{0x8F}));
#endif
}

template <class V>
HWY_INLINE V HighNibble(V v) {
  const hn::DFromV<V> d;
  const hn::Repartition<uint16_t, decltype(d)> d16;
  return hn::And(hn::BitCast(d, hn::ShiftRight<4>(hn::BitCast(d16, v))), hn::Set(d, uint8_t{0x0F}));
}

// The n bytes at p followed by zeros. REQUIRES: n < 16.
HWY_INLINE hn::Vec<Bytes16> LoadSmall(const uint8_t* p, size_t n) {
  uint64_t low = 0;
  uint64_t high = 0;
  if (n >= 8) {
    low = LoadRaw<uint64_t>(p);
    // Two shifts, for n may be 8.
    high = (LoadRaw<uint64_t>(p + n - 8) >> 1) >> (8 * (16 - n) - 1);
  } else if (n >= 4) {
    low = LoadRaw<uint32_t>(p);
    low |= static_cast<uint64_t>(LoadRaw<uint32_t>(p + n - 4)) << (8 * (n - 4));
  } else if (n > 0) {
    low = p[0];
    low |= static_cast<uint64_t>(p[n / 2]) << (8 * (n / 2));
    low |= static_cast<uint64_t>(p[n - 1]) << (8 * (n - 1));
  }
#if HWY_ARCH_X86
  return hn::Vec<Bytes16>{_mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low))};
#else
  const hn::FixedTag<uint64_t, 1> d1;
  const hn::FixedTag<uint64_t, 2> d2;
  return hn::BitCast(Bytes16(), hn::Combine(d2, hn::Set(d1, high), hn::Set(d1, low)));
#endif
}

// One bit for each of the 64 bytes at p.
template <class Pred>
HWY_INLINE uint64_t BlockMask(const uint8_t* p, const Pred& pred) {
  const Bytes d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  uint64_t bits = 0;
  for (size_t i = 0; i < 64; i += kLanes) {
    bits |= MaskBits(d, pred(d, hn::LoadU(d, p + i))) << i;
  }
  return bits;
}

// Calls visit(d, v, shift) with vectors that together hold the n bytes at p: lane 0 of v is byte
// `shift`. Some bytes may be visited twice, and lanes past the end are zero. REQUIRES: n < 64.
template <class Visit>
HWY_INLINE void VisitTail(const uint8_t* p, size_t n, const Visit& visit) {
#if ZOKIO_SIMD_AVX512
  const __mmask64 valid = _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(n));
  visit(Bytes(), hn::Vec<Bytes>{_mm512_maskz_loadu_epi8(valid, p)}, 0);
#else
  const Bytes16 d16;
  if (n < 16) return visit(d16, LoadSmall(p, n), 0);
  for (size_t i = 0; i + 16 <= n; i += 16) visit(d16, hn::LoadU(d16, p + i), i);
  visit(d16, hn::LoadU(d16, p + n - 16), n - 16);
#endif
}

// One bit for each of the n bytes at p. REQUIRES: n < 64.
template <class Pred>
HWY_INLINE uint64_t TailMask(const uint8_t* p, size_t n, const Pred& pred) {
  uint64_t bits = 0;
  VisitTail(p, n, [&](auto d, auto v, size_t shift) HWY_ATTR {
    bits |= MaskBits(d, pred(d, v)) << shift;
  });
  return bits & ((uint64_t{1} << n) - 1);
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
