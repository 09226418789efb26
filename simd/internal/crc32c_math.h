// Constants of CRC-32C folding, computed at compile time, and the table for plain C++.
//
// Bit order is reflected: bit i of a 32-bit value is the coefficient of x^(31 - i).
#ifndef ZOKIO_SIMD_INTERNAL_CRC32C_MATH_H_
#define ZOKIO_SIMD_INTERNAL_CRC32C_MATH_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace zokio::simd::internal {

inline constexpr uint32_t kCrc32cPolynomial = 0x82F63B78;

// x^n modulo the polynomial.
constexpr uint32_t Crc32cPowerOfX(uint64_t n) {
  uint32_t value = 0x80000000;  // x^0
  for (; n > 0; --n) value = (value >> 1) ^ ((value & 1) != 0 ? kCrc32cPolynomial : 0);
  return value;
}

// Carry-less product of two 32-bit reflected values, then the CRC32 instruction over its 8 bytes,
// multiplies by x^33; so this factor moves a CRC past `bytes` zero bytes.
constexpr uint32_t Crc32cShiftFactor(size_t bytes) { return Crc32cPowerOfX(8 * bytes - 33); }

// Factors that move the two halves of a 128-bit remainder forward by `bytes`. The product of a
// reflected 64-bit half with a 64-bit reflected factor, read as 128 bits, carries one more x; the
// first (low) half stands 64 bits above the second.
struct Crc32cFold {
  uint64_t low;
  uint64_t high;
};
constexpr Crc32cFold Crc32cFoldFactors(size_t bytes) {
  return {static_cast<uint64_t>(Crc32cPowerOfX(8 * bytes + 63)) << 32,
          static_cast<uint64_t>(Crc32cPowerOfX(8 * bytes - 1)) << 32};
}

// tables[k][b]: the CRC of byte b followed by k zero bytes, without the usual inversions.
using Crc32cTables = std::array<std::array<uint32_t, 256>, 8>;
constexpr Crc32cTables MakeCrc32cTables() {
  Crc32cTables tables = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kCrc32cPolynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}
inline constexpr Crc32cTables kCrc32cTables = MakeCrc32cTables();

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_CRC32C_MATH_H_
