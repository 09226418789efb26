#include "simd/message_batch.h"

#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/message_batch.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

void SplitKernel(const MessageHeader* headers, size_t n, uint32_t* destinations,
                 uint32_t* sizes_bytes, uint64_t* payloads) {
  size_t i = 0;
#if ZOKIO_SIMD_AVX512
  // Eight headers in two vectors; permutations across both pick a column each.
  const __m512i even = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  const __m512i odd = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
  for (; i + 8 <= n; i += 8) {
    const __m512i a = _mm512_loadu_si512(headers + i);
    const __m512i b = _mm512_loadu_si512(headers + i + 4);
    const __m512i routing = _mm512_permutex2var_epi32(a, even, b);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(destinations + i),
                        _mm512_castsi512_si256(routing));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(sizes_bytes + i),
                        _mm512_extracti64x4_epi64(routing, 1));
    _mm512_storeu_si512(payloads + i, _mm512_permutex2var_epi64(a, odd, b));
  }
#elif HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
  const auto load = [&](size_t at) HWY_ATTR {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(headers + at));
  };
  const auto store = [](void* to, __m128i v)
                         HWY_ATTR { _mm_storeu_si128(static_cast<__m128i*>(to), v); };
  for (; i + 4 <= n; i += 4) {
    const __m128i a = load(i);
    const __m128i b = load(i + 1);
    const __m128i c = load(i + 2);
    const __m128i d = load(i + 3);
    const __m128i ab = _mm_unpacklo_epi32(a, b);  // destinations, then sizes, of a and b
    const __m128i cd = _mm_unpacklo_epi32(c, d);
    store(destinations + i, _mm_unpacklo_epi64(ab, cd));
    store(sizes_bytes + i, _mm_unpackhi_epi64(ab, cd));
    store(payloads + i, _mm_unpackhi_epi64(a, b));
    store(payloads + i + 2, _mm_unpackhi_epi64(c, d));
  }
#endif
  for (; i < n; ++i) {
    destinations[i] = headers[i].destination;
    sizes_bytes[i] = headers[i].size_bytes;
    payloads[i] = headers[i].payload;
  }
}

std::array<size_t, 3> ClassifyKernel(const uint32_t* sizes_bytes, size_t n, uint8_t* classes) {
  size_t beyond_small = 0;
  size_t beyond_medium = 0;
  size_t i = 0;
#if ZOKIO_SIMD_AVX512
  const __m512i small = _mm512_set1_epi32(static_cast<int>(kSmallMessageBytesMax));
  const __m512i medium = _mm512_set1_epi32(static_cast<int>(kMediumMessageBytesMax));
  for (; i < n; i += 16) {
    const __mmask16 valid =
        static_cast<__mmask16>(_bzhi_u32(0xFFFF, static_cast<uint32_t>(n - i < 16 ? n - i : 16)));
    const __m512i sizes = _mm512_maskz_loadu_epi32(valid, sizes_bytes + i);
    const __mmask16 over_small = _mm512_cmpgt_epu32_mask(sizes, small);
    const __mmask16 over_medium = _mm512_cmpgt_epu32_mask(sizes, medium);
    const __m128i one = _mm_maskz_set1_epi8(over_small, 1);
    _mm_mask_storeu_epi8(classes + i, valid, _mm_mask_set1_epi8(one, over_medium, 2));
    beyond_small += static_cast<size_t>(std::popcount(static_cast<uint32_t>(over_small)));
    beyond_medium += static_cast<size_t>(std::popcount(static_cast<uint32_t>(over_medium)));
  }
#endif
  for (; i < n; ++i) {
    const bool over_small = sizes_bytes[i] > kSmallMessageBytesMax;
    const bool over_medium = sizes_bytes[i] > kMediumMessageBytesMax;
    classes[i] = static_cast<uint8_t>(over_small + over_medium);
    beyond_small += over_small ? 1 : 0;
    beyond_medium += over_medium ? 1 : 0;
  }
  return {n - beyond_small, beyond_small - beyond_medium, beyond_medium};
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(SplitKernel);
HWY_EXPORT(ClassifyKernel);

void SplitMessageHeaders(std::span<const MessageHeader> headers, std::span<uint32_t> destinations,
                         std::span<uint32_t> sizes_bytes, std::span<uint64_t> payloads) {
  ZOKIO_CHECK(destinations.size() >= headers.size() && sizes_bytes.size() >= headers.size() &&
                  payloads.size() >= headers.size(),
              "column too small");
  ZOKIO_SIMD_DISPATCH(SplitKernel)(headers.data(), headers.size(), destinations.data(),
                                   sizes_bytes.data(), payloads.data());
}

std::array<size_t, 3> ClassifyMessageSizes(std::span<const uint32_t> sizes_bytes,
                                           std::span<uint8_t> classes) {
  ZOKIO_CHECK(classes.size() >= sizes_bytes.size(), "classes too small");
  constexpr size_t kPlainMax = 4;  // up to here a plain loop is as fast
  if (sizes_bytes.size() <= kPlainMax) {
    std::array<size_t, 3> counts = {};
    for (size_t i = 0; i < sizes_bytes.size(); ++i) {
      classes[i] = static_cast<uint8_t>((sizes_bytes[i] > kSmallMessageBytesMax) +
                                        (sizes_bytes[i] > kMediumMessageBytesMax));
      ++counts[classes[i]];
    }
    return counts;
  }
  return ZOKIO_SIMD_DISPATCH(ClassifyKernel)(sizes_bytes.data(), sizes_bytes.size(),
                                             classes.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
