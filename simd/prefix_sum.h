// Running sums.
//
// Thread-safety: pure function.
#ifndef ZOKIO_SIMD_PREFIX_SUM_H_
#define ZOKIO_SIMD_PREFIX_SUM_H_

#include <cstdint>
#include <span>

namespace zokio::simd {

// out[i] = initial + in[0] + ... + in[i], modulo 2^32; returns the last of these, or `initial`.
// The spans may be the same or disjoint, not shifted. REQUIRES: out.size() >= in.size().
uint32_t PrefixSum(std::span<const uint32_t> in, uint32_t initial, std::span<uint32_t> out);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_PREFIX_SUM_H_
