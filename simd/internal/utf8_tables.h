// The three nibble tables of UTF-8 validation, derived from the rules they encode.
//
// Whether two neighbouring bytes may stand side by side depends on three nibbles only: both of the
// first byte and the upper one of the second. Each rule below is a set of forbidden combinations
// and owns one bit; a pair breaks the rule when all three tables have the bit.
#ifndef ZOKIO_SIMD_INTERNAL_UTF8_TABLES_H_
#define ZOKIO_SIMD_INTERNAL_UTF8_TABLES_H_

#include <cstdint>

namespace zokio::simd::internal {

struct Utf8Tables {
  alignas(16) uint8_t first_high[16] = {};
  alignas(16) uint8_t first_low[16] = {};
  alignas(16) uint8_t second_high[16] = {};
};

// Sets of nibbles as bits.
inline constexpr uint32_t kAnyNibble = 0xFFFF;
inline constexpr uint32_t kAsciiNibbles = 0x00FF;         // 0 to 7
inline constexpr uint32_t kContinuationNibbles = 0x0F00;  // 8 to B
inline constexpr uint32_t kLeadNibbles = 0xF000;          // C to F

struct Utf8Rule {
  uint8_t bit;
  uint32_t first_high;
  uint32_t first_low;
  uint32_t second_high;
};

// A pair of continuations is no error in itself: it must be there exactly when a byte two or three
// places before asks for it, which is compared apart. Its bit is the top one for that reason.
inline constexpr uint8_t kUtf8TwoContinuations = 0x80;

inline constexpr Utf8Rule kUtf8Rules[] = {
    // A lead byte without a continuation.
    {0x01, kLeadNibbles, kAnyNibble, kAsciiNibbles | kLeadNibbles},
    // A continuation after ASCII.
    {0x02, kAsciiNibbles, kAnyNibble, kContinuationNibbles},
    // E0 80..9F: three bytes for what fits in two.
    {0x04, 1 << 0xE, 1 << 0x0, 1 << 0x8 | 1 << 0x9},
    // F4 90..BF and F5..FF 90..BF: past U+10FFFF.
    {0x08, 1 << 0xF, 0xFFF0, 1 << 0x9 | 1 << 0xA | 1 << 0xB},
    // ED A0..BF: surrogates.
    {0x10, 1 << 0xE, 1 << 0xD, 1 << 0xA | 1 << 0xB},
    // C0 and C1: two bytes for what fits in one.
    {0x20, 1 << 0xC, 1 << 0x0 | 1 << 0x1, kContinuationNibbles},
    // F0 80..8F: four bytes for what fits in three; F5..FF 80..8F: past U+10FFFF.
    {0x40, 1 << 0xF, 1 << 0x0 | 0xFFE0, 1 << 0x8},
    {kUtf8TwoContinuations, kContinuationNibbles, kAnyNibble, kContinuationNibbles},
};

inline constexpr Utf8Tables kUtf8Tables = [] {
  Utf8Tables tables;
  for (const Utf8Rule& rule : kUtf8Rules) {
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
      const auto bit = [&](uint32_t set) {
        return static_cast<uint8_t>(((set >> nibble) & 1) != 0 ? rule.bit : 0);
      };
      tables.first_high[nibble] |= bit(rule.first_high);
      tables.first_low[nibble] |= bit(rule.first_low);
      tables.second_high[nibble] |= bit(rule.second_high);
    }
  }
  return tables;
}();

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_UTF8_TABLES_H_
