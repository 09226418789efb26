// What the benchmarks stand beside: limits of the machine, plain loops compiled with -O3
// -march=native, and libraries that are loaded when they are installed.
#ifndef ZOKIO_SIMD_BENCH_PEERS_H_
#define ZOKIO_SIMD_BENCH_PEERS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace zokio::simd::bench {

// Reads everything with the widest vectors there are and does next to nothing with it.
uint64_t LoadLoop(std::span<const uint8_t> data);

// Standard algorithms and plain loops.
size_t StdCountMembers(std::string_view data, const char* members);  // strcspn in a loop
size_t StdFilterLess(std::span<const uint32_t> in, uint32_t operand, std::span<uint32_t> out);
void StdPrefixSum(std::span<const uint32_t> in, std::span<uint32_t> out);
void StdTransform(std::span<const int32_t> in, std::span<int32_t> out);  // (x ^ 21) + 7
float StdSum(std::span<const float> in);
uint64_t StdMin(std::span<const uint64_t> in);
void StdHash(std::span<const uint64_t> keys, std::span<uint64_t> hashes);
void StdRingLookup(std::span<const uint64_t> points, std::span<const uint64_t> hashes,
                   std::span<uint32_t> indices);
size_t StdDeadlines(std::span<const uint64_t> deadlines, uint64_t now, std::span<uint64_t> bitmap);
size_t StdDecode(std::span<const uint64_t> bitmap, std::span<uint32_t> indices);
bool ScalarUtf8(std::span<const uint8_t> text);
void StdByteSwap(std::span<const uint32_t> in, std::span<uint32_t> out);

// A message with its key inside, sorted as an array of structures.
struct WholeMessage {
  uint32_t destination;
  uint32_t size_bytes;
  uint64_t body[7];
};
void PartitionMessages(std::span<const WholeMessage> in, std::span<uint32_t> offsets,
                       std::span<WholeMessage> out);

// Libraries; null when not installed. The names are Debian's.
using Crc32cFunction = unsigned int (*)(unsigned char* data, int size, unsigned int crc);
Crc32cFunction IsalCrc32c();  // libisal2
using Crc32Function = unsigned long (*)(unsigned long crc, const unsigned char* data,
                                        unsigned int size);
Crc32Function ZlibCrc32();  // zlib1g; another polynomial, the same work
using Utf8Function = bool (*)(const char* text, size_t size);
Utf8Function SimdjsonUtf8();  // libsimdjson14
// Parses one request with http-parser's callbacks that note where each field lies; returns how many
// fields there were, or -1 when the library (libhttp-parser2.9) is not installed.
int HttpParserFields(std::string_view request);
// The same with picohttpparser as Debian compiles it into libh2o0.13 (no SSE4.2).
int PicoHttpParserFields(std::string_view request);

}  // namespace zokio::simd::bench

#endif  // ZOKIO_SIMD_BENCH_PEERS_H_
