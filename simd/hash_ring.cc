#include "simd/hash_ring.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace zokio::simd {

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
  // Gathering eight keys at a time with AVX-512 was measured at 1.4 times this loop's time.
  for (size_t i = 0; i < hashes.size(); ++i) nodes[i] = Lookup(hashes[i]);
}

}  // namespace zokio::simd
