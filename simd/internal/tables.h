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

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_TABLES_H_
