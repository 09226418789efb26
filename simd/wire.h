// Wire formats: byte order of whole arrays, and the Internet checksum.
//
// Thread-safety: pure functions.
#ifndef ZOKIO_SIMD_WIRE_H_
#define ZOKIO_SIMD_WIRE_H_

#include <cstdint>
#include <span>

namespace zokio::simd {

// Reverses the bytes of every element. The spans may be the same or disjoint, not shifted.
// REQUIRES: out.size() >= in.size().
void ByteSwap(std::span<const uint16_t> in, std::span<uint16_t> out);
void ByteSwap(std::span<const uint32_t> in, std::span<uint32_t> out);
void ByteSwap(std::span<const uint64_t> in, std::span<uint64_t> out);

// The ones' complement sum of big-endian 16-bit words (RFC 1071), an odd byte padded with zero; the
// checksum field holds its complement. Pieces of even length chain through `initial`.
uint16_t InternetChecksum(std::span<const uint8_t> data, uint16_t initial = 0);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_WIRE_H_
