// What every kernel computes, in plain C++: the oracle of the tests and the fallback where no
// vectors are at hand. The contracts are those of the headers that declare the kernels under the
// same names (find.h, utf8.h, ...); the HTTP tokeniser's reference is in reference_http.h.
//
// Nothing here is written for speed; nothing here writes past what it reports.
#ifndef ZOKIO_SIMD_REFERENCE_H_
#define ZOKIO_SIMD_REFERENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "simd/byte_set.h"
#include "simd/types.h"

namespace zokio::simd::reference {

// find.h
size_t FindByte(std::span<const uint8_t> data, uint8_t byte);
size_t FindAnyOf(std::span<const uint8_t> data, const ByteSet& set);
void DelimiterBitmap(std::span<const uint8_t> data, const ByteSet& set, std::span<uint64_t> bitmap);
DelimiterScan DelimiterPositions(std::span<const uint8_t> data, const ByteSet& set,
                                 std::span<uint32_t> positions);

// crc32c.h
uint32_t Crc32c(std::span<const uint8_t> data, uint32_t crc);

// utf8.h
bool ValidateUtf8(std::span<const uint8_t> text);

// partition.h
void PartitionByDestination(std::span<const uint32_t> destinations, std::span<uint32_t> offsets,
                            std::span<uint32_t> order);
void Gather(std::span<const uint64_t> column, std::span<const uint32_t> order,
            std::span<uint64_t> out);

// bitmap.h
size_t DeadlineScan(std::span<const uint64_t> deadlines, uint64_t now, std::span<uint64_t> bitmap);
size_t BitmapDecode(std::span<const uint64_t> bitmap, uint32_t base, std::span<uint32_t> indices);

// completion.h
size_t CompletionScan(std::span<const Completion> completions, uint32_t flags,
                      std::span<uint64_t> failed, std::span<uint64_t> flagged);

// message_batch.h
void SplitMessageHeaders(std::span<const MessageHeader> headers, std::span<uint32_t> destinations,
                         std::span<uint32_t> sizes_bytes, std::span<uint64_t> payloads);
std::array<size_t, 3> ClassifyMessageSizes(std::span<const uint32_t> sizes_bytes,
                                           std::span<uint8_t> classes);

// filter.h
size_t FilterCompact(std::span<const uint32_t> in, Comparison comparison, uint32_t operand,
                     std::span<uint32_t> out);
size_t CompactByBitmap(std::span<const uint32_t> in, std::span<const uint64_t> bitmap,
                       std::span<uint32_t> out);

// prefix_sum.h
uint32_t PrefixSum(std::span<const uint32_t> in, uint32_t initial, std::span<uint32_t> out);

// hash.h
void HashBatch(std::span<const uint64_t> keys, uint64_t seed, std::span<uint64_t> hashes);

// hash_ring.h: the index of the first point >= each hash, or 0 past the last point.
void RingLookup(std::span<const uint64_t> sorted_points, std::span<const uint64_t> hashes,
                std::span<uint32_t> indices);

// wire.h
void ByteSwap(std::span<const uint16_t> in, std::span<uint16_t> out);
void ByteSwap(std::span<const uint32_t> in, std::span<uint32_t> out);
void ByteSwap(std::span<const uint64_t> in, std::span<uint64_t> out);
uint16_t InternetChecksum(std::span<const uint8_t> data, uint16_t initial);

// base64.h and hex.h
size_t Base64Encode(std::span<const uint8_t> data, Base64Alphabet alphabet, std::span<char> out);
std::optional<size_t> Base64Decode(std::string_view text, Base64Alphabet alphabet,
                                   std::span<uint8_t> out);
void HexEncode(std::span<const uint8_t> data, std::span<char> out);
bool HexDecode(std::string_view text, std::span<uint8_t> out);

}  // namespace zokio::simd::reference

#endif  // ZOKIO_SIMD_REFERENCE_H_
