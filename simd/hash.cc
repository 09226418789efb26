#include "simd/hash.h"

#include "base/check.h"
#include "simd/internal/config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/hash.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

using Keys = hn::ScalableTag<uint64_t>;
using V = hn::Vec<Keys>;

HWY_INLINE V Multiply(V x) {
#if ZOKIO_SIMD_AVX512
  return V{_mm512_mullo_epi64(x.raw, hn::Set(Keys(), internal::kHashMultiplier).raw)};
#else
  // 64-bit products out of 32-bit ones.
  const hn::Repartition<uint32_t, Keys> d32;
  const auto low = hn::Set(d32, static_cast<uint32_t>(internal::kHashMultiplier));
  const auto high = hn::Set(d32, static_cast<uint32_t>(internal::kHashMultiplier >> 32));
  const V cross = hn::Add(hn::MulEven(hn::BitCast(d32, hn::ShiftRight<32>(x)), low),
                          hn::MulEven(hn::BitCast(d32, x), high));
  return hn::Add(hn::MulEven(hn::BitCast(d32, x), low), hn::ShiftLeft<32>(cross));
#endif
}

// A shuffle instead of the shift, to spare the port of the multiplications, was measured no faster.
HWY_INLINE V Fold(V x) { return hn::Xor(x, hn::ShiftRight<32>(x)); }

HWY_INLINE V HashVector(V x, V seeds) {
#if ZOKIO_SIMD_AVX512
  // `seeds` is folded already, and AVX-512 combines three values in one instruction.
  x = hn::Xor3(x, hn::ShiftRight<32>(x), seeds);
#else
  x = Fold(hn::Xor(x, seeds));
#endif
  return Fold(Multiply(Fold(Multiply(x))));
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

void HashKernel(const uint64_t* keys, size_t n, uint64_t seed, uint64_t* hashes) {
  size_t i = 0;
#if ZOKIO_SIMD_HAVE_VECTORS
  const Keys d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  const V seeds = hn::Set(d, ZOKIO_SIMD_AVX512 ? seed ^ seed >> 32 : seed);
  // Some vectors at a time, for the multiplications take long; without AVX-512 they need registers.
  constexpr size_t kVectors = ZOKIO_SIMD_AVX512 ? 4 : 2;
  for (; i + kVectors * kLanes <= n; i += kVectors * kLanes) {
    V hashed[kVectors];
    for (size_t v = 0; v < kVectors; ++v) {
      hashed[v] = HashVector(hn::LoadU(d, keys + i + v * kLanes), seeds);
    }
    for (size_t v = 0; v < kVectors; ++v) hn::StoreU(hashed[v], d, hashes + i + v * kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) {
    hn::StoreU(HashVector(hn::LoadU(d, keys + i), seeds), d, hashes + i);
  }
#if ZOKIO_SIMD_AVX512
  if (i < n) {
    const __mmask8 valid = static_cast<__mmask8>((1u << (n - i)) - 1);
    const V last{_mm512_maskz_loadu_epi64(valid, keys + i)};
    _mm512_mask_storeu_epi64(hashes + i, valid, HashVector(last, seeds).raw);
    return;
  }
#endif
#endif
  for (; i < n; ++i) hashes[i] = Hash(keys[i], seed);
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(HashKernel);

void HashBatch(std::span<const uint64_t> keys, uint64_t seed, std::span<uint64_t> hashes) {
  ZOKIO_CHECK(hashes.size() >= keys.size(), "hashes too small");
  // Few keys are done before a vector is: a narrow store that is read at once also costs less.
  constexpr size_t kPlainMax = 4;
  if (keys.size() <= kPlainMax) {
    for (size_t i = 0; i < keys.size(); ++i) hashes[i] = Hash(keys[i], seed);
    return;
  }
  ZOKIO_SIMD_DISPATCH(HashKernel)(keys.data(), keys.size(), seed, hashes.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
