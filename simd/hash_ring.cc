#include "simd/hash_ring.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/hash_ring.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

#ifndef ZOKIO_SIMD_HASH_RING_TABLES_
#define ZOKIO_SIMD_HASH_RING_TABLES_
namespace zokio::simd {
namespace {

struct RingTables {
  const uint64_t* hashes;
  const uint32_t* nodes;
  const uint32_t* starts;
  uint32_t shift;
};

}  // namespace
}  // namespace zokio::simd
#endif

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

void RingKernel(const RingTables& ring, const uint64_t* hashes, size_t n, uint32_t* nodes) {
  size_t i = 0;
#if ZOKIO_SIMD_AVX512
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(ring.shift));
  for (; i < n; i += 8) {
    const __mmask8 valid = n - i >= 8 ? __mmask8{0xFF} : static_cast<__mmask8>((1u << (n - i)) - 1);
    const __m512i hash = _mm512_maskz_loadu_epi64(valid, hashes + i);
    // Lanes past the end look up hash 0, which is as good as any.
    __m256i at = _mm512_i64gather_epi32(_mm512_srl_epi64(hash, shift), ring.starts, 4);
    __mmask8 searching = 0xFF;
    while (true) {
      const __m512i point = _mm512_mask_i32gather_epi64(hash, searching, at, ring.hashes, 8);
      searching = _mm512_mask_cmplt_epu64_mask(searching, point, hash);
      if (searching == 0) break;
      at = _mm256_mask_add_epi32(at, searching, at, _mm256_set1_epi32(1));
    }
    const __m256i node = _mm256_i32gather_epi32(reinterpret_cast<const int*>(ring.nodes), at, 4);
    _mm256_mask_storeu_epi32(nodes + i, valid, node);
  }
#endif
  for (; i < n; ++i) {
    uint32_t at = ring.starts[hashes[i] >> ring.shift];
    while (ring.hashes[at] < hashes[i]) ++at;
    nodes[i] = ring.nodes[at];
  }
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(RingKernel);

HashRing::HashRing(std::span<const Point> points) {
  ZOKIO_CHECK(!points.empty(), "a ring needs a point");
  ZOKIO_CHECK(points.size() < (size_t{1} << 30), "too many points");
  std::vector<Point> sorted(points.begin(), points.end());
  std::sort(sorted.begin(), sorted.end(), [](const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.node < b.node;
  });
  for (const Point& point : sorted) {
    hashes_.push_back(point.hash);
    nodes_.push_back(point.node);
  }
  hashes_.push_back(UINT64_MAX);
  nodes_.push_back(sorted.front().node);

  const size_t buckets = std::bit_ceil(2 * points.size());
  shift_ = 64 - static_cast<uint32_t>(std::countr_zero(buckets));
  starts_.resize(buckets);
  size_t at = 0;
  size_t before = 0;
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    const uint64_t first_hash = uint64_t{bucket} << shift_;
    while (at < points.size() && hashes_[at] < first_hash) ++at;
    starts_[bucket] = static_cast<uint32_t>(at);
    crowded_ = crowded_ || at - before > kRunMax;
    before = at;
  }
  crowded_ = crowded_ || points.size() - before > kRunMax;
}

uint32_t HashRing::BinarySearch(uint64_t hash) const {
  const auto found = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  return static_cast<uint32_t>(found - hashes_.begin());
}

void HashRing::LookupBatch(std::span<const uint64_t> hashes, std::span<uint32_t> nodes) const {
  ZOKIO_CHECK(nodes.size() >= hashes.size(), "nodes too small");
  if (crowded_) {
    for (size_t i = 0; i < hashes.size(); ++i) nodes[i] = Lookup(hashes[i]);
    return;
  }
  const RingTables ring = {hashes_.data(), nodes_.data(), starts_.data(), shift_};
  ZOKIO_SIMD_DISPATCH(RingKernel)(ring, hashes.data(), hashes.size(), nodes.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
