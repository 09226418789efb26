// Kernels over columns of numbers: transforming, filtering, hashing, routing, bitmaps.
// simd/README.md has figures.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>
#include <vector>

#include "simd/bench/cases.h"
#include "simd/bench/peers.h"
#include "simd/bitmap.h"
#include "simd/completion.h"
#include "simd/filter.h"
#include "simd/hash.h"
#include "simd/hash_ring.h"
#include "simd/message_batch.h"
#include "simd/partition.h"
#include "simd/prefix_sum.h"
#include "simd/reference.h"
#include "simd/transform.h"
#include "simd/wire.h"

namespace zokio::simd::bench {
namespace {

std::string Sized(const char* kernel, size_t items) {
  return std::string("simd_") + kernel + "_" + std::to_string(items);
}

template <class T>
Vector<T>* Random(size_t count, uint64_t seed) {
  auto* const out = new Vector<T>(count);
  for (size_t i = 0; i < count; ++i) (*out)[i] = static_cast<T>(Hash(i, seed));
  return out;
}

template <class T>
constexpr Work WorkOn(size_t items) {
  return {.bytes = items * sizeof(T), .items = items};
}

void Limits() {
  auto* const data = new Vector<uint8_t>(16384, 1);
  Peer(Sized("load", 16384), "limit", {.bytes = 16384}, 0x0101010101010101,
       [=] { return LoadLoop(*data); });
}

void Transforming() {
  for (const size_t items : {size_t{2}, size_t{8}, size_t{16}, size_t{4096}}) {
    auto* const in = Random<int32_t>(items, 1);
    for (int32_t& x : *in) x >>= 3;
    auto* const out = new Vector<int32_t>(items);
    const uint64_t last = static_cast<uint64_t>((in->back() ^ 21) + 7);
    Ours(Sized("transform_i32", items), WorkOn<int32_t>(items), last, [=] {
      Transform(*in, *out, [](auto x) { return (x ^ 21) + 7; });
      return static_cast<uint64_t>(out->back());
    });
    Peer(Sized("transform_i32", items), "std_transform", WorkOn<int32_t>(items), last, [=] {
      StdTransform(*in, *out);
      return static_cast<uint64_t>(out->back());
    });
  }
  constexpr size_t kFloats = 4096;
  auto* const floats = new Vector<float>(kFloats, 1.0f);
  Ours(Sized("reduce_f32", kFloats), WorkOn<float>(kFloats), kFloats, [=] {
    return static_cast<uint64_t>(Reduce(*floats, 0.0f, [](auto a, auto b) { return a + b; }));
  });
  Peer(Sized("reduce_f32", kFloats), "std_accumulate", WorkOn<float>(kFloats), kFloats,
       [=] { return static_cast<uint64_t>(StdSum(*floats)); });
  constexpr size_t kWords = 2048;
  auto* const words = Random<uint64_t>(kWords, 2);
  const uint64_t least = *std::min_element(words->begin(), words->end());
  Ours(Sized("reduce_min_u64", kWords), WorkOn<uint64_t>(kWords), least,
       [=] { return Reduce(*words, UINT64_MAX, [](auto a, auto b) { return Min(a, b); }); });
  Peer(Sized("reduce_min_u64", kWords), "std_accumulate", WorkOn<uint64_t>(kWords), least,
       [=] { return StdMin(*words); });
}

// The compute floor: one item is a batch of 1000 numbers, transformed and then summed.
void FloorBatch() {
  auto* const in = Random<int32_t>(1000, 3);
  for (int32_t& x : *in) x >>= 12;
  auto* const out = new Vector<int32_t>(1000);
  uint64_t sum = 0;
  for (const int32_t x : *in) sum += static_cast<uint64_t>(static_cast<int64_t>(x * 3 + 1));
  Ours("floor_batch", {.items = 1}, static_cast<uint32_t>(sum), [=] {
    Transform(*in, *out, [](auto x) { return x * 3 + 1; });
    return static_cast<uint32_t>(Reduce(*out, 0, [](auto a, auto b) { return a + b; }));
  });
}

void Filtering() {
  constexpr size_t kItems = 4096;
  auto* const in = Random<uint32_t>(kItems, 4);
  auto* const out = new Vector<uint32_t>(kItems);
  constexpr uint32_t kHalf = uint32_t{1} << 31;
  const uint64_t count = reference::FilterCompact(*in, Comparison::kLess, kHalf, *out);
  Ours(Sized("filter_u32", kItems), WorkOn<uint32_t>(kItems), count,
       [=] { return FilterCompact(*in, Comparison::kLess, kHalf, *out); });
  Peer(Sized("filter_u32", kItems), "std_copy_if", WorkOn<uint32_t>(kItems), count,
       [=] { return StdFilterLess(*in, kHalf, *out); });

  const uint64_t total = reference::PrefixSum(*in, 0, *out);
  Ours(Sized("prefix_sum_u32", kItems), WorkOn<uint32_t>(kItems), total,
       [=] { return PrefixSum(*in, 0, *out); });
  Peer(Sized("prefix_sum_u32", kItems), "std_partial_sum", WorkOn<uint32_t>(kItems), total, [=] {
    StdPrefixSum(*in, *out);
    return out->back();
  });
  const uint64_t swapped = __builtin_bswap32(in->back());
  Ours(Sized("byte_swap_u32", kItems), WorkOn<uint32_t>(kItems), swapped, [=] {
    ByteSwap(std::span<const uint32_t>(*in), std::span<uint32_t>(*out));
    return out->back();
  });
  Peer(Sized("byte_swap_u32", kItems), "std_transform", WorkOn<uint32_t>(kItems), swapped, [=] {
    StdByteSwap(*in, *out);
    return out->back();
  });
}

void Hashing() {
  constexpr size_t kKeys = 2048;
  auto* const keys = Random<uint64_t>(kKeys, 5);
  auto* const hashes = new Vector<uint64_t>(kKeys);
  const uint64_t last = Hash(keys->back(), 0);
  Ours(Sized("hash_u64", kKeys), WorkOn<uint64_t>(kKeys), last, [=] {
    HashBatch(*keys, 0, *hashes);
    return hashes->back();
  });
  Peer(Sized("hash_u64", kKeys), "std_transform", WorkOn<uint64_t>(kKeys), last, [=] {
    StdHash(*keys, *hashes);
    return hashes->back();
  });

  // 100 nodes with 100 points each; so many keys that no branch predictor learns them.
  constexpr size_t kLookups = 65536;
  auto* const lookups = Random<uint64_t>(kLookups, 10);
  std::vector<HashRing::Point> points;
  for (uint32_t i = 0; i < 10000; ++i) points.push_back({Hash(i, 6), i});
  auto* const ring = new HashRing(points);
  auto* const sorted = new Vector<uint64_t>;
  for (const HashRing::Point& point : points) sorted->push_back(point.hash);
  std::sort(sorted->begin(), sorted->end());
  auto* const nodes = new Vector<uint32_t>(kLookups);
  ring->LookupBatch(*lookups, *nodes);
  const uint64_t node = nodes->back();
  Ours(Sized("ring_lookup", kLookups), {.items = kLookups}, node, [=] {
    ring->LookupBatch(*lookups, *nodes);
    return nodes->back();
  });
  StdRingLookup(*sorted, *lookups, *nodes);
  Peer(Sized("ring_lookup", kLookups), "std_lower_bound", {.items = kLookups}, nodes->back(), [=] {
    StdRingLookup(*sorted, *lookups, *nodes);
    return nodes->back();
  });
}

void Routing() {
  constexpr size_t kMessages = 16384;
  constexpr size_t kBuckets = 64;
  auto* const destinations = Random<uint32_t>(kMessages, 7);
  auto* const messages = new Vector<WholeMessage>(kMessages);
  auto* const headers = new Vector<MessageHeader>(kMessages);
  for (size_t i = 0; i < kMessages; ++i) {
    (*destinations)[i] %= kBuckets;
    (*messages)[i].destination = (*destinations)[i];
    (*headers)[i] = {(*destinations)[i], static_cast<uint32_t>(i % 3 * 600), i};
  }
  auto* const offsets = new Vector<uint32_t>(kBuckets + 1);
  auto* const order = new Vector<uint32_t>(kMessages);
  PartitionByDestination(*destinations, *offsets, *order);
  const uint64_t middle = order->at(kMessages / 2);
  Ours(Sized("partition", kMessages), {.items = kMessages}, middle, [=] {
    PartitionByDestination(*destinations, *offsets, *order);
    return (*order)[kMessages / 2];
  });
  auto* const sorted = new Vector<WholeMessage>(kMessages);
  const uint64_t destination = (*destinations)[middle];
  Peer(Sized("partition", kMessages), "whole_messages", {.items = kMessages}, destination, [=] {
    PartitionMessages(*messages, *offsets, *sorted);
    return (*sorted)[kMessages / 2].destination;
  });

  constexpr size_t kBatch = 1024;
  auto* const columns32 = new std::array<Vector<uint32_t>, 2>;
  for (auto& column : *columns32) column.resize(kBatch);
  auto* const payloads = new Vector<uint64_t>(kBatch);
  const std::span<const MessageHeader> batch(headers->data(), kBatch);
  Ours(Sized("message_split", kBatch), WorkOn<MessageHeader>(kBatch), kBatch - 1, [=] {
    SplitMessageHeaders(batch, (*columns32)[0], (*columns32)[1], *payloads);
    return payloads->back();
  });
  Peer(Sized("message_split", kBatch), "loop", WorkOn<MessageHeader>(kBatch), kBatch - 1, [=] {
    reference::SplitMessageHeaders(batch, (*columns32)[0], (*columns32)[1], *payloads);
    return payloads->back();
  });
  auto* const classes = new Vector<uint8_t>(kBatch);
  auto* const sizes = new Vector<uint32_t>(kBatch);
  for (size_t i = 0; i < kBatch; ++i) (*sizes)[i] = (*headers)[i].size_bytes;
  const uint64_t large = reference::ClassifyMessageSizes(*sizes, *classes)[2];
  Ours(Sized("message_classes", kBatch), WorkOn<uint32_t>(kBatch), large,
       [=] { return ClassifyMessageSizes(*sizes, *classes)[2]; });
  Peer(Sized("message_classes", kBatch), "loop", WorkOn<uint32_t>(kBatch), large,
       [=] { return reference::ClassifyMessageSizes(*sizes, *classes)[2]; });
}

void Bitmaps() {
  constexpr size_t kTimers = 2048;
  auto* const deadlines = Random<uint64_t>(kTimers, 8);
  auto* const bitmap = new Vector<uint64_t>(kTimers / 64);
  constexpr uint64_t kNow = uint64_t{1} << 60;
  const uint64_t passed = reference::DeadlineScan(*deadlines, kNow, *bitmap);
  Ours(Sized("deadline_scan", kTimers), WorkOn<uint64_t>(kTimers), passed,
       [=] { return DeadlineScan(*deadlines, kNow, *bitmap); });
  Peer(Sized("deadline_scan", kTimers), "loop", WorkOn<uint64_t>(kTimers), passed,
       [=] { return StdDeadlines(*deadlines, kNow, *bitmap); });

  // One bit in two set, and one in 2000. An item is a bit of the bitmap.
  for (const uint32_t every : {2u, 16u, 2000u}) {
    constexpr size_t kWords = 512;
    auto* const bits = new Vector<uint64_t>(kWords);
    for (size_t i = 0; i < kWords * 64; ++i) {
      if (Hash(i, 9) % every == 0) (*bits)[i / 64] |= uint64_t{1} << (i % 64);
    }
    auto* const indices = new Vector<uint32_t>(kWords * 64);
    const uint64_t count = reference::BitmapDecode(*bits, 0, *indices);
    const std::string name = Sized("bitmap_decode_one_in", every);
    Ours(name, {.items = kWords * 64}, count, [=] { return BitmapDecode(*bits, 0, *indices); });
    Peer(name, "loop", {.items = kWords * 64}, count, [=] { return StdDecode(*bits, *indices); });
  }

  constexpr size_t kCompletions = 1024;
  auto* const completions = new Vector<Completion>(kCompletions);
  for (size_t i = 0; i < kCompletions; ++i) {
    (*completions)[i] = {i, i % 50 == 0 ? -11 : 100, i % 3 == 0 ? 2u : 0u};
  }
  auto* const failed = new Vector<uint64_t>(kCompletions / 64);
  auto* const flagged = new Vector<uint64_t>(kCompletions / 64);
  const uint64_t failures = reference::CompletionScan(*completions, 2, *failed, *flagged);
  Ours(Sized("completion_scan", kCompletions), WorkOn<Completion>(kCompletions), failures,
       [=] { return CompletionScan(*completions, 2, *failed, *flagged); });
  Peer(Sized("completion_scan", kCompletions), "loop", WorkOn<Completion>(kCompletions), failures,
       [=] { return reference::CompletionScan(*completions, 2, *failed, *flagged); });
}

const bool g_registered = [] {
  Limits();
  Transforming();
  FloorBatch();
  Filtering();
  Hashing();
  Routing();
  Bitmaps();
  return true;
}();

}  // namespace
}  // namespace zokio::simd::bench
