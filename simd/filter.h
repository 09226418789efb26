// Keeping some elements of an array, side by side.
//
// Thread-safety: pure functions.
// Cost: one indirect call; no branch depends on the data; figures in simd/README.md.
#ifndef ZOKIO_SIMD_FILTER_H_
#define ZOKIO_SIMD_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "simd/types.h"

namespace zokio::simd {

// Writes the elements that compare so with `operand`, in order, and returns how many there are.
// Elements of `out` past that may be overwritten with anything, up to in.size(). `out` may begin
// where `in` does. REQUIRES: out.size() >= in.size().
size_t FilterCompact(std::span<const uint32_t> in, Comparison comparison, uint32_t operand,
                     std::span<uint32_t> out);

// The same for the elements whose bit is set: bit i % 64 of bitmap[i / 64] stands for in[i].
// REQUIRES: also bitmap.size() >= (in.size() + 63) / 64.
size_t CompactByBitmap(std::span<const uint32_t> in, std::span<const uint64_t> bitmap,
                       std::span<uint32_t> out);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_FILTER_H_
