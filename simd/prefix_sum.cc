#include "simd/prefix_sum.h"

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/prefix_sum.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_AVX512

// Sums within the vector: shifted by 1, 2, 4 and 8 lanes.
HWY_INLINE __m512i SumWithin(__m512i x) {
  const __m512i zero = _mm512_setzero_si512();
  x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 15));
  x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 14));
  x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 12));
  return _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, 8));
}

uint32_t PrefixSumKernel(const uint32_t* in, size_t n, uint32_t initial, uint32_t* out) {
  const __m512i last = _mm512_set1_epi32(15);
  __m512i carry = _mm512_set1_epi32(static_cast<int>(initial));
  for (; n >= 16; n -= 16, in += 16, out += 16) {
    const __m512i sums = SumWithin(_mm512_loadu_si512(in));
    _mm512_storeu_si512(out, _mm512_add_epi32(sums, carry));
    // The chain from vector to vector is this one addition.
    carry = _mm512_add_epi32(carry, _mm512_permutexvar_epi32(last, sums));
  }
  if (n > 0) {
    const __mmask16 valid = static_cast<__mmask16>((1u << n) - 1);
    const __m512i sums = SumWithin(_mm512_maskz_loadu_epi32(valid, in));
    _mm512_mask_storeu_epi32(out, valid, _mm512_add_epi32(sums, carry));
    carry = _mm512_add_epi32(carry, _mm512_permutexvar_epi32(last, sums));
  }
  return static_cast<uint32_t>(_mm_cvtsi128_si32(_mm512_castsi512_si128(carry)));
}

#else

uint32_t PrefixSumKernel(const uint32_t* in, size_t n, uint32_t initial, uint32_t* out) {
  uint32_t sum = initial;
  size_t i = 0;
#if ZOKIO_SIMD_HAVE_VECTORS
  const hn::FixedTag<uint32_t, 4> d;
  auto carry = hn::Set(d, initial);
  for (; i + 4 <= n; i += 4) {
    auto sums = hn::LoadU(d, in + i);
    sums = hn::Add(sums, hn::ShiftLeftLanes<1>(d, sums));
    sums = hn::Add(sums, hn::ShiftLeftLanes<2>(d, sums));
    hn::StoreU(hn::Add(sums, carry), d, out + i);
    carry = hn::Add(carry, hn::Broadcast<3>(sums));
  }
  sum = hn::GetLane(carry);
#endif
  for (; i < n; ++i) {
    sum += in[i];
    out[i] = sum;
  }
  return sum;
}

#endif

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(PrefixSumKernel);

uint32_t PrefixSum(std::span<const uint32_t> in, uint32_t initial, std::span<uint32_t> out) {
  ZOKIO_CHECK(out.size() >= in.size(), "out too small");
  constexpr size_t kPlainMax = 12;  // up to here a plain loop is as fast
  if (in.size() <= kPlainMax) return reference::PrefixSum(in, initial, out);
  return ZOKIO_SIMD_DISPATCH(PrefixSumKernel)(in.data(), in.size(), initial, out.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
