// A consistent-hash ring: which node owns a key, so that few keys move when nodes come and go.
//
// A node owns the arc that ends at each of its points. Points are 64-bit hashes, given by the
// caller: usually Hash() of the node's id and a replica number, some 100 for each node.
//
// Ownership: copies the points. Thread-safety: immutable after construction.
// Cost: 20 to 28 bytes a point; a look-up reads a table indexed by the hash's upper bits and, as
// there are at least twice as many entries as points, seldom more than two points.
#ifndef ZOKIO_SIMD_HASH_RING_H_
#define ZOKIO_SIMD_HASH_RING_H_

#include <cstdint>
#include <span>
#include <vector>

namespace zokio::simd {

class HashRing {
 public:
  struct Point {
    uint64_t hash;
    uint32_t node;
  };

  // Where points coincide, the lowest node owns the arc. REQUIRES: 0 < points.size() < 2^30.
  explicit HashRing(std::span<const Point> points);

  // The node of the first point at or after `hash`, going round.
  uint32_t Lookup(uint64_t hash) const { return nodes_[FirstPointFrom(hash)]; }

  // nodes[i] = Lookup(hashes[i]). REQUIRES: nodes.size() >= hashes.size().
  void LookupBatch(std::span<const uint64_t> hashes, std::span<uint32_t> nodes) const;

 private:
  // Points crowded together make linear search long; then a binary search is used.
  static constexpr uint32_t kRunMax = 24;

  uint32_t FirstPointFrom(uint64_t hash) const {
    if (crowded_) return BinarySearch(hash);
    uint32_t at = starts_[hash >> shift_];
    while (hashes_[at] < hash) ++at;  // ends at the sentinel
    return at;
  }
  uint32_t BinarySearch(uint64_t hash) const;

  // Sorted; one more element than there are points, the greatest value, owned as the first point.
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> nodes_;
  // starts_[u]: the first point whose upper bits are at least u.
  std::vector<uint32_t> starts_;
  uint32_t shift_ = 0;
  bool crowded_ = false;
};

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_HASH_RING_H_
