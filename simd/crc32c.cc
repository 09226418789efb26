#include "simd/crc32c.h"

#include <cstring>

#include "simd/internal/config.h"
#include "simd/internal/crc32c_math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/crc32c.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if HWY_ARCH_X86 && ZOKIO_SIMD_HAVE_VECTORS

// `crc` here is always without the inversions of the public value.
HWY_INLINE uint32_t Step8(uint32_t crc, const uint8_t* p) {
  return static_cast<uint32_t>(_mm_crc32_u64(crc, LoadRaw<uint64_t>(p)));
}

HWY_INLINE uint32_t CrcBytes(uint32_t crc, const uint8_t* p, size_t n) {
  for (; n >= 8; p += 8, n -= 8) crc = Step8(crc, p);
  if ((n & 4) != 0) {
    crc = _mm_crc32_u32(crc, LoadRaw<uint32_t>(p));
    p += 4;
  }
  if ((n & 2) != 0) {
    crc = _mm_crc32_u16(crc, LoadRaw<uint16_t>(p));
    p += 2;
  }
  return (n & 1) != 0 ? _mm_crc32_u8(crc, *p) : crc;
}

HWY_INLINE uint32_t Reduce(__m128i x) {
  const uint64_t low = static_cast<uint64_t>(_mm_cvtsi128_si64(x));
  const uint64_t high = static_cast<uint64_t>(_mm_extract_epi64(x, 1));
  return static_cast<uint32_t>(_mm_crc32_u64(_mm_crc32_u64(0, low), high));
}

#if ZOKIO_SIMD_AVX512_DL

HWY_INLINE __m512i Load(const uint8_t* p) { return _mm512_loadu_si512(p); }

template <size_t kBytes>
HWY_INLINE __m512i Factors() {
  constexpr internal::Crc32cFold kFold = internal::Crc32cFoldFactors(kBytes);
  return _mm512_broadcast_i32x4(
      _mm_set_epi64x(static_cast<int64_t>(kFold.high), static_cast<int64_t>(kFold.low)));
}

// Each 128-bit lane of x moved forward by the distance of `factors`, plus `data`.
HWY_INLINE __m512i Fold(__m512i x, __m512i factors, __m512i data) {
  const __m512i low = _mm512_clmulepi64_epi128(x, factors, 0x00);
  const __m512i high = _mm512_clmulepi64_epi128(x, factors, 0x11);
  return _mm512_ternarylogic_epi64(low, high, data, 0x96);
}

// Four lanes of 16 bytes become one: the first three move to the place of the last.
HWY_INLINE uint32_t ReduceLanes(__m512i x) {
  constexpr internal::Crc32cFold f48 = internal::Crc32cFoldFactors(48);
  constexpr internal::Crc32cFold f32 = internal::Crc32cFoldFactors(32);
  constexpr internal::Crc32cFold f16 = internal::Crc32cFoldFactors(16);
  const __m512i factors =
      _mm512_set_epi64(0, 0, static_cast<int64_t>(f16.high), static_cast<int64_t>(f16.low),
                       static_cast<int64_t>(f32.high), static_cast<int64_t>(f32.low),
                       static_cast<int64_t>(f48.high), static_cast<int64_t>(f48.low));
  x = Fold(x, factors, _mm512_maskz_mov_epi64(0xC0, x));
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
  return Reduce(_mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
}

uint32_t Crc32cKernel(const uint8_t* p, size_t n, uint32_t crc) {
  if (n < 64) return CrcBytes(crc, p, n);
  const __m512i start = _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(crc)));
  __m512i x0 = _mm512_xor_si512(Load(p), start);
  const __m512i f64 = Factors<64>();
  if (n >= 256) {
    const __m512i f256 = Factors<256>();
    __m512i x1 = Load(p + 64);
    __m512i x2 = Load(p + 128);
    __m512i x3 = Load(p + 192);
    p += 256;
    n -= 256;
    for (; n >= 256; p += 256, n -= 256) {
      x0 = Fold(x0, f256, Load(p));
      x1 = Fold(x1, f256, Load(p + 64));
      x2 = Fold(x2, f256, Load(p + 128));
      x3 = Fold(x3, f256, Load(p + 192));
    }
    const __m512i f128 = Factors<128>();
    x1 = Fold(x0, f64, x1);
    x3 = Fold(x2, f64, x3);
    x0 = Fold(x1, f128, x3);
  } else {
    p += 64;
    n -= 64;
  }
  for (; n >= 64; p += 64, n -= 64) x0 = Fold(x0, f64, Load(p));
  return CrcBytes(ReduceLanes(x0), p, n);
}

#else  // SSE4 to AVX-512 without VPCLMULQDQ

HWY_INLINE uint32_t MultiplyByX33(uint32_t crc, uint32_t factor) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128(static_cast<int>(crc)),
                                               _mm_cvtsi32_si128(static_cast<int>(factor)), 0x00);
  return static_cast<uint32_t>(_mm_crc32_u64(0, static_cast<uint64_t>(_mm_cvtsi128_si64(product))));
}

// Three streams of kBytes each: the CRC32 instruction takes three cycles but one starts every
// cycle.
template <size_t kBytes>
HWY_INLINE uint32_t ThreeStreams(uint32_t crc, const uint8_t* p) {
  uint32_t b = 0;
  uint32_t c = 0;
  for (size_t i = 0; i < kBytes; i += 8) {
    crc = Step8(crc, p + i);
    b = Step8(b, p + kBytes + i);
    c = Step8(c, p + 2 * kBytes + i);
  }
  constexpr uint32_t kTwo = internal::Crc32cShiftFactor(2 * kBytes);
  constexpr uint32_t kOne = internal::Crc32cShiftFactor(kBytes);
  return MultiplyByX33(crc, kTwo) ^ MultiplyByX33(b, kOne) ^ c;
}

uint32_t Crc32cKernel(const uint8_t* p, size_t n, uint32_t crc) {
  for (; n >= 3072; p += 3072, n -= 3072) crc = ThreeStreams<1024>(crc, p);
  for (; n >= 384; p += 384, n -= 384) crc = ThreeStreams<128>(crc, p);
  for (; n >= 96; p += 96, n -= 96) crc = ThreeStreams<32>(crc, p);
  return CrcBytes(crc, p, n);
}

#endif

#else  // no vectors, or another architecture

uint32_t Crc32cKernel(const uint8_t* p, size_t n, uint32_t crc) {
  const auto& tables = internal::kCrc32cTables;
  for (; n >= 8; p += 8, n -= 8) {
    const uint64_t word = LoadRaw<uint64_t>(p) ^ crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= tables[7 - i][(word >> (8 * i)) & 0xFF];
  }
  for (; n > 0; ++p, --n) crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xFF];
  return crc;
}

#endif

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(Crc32cKernel);

uint32_t Crc32c(std::span<const uint8_t> data, uint32_t crc) {
  return ~ZOKIO_SIMD_DISPATCH(Crc32cKernel)(data.data(), data.size(), ~crc);
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
