// A set of byte values, prepared for scanning: the delimiters of a protocol, say.
//
// Immutable; build it once (it is constexpr) and use it for many scans.
// Thread-safety: immutable.
// Cost: 80 bytes; Contains() is two table reads.
// Source: classification by two nibble look-ups, as in simdjson (Langdale, Lemire 2019).
#ifndef ZOKIO_SIMD_BYTE_SET_H_
#define ZOKIO_SIMD_BYTE_SET_H_

#include <cstdint>
#include <string_view>

namespace zokio::simd {

class ByteSet {
 public:
  // How little work a vector needs to classify a byte.
  enum class Kind : uint8_t {
    kUnique,  // ASCII only and no two members share a low nibble: one look-up and one comparison
    kAscii,   // members below 0x80 only: two look-ups
    kAny,     // four look-ups
  };

  constexpr explicit ByteSet(std::string_view members) {
    for (uint8_t low = 0; low < 16; ++low) {
      // A value that no byte with this low nibble equals.
      unique_[low] = static_cast<uint8_t>((low + 1) & 15);
    }
    for (const char member : members) Add(static_cast<uint8_t>(member));
  }

  constexpr bool Contains(uint8_t byte) const {
    const uint8_t row = byte < 0x80 ? low_rows_[byte & 15] : high_rows_[byte & 15];
    return ((row >> ((byte >> 4) & 7)) & 1) != 0;
  }

  constexpr Kind kind() const { return kind_; }
  // Bit h of low_rows()[l] says that byte h * 16 + l is a member; high_rows() likewise for bytes
  // from 0x80 on. 16 bytes each, for vector look-ups.
  constexpr const uint8_t* low_rows() const { return low_rows_; }
  constexpr const uint8_t* high_rows() const { return high_rows_; }
  // For kUnique: the member with low nibble l, or a value that has another low nibble.
  constexpr const uint8_t* unique() const { return unique_; }

 private:
  constexpr void Add(uint8_t byte) {
    if (Contains(byte)) return;
    const uint8_t low = byte & 15;
    const uint8_t bit = static_cast<uint8_t>(1 << ((byte >> 4) & 7));
    if (byte >= 0x80) {
      kind_ = Kind::kAny;
      high_rows_[low] = static_cast<uint8_t>(high_rows_[low] | bit);
      return;
    }
    if (low_rows_[low] != 0 && kind_ == Kind::kUnique) kind_ = Kind::kAscii;
    low_rows_[low] = static_cast<uint8_t>(low_rows_[low] | bit);
    unique_[low] = byte;
  }

  alignas(16) uint8_t low_rows_[16] = {};
  alignas(16) uint8_t high_rows_[16] = {};
  alignas(16) uint8_t unique_[16] = {};
  Kind kind_ = Kind::kUnique;
};

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_BYTE_SET_H_
