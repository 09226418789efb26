// The alphabets of base64, forwards and backwards.
#ifndef ZOKIO_SIMD_INTERNAL_BASE64_TABLES_H_
#define ZOKIO_SIMD_INTERNAL_BASE64_TABLES_H_

#include <cstdint>
#include <string_view>

#include "simd/types.h"

namespace zokio::simd::internal {

struct Base64Tables {
  constexpr explicit Base64Tables(std::string_view last_two) {
    constexpr std::string_view kCommon =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (uint8_t& value : values) value = 0x80;
    for (uint8_t i = 0; i < 64; ++i) {
      digits[i] = static_cast<uint8_t>(i < 62 ? kCommon[i] : last_two[i - 62u]);
      values[digits[i]] = i;
    }
  }
  alignas(64) uint8_t digits[64] = {};
  alignas(64) uint8_t values[256] = {};  // 0x80 for what is no digit
};

inline constexpr Base64Tables kBase64Standard("+/");
inline constexpr Base64Tables kBase64Url("-_");

constexpr const Base64Tables& Base64TablesOf(Base64Alphabet alphabet) {
  return alphabet == Base64Alphabet::kUrl ? kBase64Url : kBase64Standard;
}

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_BASE64_TABLES_H_
