// The hash of hash.h for one key, kept apart so that the reference can use it too.
#ifndef ZOKIO_SIMD_INTERNAL_HASH_ONE_H_
#define ZOKIO_SIMD_INTERNAL_HASH_ONE_H_

#include <cstdint>

namespace zokio::simd::internal {

inline constexpr uint64_t kHashMultiplier = 0xD6E8FEB86659FD93;

// Every step is a permutation of the 64-bit values, so distinct keys have distinct hashes. Cheaper
// mixes of 32 x 32 to 64 bit products were tried and failed on keys with many low zero bits.
constexpr uint64_t HashOne(uint64_t key, uint64_t seed) {
  uint64_t x = key ^ seed;
  x ^= x >> 32;
  x *= kHashMultiplier;
  x ^= x >> 32;
  x *= kHashMultiplier;
  return x ^ (x >> 32);
}

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_HASH_ONE_H_
