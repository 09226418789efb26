// Sorting message headers by destination: a stable counting sort over one column.
//
// Headers are held in structure of arrays: the destinations lie side by side, so that neither the
// counting nor the placing touches a message. The result is an order, by which any column can be
// gathered.
//
// Thread-safety: pure functions on the caller's memory; nothing is allocated.
// Cost: two passes over the destinations; figures in simd/README.md.
#ifndef ZOKIO_SIMD_PARTITION_H_
#define ZOKIO_SIMD_PARTITION_H_

#include <cstdint>
#include <span>

namespace zokio::simd {

// With B = offsets.size() - 1 buckets: afterwards order[offsets[b] .. offsets[b + 1]) holds the
// indices i with destinations[i] == b, ascending, and offsets[B] == destinations.size().
// REQUIRES: offsets.size() >= 1, order.size() >= destinations.size(), destinations.size() < 2^32,
// every destination < B.
void PartitionByDestination(std::span<const uint32_t> destinations, std::span<uint32_t> offsets,
                            std::span<uint32_t> order);

// out[i] = column[order[i]]. REQUIRES: out.size() >= order.size(), every index < column.size().
void Gather(std::span<const uint64_t> column, std::span<const uint32_t> order,
            std::span<uint64_t> out);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_PARTITION_H_
