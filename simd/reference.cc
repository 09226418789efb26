#include "simd/reference.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "simd/internal/hash_one.h"

namespace zokio::simd::reference {
namespace {

void SetBit(std::span<uint64_t> bitmap, size_t index, bool value) {
  const uint64_t bit = uint64_t{1} << (index % 64);
  if (index % 64 == 0) bitmap[index / 64] = 0;
  if (value) bitmap[index / 64] |= bit;
}

bool GetBit(std::span<const uint64_t> bitmap, size_t index) {
  return ((bitmap[index / 64] >> (index % 64)) & 1) != 0;
}

template <class T>
void SwapAll(std::span<const T> in, std::span<T> out) {
  for (size_t i = 0; i < in.size(); ++i) {
    T swapped = 0;
    for (size_t byte = 0; byte < sizeof(T); ++byte) {
      swapped = static_cast<T>(swapped |
                               (((in[i] >> (8 * byte)) & 0xFF) << (8 * (sizeof(T) - 1 - byte))));
    }
    out[i] = swapped;
  }
}

constexpr char kBase64Standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const char* Base64Digits(Base64Alphabet alphabet) {
  return alphabet == Base64Alphabet::kUrl ? kBase64Url : kBase64Standard;
}

int Base64Value(char digit, Base64Alphabet alphabet) {
  const char* digits = Base64Digits(alphabet);
  const char* found = digit == '\0' ? nullptr : std::strchr(digits, digit);
  return found == nullptr ? -1 : static_cast<int>(found - digits);
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool Matches(uint32_t element, Comparison comparison, uint32_t operand) {
  switch (comparison) {
    case Comparison::kEqual:
      return element == operand;
    case Comparison::kNotEqual:
      return element != operand;
    case Comparison::kLess:
      return element < operand;
    case Comparison::kGreater:
      return element > operand;
  }
  return false;
}

}  // namespace

size_t FindByte(std::span<const uint8_t> data, uint8_t byte) {
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i] == byte) return i;
  }
  return data.size();
}

size_t FindAnyOf(std::span<const uint8_t> data, const ByteSet& set) {
  for (size_t i = 0; i < data.size(); ++i) {
    if (set.Contains(data[i])) return i;
  }
  return data.size();
}

void DelimiterBitmap(std::span<const uint8_t> data, const ByteSet& set,
                     std::span<uint64_t> bitmap) {
  for (size_t i = 0; i < data.size(); ++i) SetBit(bitmap, i, set.Contains(data[i]));
}

DelimiterScan DelimiterPositions(std::span<const uint8_t> data, const ByteSet& set,
                                 std::span<uint32_t> positions) {
  DelimiterScan scan = {0, 0};
  for (size_t i = 0; i < data.size(); ++i) {
    if (!set.Contains(data[i])) continue;
    if (scan.count == positions.size()) return scan;
    positions[scan.count++] = static_cast<uint32_t>(i);
    scan.consumed = i + 1;
  }
  scan.consumed = data.size();
  return scan;
}

uint32_t Crc32c(std::span<const uint8_t> data, uint32_t crc) {
  crc = ~crc;
  for (const uint8_t byte : data) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

bool ValidateUtf8(std::span<const uint8_t> text) {
  size_t i = 0;
  while (i < text.size()) {
    const uint8_t lead = text[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    // Table 3-7 of the Unicode standard: the second byte's range depends on the first.
    size_t length = 0;
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (text.size() - i < length) return false;
    if (text[i + 1] < low || text[i + 1] > high) return false;
    for (size_t j = 2; j < length; ++j) {
      if (text[i + j] < 0x80 || text[i + j] > 0xBF) return false;
    }
    i += length;
  }
  return true;
}

void PartitionByDestination(std::span<const uint32_t> destinations, std::span<uint32_t> offsets,
                            std::span<uint32_t> order) {
  const size_t buckets = offsets.size() - 1;
  uint32_t next = 0;
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    offsets[bucket] = next;
    for (size_t i = 0; i < destinations.size(); ++i) {
      if (destinations[i] == bucket) order[next++] = static_cast<uint32_t>(i);
    }
  }
  offsets[buckets] = next;
}

void Gather(std::span<const uint64_t> column, std::span<const uint32_t> order,
            std::span<uint64_t> out) {
  for (size_t i = 0; i < order.size(); ++i) out[i] = column[order[i]];
}

size_t DeadlineScan(std::span<const uint64_t> deadlines, uint64_t now, std::span<uint64_t> bitmap) {
  size_t count = 0;
  for (size_t i = 0; i < deadlines.size(); ++i) {
    SetBit(bitmap, i, deadlines[i] <= now);
    count += deadlines[i] <= now ? 1 : 0;
  }
  return count;
}

size_t BitmapDecode(std::span<const uint64_t> bitmap, uint32_t base, std::span<uint32_t> indices) {
  size_t count = 0;
  for (size_t i = 0; i < bitmap.size() * 64; ++i) {
    if (GetBit(bitmap, i)) indices[count++] = base + static_cast<uint32_t>(i);
  }
  return count;
}

size_t CompletionScan(std::span<const Completion> completions, uint32_t flags,
                      std::span<uint64_t> failed, std::span<uint64_t> flagged) {
  size_t count = 0;
  for (size_t i = 0; i < completions.size(); ++i) {
    SetBit(failed, i, completions[i].result < 0);
    SetBit(flagged, i, (completions[i].flags & flags) != 0);
    count += completions[i].result < 0 ? 1 : 0;
  }
  return count;
}

void SplitMessageHeaders(std::span<const MessageHeader> headers, std::span<uint32_t> destinations,
                         std::span<uint32_t> sizes_bytes, std::span<uint64_t> payloads) {
  for (size_t i = 0; i < headers.size(); ++i) {
    destinations[i] = headers[i].destination;
    sizes_bytes[i] = headers[i].size_bytes;
    payloads[i] = headers[i].payload;
  }
}

std::array<size_t, 3> ClassifyMessageSizes(std::span<const uint32_t> sizes_bytes,
                                           std::span<uint8_t> classes) {
  std::array<size_t, 3> counts = {};
  for (size_t i = 0; i < sizes_bytes.size(); ++i) {
    const uint8_t size_class = sizes_bytes[i] <= kSmallMessageBytesMax    ? 0
                               : sizes_bytes[i] <= kMediumMessageBytesMax ? 1
                                                                          : 2;
    classes[i] = size_class;
    ++counts[size_class];
  }
  return counts;
}

size_t FilterCompact(std::span<const uint32_t> in, Comparison comparison, uint32_t operand,
                     std::span<uint32_t> out) {
  size_t count = 0;
  for (const uint32_t element : in) {
    if (Matches(element, comparison, operand)) out[count++] = element;
  }
  return count;
}

size_t CompactByBitmap(std::span<const uint32_t> in, std::span<const uint64_t> bitmap,
                       std::span<uint32_t> out) {
  size_t count = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    if (GetBit(bitmap, i)) out[count++] = in[i];
  }
  return count;
}

