// Constant tables shared by kernels.
#ifndef ZOKIO_SIMD_INTERNAL_TABLES_H_
#define ZOKIO_SIMD_INTERNAL_TABLES_H_

#include <array>
#include <cstdint>

namespace zokio::simd::internal {

// 0, 1, ... 63.
struct alignas(64) Iota64 {
  constexpr Iota64() {
    for (uint8_t i = 0; i < 64; ++i) values[i] = i;
  }
  constexpr const uint8_t* data() const { return values; }
  uint8_t values[64] = {};
};
inline constexpr Iota64 kIota64;

// kCompress8[m] lists the numbers of the bits set in m, then zeros: 2 KiB.
inline constexpr std::array<std::array<uint8_t, 8>, 256> kCompress8 = [] {
  std::array<std::array<uint8_t, 8>, 256> table = {};
  for (unsigned mask = 0; mask < 256; ++mask) {
    unsigned count = 0;
    for (uint8_t bit = 0; bit < 8; ++bit) {
      if (((mask >> bit) & 1) != 0) table[mask][count++] = bit;
    }
  }
  return table;
}();

// kCompress4x32[m] lists the bytes of those 32-bit lanes whose bit is set in m, then zeros.
struct alignas(16) LaneBytes {
  constexpr const uint8_t* data() const { return values; }
  uint8_t values[16] = {};
};
inline constexpr std::array<LaneBytes, 16> kCompress4x32 = [] {
  std::array<LaneBytes, 16> table = {};
  for (unsigned mask = 0; mask < 16; ++mask) {
    unsigned count = 0;
    for (unsigned byte = 0; byte < 16; ++byte) {
      if (((mask >> (byte / 4)) & 1) != 0) table[mask].values[count++] = static_cast<uint8_t>(byte);
    }
  }
  return table;
}();

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_TABLES_H_
