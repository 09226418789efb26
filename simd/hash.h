// Hashing many 64-bit keys at once, for hash tables, sharding and rings; not for hostile keys when
// the seed is known.
//
// Thread-safety: pure functions.
// Source: a xor-shift-multiply finaliser of the murmur family with degski's 64-bit constant.
#ifndef ZOKIO_SIMD_HASH_H_
#define ZOKIO_SIMD_HASH_H_

#include <cstdint>
#include <span>

#include "simd/internal/hash_one.h"

namespace zokio::simd {

// The hash of one key; what HashBatch() computes for each.
constexpr uint64_t Hash(uint64_t key, uint64_t seed) { return internal::HashOne(key, seed); }

// hashes[i] = Hash(keys[i], seed). The spans may be the same or disjoint, not shifted.
// REQUIRES: hashes.size() >= keys.size().
void HashBatch(std::span<const uint64_t> keys, uint64_t seed, std::span<uint64_t> hashes);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_HASH_H_
