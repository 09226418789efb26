// Batches of message headers: into columns, and into size classes.
//
// Routing works on columns (simd/partition.h); senders write whole headers. Splitting a batch once
// is cheaper than touching each message for each decision.
//
// Thread-safety: pure functions. Spans must not overlap.
#ifndef ZOKIO_SIMD_MESSAGE_BATCH_H_
#define ZOKIO_SIMD_MESSAGE_BATCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "simd/types.h"

namespace zokio::simd {

// Column i of each output is the field of headers[i].
// REQUIRES: all outputs hold headers.size() elements.
void SplitMessageHeaders(std::span<const MessageHeader> headers, std::span<uint32_t> destinations,
                         std::span<uint32_t> sizes_bytes, std::span<uint64_t> payloads);

// classes[i] = 0 for small messages, 1 for medium, 2 for large (bounds in simd/types.h). Returns
// how many there are of each. REQUIRES: classes.size() >= sizes_bytes.size().
std::array<size_t, 3> ClassifyMessageSizes(std::span<const uint32_t> sizes_bytes,
                                           std::span<uint8_t> classes);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_MESSAGE_BATCH_H_
