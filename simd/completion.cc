#include "simd/completion.h"

#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/completion.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

struct Classes {
  uint64_t failed = 0;
  uint64_t flagged = 0;
};

HWY_INLINE void AddScalar(const Completion& completion, uint32_t flags, size_t bit,
                          Classes& classes) {
  classes.failed |= uint64_t{completion.result < 0} << bit;
  classes.flagged |= uint64_t{(completion.flags & flags) != 0} << bit;
}

#if ZOKIO_SIMD_AVX512

// Sixteen completions: results and flags are shuffled together out of four vectors. Within a lane
// the shuffles take one completion of each vector, so a last permutation restores the order.
HWY_INLINE void AddSixteen(const Completion* c, __m512i flags, size_t bit, Classes& classes) {
  const __m512i a = _mm512_loadu_si512(c);
  const __m512i b = _mm512_loadu_si512(c + 4);
  const __m512i e = _mm512_loadu_si512(c + 8);
  const __m512i f = _mm512_loadu_si512(c + 12);
  const __m512 ab = _mm512_castsi512_ps(_mm512_unpackhi_epi64(a, b));
  const __m512 ef = _mm512_castsi512_ps(_mm512_unpackhi_epi64(e, f));
  const __m512i results = _mm512_castps_si512(_mm512_shuffle_ps(ab, ef, 0x88));
  const __m512i flag_words = _mm512_castps_si512(_mm512_shuffle_ps(ab, ef, 0xDD));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i sorted_results = _mm512_permutexvar_epi32(order, results);
  const __m512i sorted_flags = _mm512_permutexvar_epi32(order, flag_words);
  classes.failed |= uint64_t{_mm512_movepi32_mask(sorted_results)} << bit;
  classes.flagged |= uint64_t{_mm512_test_epi32_mask(sorted_flags, flags)} << bit;
}

Classes Among64(const Completion* c, uint32_t flags) {
  Classes classes;
  const __m512i wanted = _mm512_set1_epi32(static_cast<int>(flags));
  for (size_t i = 0; i < 64; i += 16) AddSixteen(c + i, wanted, i, classes);
  return classes;
}

#elif HWY_TARGET == HWY_AVX2

// Eight completions, likewise.
HWY_INLINE void AddEight(const Completion* c, __m256i flags, size_t bit, Classes& classes) {
  const auto load = [&](size_t i) HWY_ATTR {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(c + i));
  };
  const __m256 ab = _mm256_castsi256_ps(_mm256_unpackhi_epi64(load(0), load(2)));
  const __m256 ef = _mm256_castsi256_ps(_mm256_unpackhi_epi64(load(4), load(6)));
  const __m256i results = _mm256_castps_si256(_mm256_shuffle_ps(ab, ef, 0x88));
  const __m256i flag_words = _mm256_castps_si256(_mm256_shuffle_ps(ab, ef, 0xDD));
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i unflagged =
      _mm256_cmpeq_epi32(_mm256_and_si256(flag_words, flags), _mm256_setzero_si256());
  const auto bits = [&](__m256i v) HWY_ATTR {
    const __m256i sorted = _mm256_permutevar8x32_epi32(v, order);
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(sorted)));
  };
  classes.failed |= uint64_t{bits(results)} << bit;
  classes.flagged |= uint64_t{bits(unflagged) ^ 0xFF} << bit;
}

Classes Among64(const Completion* c, uint32_t flags) {
  Classes classes;
  const __m256i wanted = _mm256_set1_epi32(static_cast<int>(flags));
  for (size_t i = 0; i < 64; i += 8) AddEight(c + i, wanted, i, classes);
  return classes;
}

#else

Classes Among64(const Completion* c, uint32_t flags) {
  Classes classes;
  for (size_t i = 0; i < 64; ++i) AddScalar(c[i], flags, i, classes);
  return classes;
}

#endif

size_t CompletionKernel(const Completion* c, size_t n, uint32_t flags, uint64_t* failed,
                        uint64_t* flagged) {
  size_t count = 0;
  for (size_t i = 0; i < n; i += 64) {
    Classes classes;
    if (n - i >= 64) {
      classes = Among64(c + i, flags);
    } else {
      for (size_t k = 0; i + k < n; ++k) AddScalar(c[i + k], flags, k, classes);
    }
    failed[i / 64] = classes.failed;
    flagged[i / 64] = classes.flagged;
    count += static_cast<size_t>(std::popcount(classes.failed));
  }
  return count;
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(CompletionKernel);

size_t CompletionScan(std::span<const Completion> completions, uint32_t flags,
                      std::span<uint64_t> failed, std::span<uint64_t> flagged) {
  const size_t words = (completions.size() + 63) / 64;
  ZOKIO_CHECK(failed.size() >= words && flagged.size() >= words, "bitmap too small");
  constexpr size_t kPlainMax = 2;  // up to here a plain loop is as fast
  if (completions.size() <= kPlainMax) {
    return reference::CompletionScan(completions, flags, failed, flagged);
  }
  return ZOKIO_SIMD_DISPATCH(CompletionKernel)(completions.data(), completions.size(), flags,
                                               failed.data(), flagged.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
