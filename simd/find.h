// Searching bytes: one byte, any of a set, all members of a set.
//
// Nothing reads outside the spans. Nothing here allocates.
// Thread-safety: pure functions; see simd/targets.h for the one exception in tests.
// Cost: one indirect call a batch; figures in simd/README.md.
#ifndef ZOKIO_SIMD_FIND_H_
#define ZOKIO_SIMD_FIND_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "simd/byte_set.h"
#include "simd/types.h"

namespace zokio::simd {

// The index of the first `byte` in `data`, or data.size().
size_t FindByte(std::span<const uint8_t> data, uint8_t byte);

// The index of the first member of `set` in `data`, or data.size().
size_t FindAnyOf(std::span<const uint8_t> data, const ByteSet& set);

// Sets bit i % 64 of bitmap[i / 64] when data[i] is a member, clears it otherwise; bits past the
// data in the last word are zero. REQUIRES: bitmap.size() >= (data.size() + 63) / 64.
void DelimiterBitmap(std::span<const uint8_t> data, const ByteSet& set, std::span<uint64_t> bitmap);

// Writes the indices of members of `set` in `data`, ascending, until the data or the room in
// `positions` ends; call again with data.subspan(consumed) to go on. Elements of `positions` past
// `count` may be overwritten with anything. Fastest while more than 64 elements are free.
// REQUIRES: data.size() < 2^32.
DelimiterScan DelimiterPositions(std::span<const uint8_t> data, const ByteSet& set,
                                 std::span<uint32_t> positions);

// The same over characters.
inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_FIND_H_
