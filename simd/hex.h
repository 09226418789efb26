// Hexadecimal text.
//
// Thread-safety: pure functions.
#ifndef ZOKIO_SIMD_HEX_H_
#define ZOKIO_SIMD_HEX_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace zokio::simd {

// Two lower-case digits for each byte. REQUIRES: out.size() >= 2 * data.size().
void HexEncode(std::span<const uint8_t> data, std::span<char> out);

// Digits of either case; false for anything else or an odd length, and then the contents of `out`
// are unspecified. REQUIRES: out.size() >= text.size() / 2.
bool HexDecode(std::string_view text, std::span<uint8_t> out);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_HEX_H_
