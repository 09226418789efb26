// Byte classes of HTTP heads by nibbles: low[b & 15] & high[b >> 4] has a bit of kHttpTokenClasses
// for a token character and one of kHttpControlClasses for a control (tab included), else none.
#ifndef ZOKIO_SIMD_INTERNAL_HTTP_TABLES_H_
#define ZOKIO_SIMD_INTERNAL_HTTP_TABLES_H_

#include <cstdint>
#include <string_view>

namespace zokio::simd::internal {

inline constexpr uint8_t kHttpTokenClasses = 0x3F;    // one bit for each upper nibble, 2 to 7
inline constexpr uint8_t kHttpControlClasses = 0xC0;  // DEL, and bytes below 0x20
inline constexpr uint8_t kHttpDelClass = 0x40;
inline constexpr uint8_t kHttpLowControlClass = 0x80;

struct HttpTables {
  alignas(16) uint8_t low[16] = {};
  alignas(16) uint8_t high[16] = {};
};

inline constexpr HttpTables kHttpTables = [] {
  HttpTables tables;
  const auto add_token = [&](uint8_t byte) {
    tables.low[byte & 15] |= static_cast<uint8_t>(1 << ((byte >> 4) - 2));
  };
  for (const char symbol : std::string_view("!#$%&'*+-.^_`|~")) {
    add_token(static_cast<uint8_t>(symbol));
  }
  for (uint8_t byte = '0'; byte <= '9'; ++byte) add_token(byte);
  for (uint8_t letter = 'a'; letter <= 'z'; ++letter) {
    add_token(letter);
    add_token(static_cast<uint8_t>(letter - 'a' + 'A'));
  }
  for (uint8_t high = 2; high < 8; ++high) {
    tables.high[high] = static_cast<uint8_t>(1 << (high - 2));
  }
  for (uint8_t& low : tables.low) low |= kHttpLowControlClass;
  tables.high[0] = kHttpLowControlClass;
  tables.high[1] = kHttpLowControlClass;
  tables.low[15] |= kHttpDelClass;
  tables.high[7] |= kHttpDelClass;
  return tables;
}();

}  // namespace zokio::simd::internal

#endif  // ZOKIO_SIMD_INTERNAL_HTTP_TABLES_H_
