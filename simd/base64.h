// Base64 (RFC 4648, sections 4 and 5).
//
// Decoding is strict: no line breaks, no missing or superfluous padding, no bits that encode
// nothing, so that every value has one encoding.
// Thread-safety: pure functions.
#ifndef ZOKIO_SIMD_BASE64_H_
#define ZOKIO_SIMD_BASE64_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "simd/types.h"

namespace zokio::simd {

// What Base64Encode() writes for `bytes` bytes.
constexpr size_t Base64EncodedSize(size_t bytes, Base64Alphabet alphabet) {
  return alphabet == Base64Alphabet::kStandard ? (bytes + 2) / 3 * 4 : (bytes * 4 + 2) / 3;
}

// At most this many bytes come from `chars` characters.
constexpr size_t Base64DecodedSizeMax(size_t chars) { return chars / 4 * 3 + chars % 4 * 3 / 4; }

// Returns the number of characters written. REQUIRES: out.size() >= Base64EncodedSize().
size_t Base64Encode(std::span<const uint8_t> data, Base64Alphabet alphabet, std::span<char> out);

// Returns the number of bytes written, or nothing when `text` is not base64; then the contents of
// `out` are unspecified. REQUIRES: out.size() >= Base64DecodedSizeMax(text.size()).
std::optional<size_t> Base64Decode(std::string_view text, Base64Alphabet alphabet,
                                   std::span<uint8_t> out);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_BASE64_H_
