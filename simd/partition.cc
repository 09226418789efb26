#include "simd/partition.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace zokio::simd {
namespace {

// Counting the same bucket twice in a row waits for the first store; four tables avoid that.
constexpr size_t kTables = 4;
// Up to here the tables lie on the stack: 16 KiB.
constexpr size_t kTabledBucketsMax = 1024;

void CountInTables(std::span<const uint32_t> destinations, size_t buckets,
                   std::span<uint32_t> counts) {
  uint32_t tables[kTables][kTabledBucketsMax];
  for (auto& table : tables) std::fill_n(table, buckets, 0u);
  const size_t size = destinations.size();
  uint32_t largest = 0;
  size_t i = 0;
  for (; i + kTables <= size; i += kTables) {
    for (size_t lane = 0; lane < kTables; ++lane) {
      const uint32_t destination = destinations[i + lane];
      largest = std::max(largest, destination);
      // Out-of-range destinations are counted somewhere harmless and reported below.
      ++tables[lane][destination & (kTabledBucketsMax - 1)];
    }
  }
  for (; i < size; ++i) {
    largest = std::max(largest, destinations[i]);
    ++tables[0][destinations[i] & (kTabledBucketsMax - 1)];
  }
  ZOKIO_CHECK(size == 0 || largest < buckets, "destination out of range");
  for (size_t b = 0; b < buckets; ++b) {
    counts[b] = tables[0][b] + tables[1][b] + tables[2][b] + tables[3][b];
  }
}

void CountDirectly(std::span<const uint32_t> destinations, size_t buckets,
                   std::span<uint32_t> counts) {
  std::fill_n(counts.begin(), buckets, 0u);
  for (const uint32_t destination : destinations) {
    ZOKIO_CHECK(destination < buckets, "destination out of range");
    ++counts[destination];
  }
}

}  // namespace

void PartitionByDestination(std::span<const uint32_t> destinations, std::span<uint32_t> offsets,
                            std::span<uint32_t> order) {
  ZOKIO_CHECK(!offsets.empty(), "offsets holds one element more than there are buckets");
  ZOKIO_CHECK(order.size() >= destinations.size(), "order too small");
  ZOKIO_CHECK(destinations.size() < UINT32_MAX, "indices are 32 bits");
  const size_t buckets = offsets.size() - 1;
  if (buckets <= kTabledBucketsMax) {
    CountInTables(destinations, buckets, offsets);
  } else {
    CountDirectly(destinations, buckets, offsets);
  }
  uint32_t begin = 0;
  for (size_t b = 0; b < buckets; ++b) {
    const uint32_t count = offsets[b];
    offsets[b] = begin;
    begin += count;
  }
  // Placing advances offsets[b] to the end of bucket b, which is the start of the next.
  uint32_t* const next = offsets.data();
  uint32_t* const out = order.data();
  const size_t size = destinations.size();
  for (size_t i = 0; i < size; ++i) out[next[destinations[i]]++] = static_cast<uint32_t>(i);
  for (size_t b = buckets; b > 0; --b) next[b] = next[b - 1];
  next[0] = 0;
}

void Gather(std::span<const uint64_t> column, std::span<const uint32_t> order,
            std::span<uint64_t> out) {
  ZOKIO_CHECK(out.size() >= order.size(), "out too small");
  // Plain loads: gather instructions were measured no faster, and they do not check the index.
  uint64_t* const to = out.data();
  for (size_t i = 0; i < order.size(); ++i) {
    ZOKIO_DCHECK(order[i] < column.size(), "index out of range");
    to[i] = column[order[i]];
  }
}

}  // namespace zokio::simd
