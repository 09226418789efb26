// CRC-32C (Castagnoli), as in iSCSI, ext4, gRPC and many log formats.
//
// Thread-safety: pure function.
// Cost: one indirect call; folds 256 bytes at a time with VPCLMULQDQ, else three interleaved
// streams of the CRC32 instruction; figures in simd/README.md.
// Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel
// 2009).
#ifndef ZOKIO_SIMD_CRC32C_H_
#define ZOKIO_SIMD_CRC32C_H_

#include <cstdint>
#include <span>

namespace zokio::simd {

// The CRC of what `crc` was computed over, followed by `data`; start with 0. Pieces may be of any
// length: Crc32c(b, Crc32c(a)) is the CRC of a and b joined. Crc32c("123456789") is 0xE3069283.
uint32_t Crc32c(std::span<const uint8_t> data, uint32_t crc = 0);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_CRC32C_H_
