// Per-target: the set bits of a 64-bit word become indices. Included once per target.
#if defined(ZOKIO_SIMD_INTERNAL_DECODE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ZOKIO_SIMD_INTERNAL_DECODE_INL_H_
#undef ZOKIO_SIMD_INTERNAL_DECODE_INL_H_
#else
#define ZOKIO_SIMD_INTERNAL_DECODE_INL_H_
#endif

#include <bit>
#include <cstdint>

#include "hwy/highway.h"
#include "simd/internal/tables.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {

// Room that DecodeWord() may write to, in elements from `out` on, however few bits are set.
inline constexpr size_t kDecodeRoom = 64;

#if ZOKIO_SIMD_AVX512_DL

// The bit numbers 0 to 63 are compressed as bytes and widened 16 at a time: for up to 16 set bits,
// the usual case, that is one round.
HWY_INLINE size_t DecodeWord(uint64_t word, uint32_t base, uint32_t* out) {
  const size_t count = static_cast<size_t>(std::popcount(word));
  const __m512i numbers = _mm512_load_si512(internal::kIota64.data());
  const __m512i set = _mm512_maskz_compress_epi8(word, numbers);
  const __m512i offset = _mm512_set1_epi32(static_cast<int>(base));
  const auto store = [&](size_t at, __m128i part) HWY_ATTR {
    _mm512_storeu_si512(out + at, _mm512_add_epi32(offset, _mm512_cvtepu8_epi32(part)));
  };
  store(0, _mm512_castsi512_si128(set));
  if (HWY_UNLIKELY(count > 16)) {
    store(16, _mm512_extracti32x4_epi32(set, 1));
    if (count > 32) {
      store(32, _mm512_extracti32x4_epi32(set, 2));
      store(48, _mm512_extracti32x4_epi32(set, 3));
    }
  }
  return count;
}

#elif ZOKIO_SIMD_AVX512

HWY_INLINE size_t DecodeWord(uint64_t word, uint32_t base, uint32_t* out) {
  const size_t total = static_cast<size_t>(std::popcount(word));
  const __m512i iota = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (uint32_t part = 0; word != 0; part += 16, word >>= 16) {
    const __mmask16 mask = static_cast<__mmask16>(word);
    const __m512i numbers =
        _mm512_add_epi32(iota, _mm512_set1_epi32(static_cast<int>(base + part)));
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(mask, numbers));
    out += std::popcount(static_cast<uint32_t>(mask));
  }
  return total;
}

#else

// Eight at a time without a branch on each: most words have few set bits.
HWY_INLINE size_t DecodeWordByBits(uint64_t word, uint32_t base, uint32_t* out) {
  const size_t count = static_cast<size_t>(std::popcount(word));
  size_t done = 0;
  do {
    for (size_t i = 0; i < 8; ++i) {
      out[done + i] = base + static_cast<uint32_t>(std::countr_zero(word));
      word &= word - 1;
    }
    done += 8;
  } while (HWY_UNLIKELY(done < count));
  return count;
}

HWY_INLINE size_t DecodeWord(uint64_t word, uint32_t base, uint32_t* out) {
#if HWY_TARGET == HWY_AVX2
  const size_t total = static_cast<size_t>(std::popcount(word));
  if (total > 16) {
    for (uint32_t part = 0; part < 64; part += 8) {
      const uint8_t byte = static_cast<uint8_t>(word >> part);
      const __m128i numbers =
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(internal::kCompress8[byte].data()));
      const __m256i indices = _mm256_add_epi32(_mm256_cvtepu8_epi32(numbers),
                                               _mm256_set1_epi32(static_cast<int>(base + part)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), indices);
      out += std::popcount(static_cast<uint32_t>(byte));
    }
    return total;
  }
#endif
  return DecodeWordByBits(word, base, out);
}

#endif

}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