uint32_t PrefixSum(std::span<const uint32_t> in, uint32_t initial, std::span<uint32_t> out) {
  uint32_t sum = initial;
  for (size_t i = 0; i < in.size(); ++i) {
    sum += in[i];
    out[i] = sum;
  }
  return sum;
}

void HashBatch(std::span<const uint64_t> keys, uint64_t seed, std::span<uint64_t> hashes) {
  for (size_t i = 0; i < keys.size(); ++i) hashes[i] = internal::HashOne(keys[i], seed);
}

void RingLookup(std::span<const uint64_t> sorted_points, std::span<const uint64_t> hashes,
                std::span<uint32_t> indices) {
  for (size_t i = 0; i < hashes.size(); ++i) {
    const auto found = std::lower_bound(sorted_points.begin(), sorted_points.end(), hashes[i]);
    indices[i] =
        found == sorted_points.end() ? 0 : static_cast<uint32_t>(found - sorted_points.begin());
  }
}

void ByteSwap(std::span<const uint16_t> in, std::span<uint16_t> out) { SwapAll(in, out); }
void ByteSwap(std::span<const uint32_t> in, std::span<uint32_t> out) { SwapAll(in, out); }
void ByteSwap(std::span<const uint64_t> in, std::span<uint64_t> out) { SwapAll(in, out); }

uint16_t InternetChecksum(std::span<const uint8_t> data, uint16_t initial) {
  uint64_t sum = initial;
  for (size_t i = 0; i < data.size(); i += 2) {
    sum += static_cast<uint64_t>(data[i]) << 8;
    if (i + 1 < data.size()) sum += data[i + 1];
  }
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

size_t Base64Encode(std::span<const uint8_t> data, Base64Alphabet alphabet, std::span<char> out) {
  const char* digits = Base64Digits(alphabet);
  size_t written = 0;
  for (size_t i = 0; i < data.size(); i += 3) {
    const size_t bytes = std::min<size_t>(3, data.size() - i);
    uint32_t group = static_cast<uint32_t>(data[i]) << 16;
    if (bytes > 1) group |= static_cast<uint32_t>(data[i + 1]) << 8;
    if (bytes > 2) group |= data[i + 2];
    for (size_t digit = 0; digit <= bytes; ++digit) {
      out[written++] = digits[(group >> (18 - 6 * digit)) & 63];
    }
    if (alphabet == Base64Alphabet::kUrl) continue;
    for (size_t pad = bytes; pad < 3; ++pad) out[written++] = '=';
  }
  return written;
}

std::optional<size_t> Base64Decode(std::string_view text, Base64Alphabet alphabet,
                                   std::span<uint8_t> out) {
  if (alphabet == Base64Alphabet::kStandard) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("==")) {
      text.remove_suffix(2);
    } else if (text.ends_with('=')) {
      text.remove_suffix(1);
    }
  }
  if (text.size() % 4 == 1) return std::nullopt;
  size_t written = 0;
  uint32_t group = 0;
  uint32_t bits = 0;
  for (const char digit : text) {
    const int value = Base64Value(digit, alphabet);
    if (value < 0) return std::nullopt;
    group = (group << 6) | static_cast<uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[written++] = static_cast<uint8_t>(group >> bits);
  }
  // Bits that encode nothing must be zero, or one value would have several encodings.
  if ((group & ((1u << bits) - 1)) != 0) return std::nullopt;
  return written;
}

void HexEncode(std::span<const uint8_t> data, std::span<char> out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < data.size(); ++i) {
    out[2 * i] = kDigits[data[i] >> 4];
    out[2 * i + 1] = kDigits[data[i] & 15];
  }
}

bool HexDecode(std::string_view text, std::span<uint8_t> out) {
  if (text.size() % 2 != 0) return false;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out[i / 2] = static_cast<uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace zokio::simd::reference
