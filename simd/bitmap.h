// Bitmaps: finding passed deadlines, and turning set bits into indices.
//
// Bit i % 64 of word i / 64 stands for element i; bits past the last element are zero.
// Thread-safety: pure functions.
// Cost: one indirect call a batch; figures in simd/README.md.
#ifndef ZOKIO_SIMD_BITMAP_H_
#define ZOKIO_SIMD_BITMAP_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace zokio::simd {

// Sets the bits of the deadlines that have passed, those <= now, and clears the others; returns how
// many. REQUIRES: bitmap.size() >= (deadlines.size() + 63) / 64.
size_t DeadlineScan(std::span<const uint64_t> deadlines, uint64_t now, std::span<uint64_t> bitmap);

// Writes base plus the index of every set bit, ascending, and returns how many there were.
// Elements of `indices` past that may be overwritten with anything. Fastest while 64 more elements
// are free. REQUIRES: indices.size() >= the number of set bits; base + 64 * bitmap.size() <= 2^32.
size_t BitmapDecode(std::span<const uint64_t> bitmap, uint32_t base, std::span<uint32_t> indices);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_BITMAP_H_
