// The part of bench/peers.h that is compiled with -O3 -march=native.
#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "simd/bench/peers.h"

namespace zokio::simd::bench {
size_t StdCountMembers(std::string_view data, const char* members) {
  size_t count = 0;
  for (const char* p = data.data(); *(p += std::strcspn(p, members)) != '\0'; ++p) ++count;
  return count;
}

size_t StdFilterLess(std::span<const uint32_t> in, uint32_t operand, std::span<uint32_t> out) {
  return static_cast<size_t>(std::copy_if(in.begin(), in.end(), out.begin(),
                                          [operand](uint32_t x) { return x < operand; }) -
                             out.begin());
}

void StdPrefixSum(std::span<const uint32_t> in, std::span<uint32_t> out) {
  std::partial_sum(in.begin(), in.end(), out.begin());
}

void StdTransform(std::span<const int32_t> in, std::span<int32_t> out) {
  std::transform(in.begin(), in.end(), out.begin(), [](int32_t x) { return (x ^ 21) + 7; });
}

float StdSum(std::span<const float> in) { return std::accumulate(in.begin(), in.end(), 0.0f); }

uint64_t StdMin(std::span<const uint64_t> in) {
  return std::accumulate(in.begin(), in.end(), UINT64_MAX,
                         [](uint64_t a, uint64_t b) { return std::min(a, b); });
}

void StdHash(std::span<const uint64_t> keys, std::span<uint64_t> hashes) {
  constexpr uint64_t kMultiplier = 0xD6E8FEB86659FD93;
  std::transform(keys.begin(), keys.end(), hashes.begin(), [](uint64_t x) {
    x = (x ^ (x >> 32)) * kMultiplier;
    x = (x ^ (x >> 32)) * kMultiplier;
    return x ^ (x >> 32);
  });
}

void StdRingLookup(std::span<const uint64_t> points, std::span<const uint64_t> hashes,
                   std::span<uint32_t> indices) {
  for (size_t i = 0; i < hashes.size(); ++i) {
    const auto found = std::lower_bound(points.begin(), points.end(), hashes[i]);
    indices[i] = found == points.end() ? 0 : static_cast<uint32_t>(found - points.begin());
  }
}

size_t StdDeadlines(std::span<const uint64_t> deadlines, uint64_t now, std::span<uint64_t> bitmap) {
  size_t count = 0;
  for (size_t i = 0; i < deadlines.size(); i += 64) {
    uint64_t bits = 0;
    for (size_t k = 0; k < 64 && i + k < deadlines.size(); ++k) {
      bits |= uint64_t{deadlines[i + k] <= now} << k;
    }
    bitmap[i / 64] = bits;
    count += static_cast<size_t>(std::popcount(bits));
  }
  return count;
}

size_t StdDecode(std::span<const uint64_t> bitmap, std::span<uint32_t> indices) {
  size_t count = 0;
  for (size_t word = 0; word < bitmap.size(); ++word) {
    for (uint64_t bits = bitmap[word]; bits != 0; bits &= bits - 1) {
      indices[count++] =
          static_cast<uint32_t>(64 * word + static_cast<size_t>(std::countr_zero(bits)));
    }
  }
  return count;
}

bool ScalarUtf8(std::span<const uint8_t> text) {
  size_t i = 0;
  while (i < text.size()) {
    const uint8_t lead = text[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < length) return false;
    const uint8_t second = text[i + 1];
    const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return false;
    for (size_t k = 2; k < length; ++k) {
      if ((text[i + k] & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

void StdByteSwap(std::span<const uint32_t> in, std::span<uint32_t> out) {
  std::transform(in.begin(), in.end(), out.begin(),
                 [](uint32_t x) { return __builtin_bswap32(x); });
}

void PartitionMessages(std::span<const WholeMessage> in, std::span<uint32_t> offsets,
                       std::span<WholeMessage> out) {
  std::fill(offsets.begin(), offsets.end(), 0);
  for (const WholeMessage& message : in) ++offsets[message.destination + 1];
  for (size_t b = 1; b < offsets.size(); ++b) offsets[b] += offsets[b - 1];
  for (const WholeMessage& message : in) out[offsets[message.destination]++] = message;
  for (size_t b = offsets.size() - 1; b > 0; --b) offsets[b] = offsets[b - 1];
  offsets[0] = 0;
}

}  // namespace zokio::simd::bench
