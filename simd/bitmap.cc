#include "simd/bitmap.h"

#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/bitmap.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"
#include "simd/internal/decode-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

using Words = hn::ScalableTag<uint64_t>;

// Deadlines below 2^64 - 1 compare as `deadline < now + 1`; the caller excludes the other case.
HWY_INLINE uint64_t PassedAmong64(const uint64_t* deadlines, hn::Vec<Words> bound) {
  const Words d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  uint64_t bits = 0;
  for (size_t i = 0; i < 64; i += kLanes) {
    bits |= MaskBits(d, hn::Lt(hn::LoadU(d, deadlines + i), bound)) << i;
  }
  return bits;
}

HWY_INLINE uint64_t PassedAmongFew(const uint64_t* deadlines, size_t n, uint64_t now,
                                   hn::Vec<Words> bound) {
  const Words d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  uint64_t bits = 0;
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    bits |= MaskBits(d, hn::Lt(hn::LoadU(d, deadlines + i), bound)) << i;
  }
#if ZOKIO_SIMD_AVX512
  if (i < n) {
    const __mmask8 valid = static_cast<__mmask8>((1u << (n - i)) - 1);
    const __m512i last = _mm512_maskz_loadu_epi64(valid, deadlines + i);
    bits |= uint64_t{_mm512_mask_cmple_epu64_mask(valid, last,
                                                  _mm512_set1_epi64(static_cast<int64_t>(now)))}
            << i;
  }
#else
  for (; i < n; ++i) bits |= uint64_t{deadlines[i] <= now} << i;
#endif
  return bits;
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

size_t DeadlineKernel(const uint64_t* deadlines, size_t n, uint64_t now, uint64_t* bitmap) {
#if ZOKIO_SIMD_HAVE_VECTORS
  size_t count = 0;
  if (now == UINT64_MAX) {
    for (size_t i = 0; i < n; i += 64) {
      bitmap[i / 64] = n - i >= 64 ? ~uint64_t{0} : (uint64_t{1} << (n - i)) - 1;
    }
    return n;
  }
  const auto bound = hn::Set(Words(), now + 1);
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    const uint64_t bits = PassedAmong64(deadlines + i, bound);
    bitmap[i / 64] = bits;
    count += static_cast<size_t>(std::popcount(bits));
  }
  if (i < n) {
    const uint64_t bits = PassedAmongFew(deadlines + i, n - i, now, bound);
    bitmap[i / 64] = bits;
    count += static_cast<size_t>(std::popcount(bits));
  }
  return count;
#else
  return reference::DeadlineScan({deadlines, n}, now, {bitmap, (n + 63) / 64});
#endif
}

size_t DecodeKernel(const uint64_t* bitmap, size_t words, uint32_t base,
                    std::span<uint32_t> indices) {
  size_t count = 0;
  size_t word = 0;
  for (; word < words && indices.size() - count >= kDecodeRoom; ++word) {
    // Sparse bitmaps are mostly zero words: four at a time.
    while (word + 4 < words &&
           (bitmap[word] | bitmap[word + 1] | bitmap[word + 2] | bitmap[word + 3]) == 0) {
      word += 4;
    }
    const uint64_t bits = bitmap[word];
    if (bits == 0) continue;
    count += DecodeWord(bits, base + static_cast<uint32_t>(64 * word), indices.data() + count);
  }
  for (; word < words; ++word) {
    for (uint64_t bits = bitmap[word]; bits != 0; bits &= bits - 1) {
      ZOKIO_CHECK(count < indices.size(), "indices too small");
      indices[count++] =
          base + static_cast<uint32_t>(64 * word + static_cast<size_t>(std::countr_zero(bits)));
    }
  }
  return count;
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(DeadlineKernel);
HWY_EXPORT(DecodeKernel);

size_t DeadlineScan(std::span<const uint64_t> deadlines, uint64_t now, std::span<uint64_t> bitmap) {
  ZOKIO_CHECK(bitmap.size() >= (deadlines.size() + 63) / 64, "bitmap too small");
  constexpr size_t kPlainMax = 2;  // up to here a plain loop is as fast
  if (deadlines.size() <= kPlainMax) return reference::DeadlineScan(deadlines, now, bitmap);
  return ZOKIO_SIMD_DISPATCH(DeadlineKernel)(deadlines.data(), deadlines.size(), now,
                                             bitmap.data());
}

size_t BitmapDecode(std::span<const uint64_t> bitmap, uint32_t base, std::span<uint32_t> indices) {
  return ZOKIO_SIMD_DISPATCH(DecodeKernel)(bitmap.data(), bitmap.size(), base, indices);
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
