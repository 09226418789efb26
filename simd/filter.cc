#include "simd/filter.h"

#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/internal/tables.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/filter.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

using Elements = hn::ScalableTag<uint32_t>;
using V = hn::Vec<Elements>;

// Writes the lanes whose bit is set to the front of a whole vector at `out`. Highway's Compress is
// used nowhere: g++ 12 copies its table to the stack for every vector.
HWY_INLINE size_t StoreSelected(V v, uint32_t mask, uint32_t* out) {
#if ZOKIO_SIMD_AVX512
  const __m512i packed = _mm512_maskz_compress_epi32(static_cast<__mmask16>(mask), v.raw);
  _mm512_storeu_si512(out, packed);
#elif HWY_TARGET == HWY_AVX2
  const __m256i order = _mm256_cvtepu8_epi32(
      _mm_loadl_epi64(reinterpret_cast<const __m128i*>(internal::kCompress8[mask].data())));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permutevar8x32_epi32(v.raw, order));
#else
  const hn::Repartition<uint8_t, Elements> bytes;
  const auto order = hn::LoadU(bytes, internal::kCompress4x32[mask].data());
  hn::StoreU(hn::BitCast(Elements(), hn::TableLookupBytes(hn::BitCast(bytes, v), order)),
             Elements(), out);
#endif
  return static_cast<size_t>(std::popcount(mask));
}

template <class Select, class SelectOne>
HWY_INLINE size_t Compact(const uint32_t* in, size_t n, uint32_t* out, const Select& select,
                          const SelectOne& select_one) {
  const Elements d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  size_t count = 0;
  size_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    const V v0 = hn::LoadU(d, in + i);
    const V v1 = hn::LoadU(d, in + i + kLanes);
    const V v2 = hn::LoadU(d, in + i + 2 * kLanes);
    const V v3 = hn::LoadU(d, in + i + 3 * kLanes);
    count += StoreSelected(v0, select(v0, i), out + count);
    count += StoreSelected(v1, select(v1, i + kLanes), out + count);
    count += StoreSelected(v2, select(v2, i + 2 * kLanes), out + count);
    count += StoreSelected(v3, select(v3, i + 3 * kLanes), out + count);
  }
  for (; i + kLanes <= n; i += kLanes) {
    const V v = hn::LoadU(d, in + i);
    count += StoreSelected(v, select(v, i), out + count);
  }
#if ZOKIO_SIMD_AVX512
  if (i < n) {
    const __mmask16 valid = static_cast<__mmask16>((1u << (n - i)) - 1);
    const V v{_mm512_maskz_loadu_epi32(valid, in + i)};
    const uint32_t mask = select(v, i) & valid;
    const __m512i packed = _mm512_maskz_compress_epi32(static_cast<__mmask16>(mask), v.raw);
    _mm512_mask_storeu_epi32(out + count, valid, packed);
    return count + static_cast<size_t>(std::popcount(mask));
  }
#endif
  for (; i < n; ++i) {
    const uint32_t element = in[i];
    out[count] = element;
    count += select_one(element, i) ? 1 : 0;
  }
  return count;
}

template <class Compare, class CompareOne>
HWY_INLINE size_t CompactIf(const uint32_t* in, size_t n, uint32_t* out, const Compare& compare,
                            const CompareOne& compare_one) {
  return Compact(
      in, n, out,
      [&](V v, size_t) HWY_ATTR { return static_cast<uint32_t>(MaskBits(Elements(), compare(v))); },
      [&](uint32_t element, size_t) { return compare_one(element); });
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

size_t FilterKernel(const uint32_t* in, size_t n, Comparison comparison, uint32_t operand,
                    uint32_t* out) {
#if ZOKIO_SIMD_HAVE_VECTORS
  const V other = hn::Set(Elements(), operand);
  switch (comparison) {
    case Comparison::kEqual:
      return CompactIf(
          in, n, out, [&](V v) HWY_ATTR { return hn::Eq(v, other); },
          [=](uint32_t element) { return element == operand; });
    case Comparison::kNotEqual:
      return CompactIf(
          in, n, out, [&](V v) HWY_ATTR { return hn::Ne(v, other); },
          [=](uint32_t element) { return element != operand; });
    case Comparison::kLess:
      return CompactIf(
          in, n, out, [&](V v) HWY_ATTR { return hn::Lt(v, other); },
          [=](uint32_t element) { return element < operand; });
    case Comparison::kGreater:
      return CompactIf(
          in, n, out, [&](V v) HWY_ATTR { return hn::Gt(v, other); },
          [=](uint32_t element) { return element > operand; });
  }
  return 0;
#else
  return reference::FilterCompact({in, n}, comparison, operand, {out, n});
#endif
}

size_t CompactKernel(const uint32_t* in, size_t n, const uint64_t* bitmap, uint32_t* out) {
#if ZOKIO_SIMD_HAVE_VECTORS
  constexpr uint32_t kAllLanes = (uint32_t{1} << hn::MaxLanes(Elements())) - 1;
  return Compact(
      in, n, out,
      [=](V, size_t i)
          HWY_ATTR { return static_cast<uint32_t>(bitmap[i / 64] >> (i % 64)) & kAllLanes; },
      [=](uint32_t, size_t i) { return ((bitmap[i / 64] >> (i % 64)) & 1) != 0; });
#else
  return reference::CompactByBitmap({in, n}, {bitmap, (n + 63) / 64}, {out, n});
#endif
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(FilterKernel);
HWY_EXPORT(CompactKernel);

size_t FilterCompact(std::span<const uint32_t> in, Comparison comparison, uint32_t operand,
                     std::span<uint32_t> out) {
  ZOKIO_CHECK(out.size() >= in.size(), "out too small");
  constexpr size_t kPlainMax = 2;  // up to here a plain loop is as fast
  if (in.size() <= kPlainMax) return reference::FilterCompact(in, comparison, operand, out);
  return ZOKIO_SIMD_DISPATCH(FilterKernel)(in.data(), in.size(), comparison, operand, out.data());
}

size_t CompactByBitmap(std::span<const uint32_t> in, std::span<const uint64_t> bitmap,
                       std::span<uint32_t> out) {
  ZOKIO_CHECK(out.size() >= in.size(), "out too small");
  ZOKIO_CHECK(bitmap.size() >= (in.size() + 63) / 64, "bitmap too small");
  return ZOKIO_SIMD_DISPATCH(CompactKernel)(in.data(), in.size(), bitmap.data(), out.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
