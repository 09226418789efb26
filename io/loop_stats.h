// LoopStats: what a loop did; LoopCounters: where it counts.
//
// Thread-safety: counters are written by the loop's thread alone and read by any.
// Cost: a load and a store each; no read-modify-write.
#ifndef ZOKIO_IO_LOOP_STATS_H_
#define ZOKIO_IO_LOOP_STATS_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/atomic.h"

namespace zokio::io {

// Of a histogram by powers of two: bucket i counts values of i bits, the last one all beyond.
inline constexpr size_t kLoopBuckets = 16;
using LoopHistogram = std::array<uint64_t, kLoopBuckets>;

struct LoopStats {
  uint64_t turns = 0;
  uint64_t parks = 0;
  uint64_t completions = 0;
  uint64_t batches = 0;             // reaps that delivered something
  uint64_t operations = 0;          // started
  uint64_t linked = 0;              // ... behind another, together with it
  uint64_t speculative_calls = 0;   // non-blocking calls that succeeded at once
  uint64_t speculative_misses = 0;  // ... that would have blocked
  uint64_t arms = 0;                // receives and accepts armed
  uint64_t cancels = 0;
  uint64_t out_of_buffers = 0;   // receives that found no buffer
  uint64_t remote_requests = 0;  // posted by other threads
  uint64_t pooled = 0;           // operations done by threads that may block
  uint64_t accept_backoffs = 0;  // descriptors exhausted
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t bytes_copied = 0;   // of streams, from one place in memory to another
  uint64_t bytes_spliced = 0;  // sent to streams without having been in memory
  // Completions delivered in one turn.
  LoopHistogram batch_sizes{};
  // Microseconds from a delivery until the loop looked again: how long what came meanwhile had to
  // wait for its delivery. Of one turn in 16 that delivered something.
  LoopHistogram delays_us{};
  uint64_t connection_limits = 0;  // accepts that waited because of LoopOptions::connections_max
  // The backend's.
  uint64_t enters = 0;
  uint64_t overflows = 0;
  uint64_t wakes = 0;
  uint64_t fixed_transfers = 0;  // of files, to and from registered memory
  // Now.
  uint64_t in_flight = 0;
  uint64_t buffers_made = 0;
  uint64_t large_buffers_made = 0;
  uint64_t connections = 0;  // accepted and not closed
};

class LoopCounter {
 public:
  void Add(uint64_t n) {
    value_.store(value_.load(memory_order_relaxed) + n, memory_order_relaxed);
  }
  void Set(uint64_t value) { value_.store(value, memory_order_relaxed); }
  uint64_t Get() const { return value_.load(memory_order_relaxed); }

 private:
  Atomic<uint64_t> value_{0};
};

class LoopHistogramCounter {
 public:
  void Count(uint64_t value) {
    const auto bits = static_cast<size_t>(std::bit_width(value));
    buckets_[bits < kLoopBuckets ? bits : kLoopBuckets - 1].Add(1);
  }
  LoopHistogram Get() const {
    LoopHistogram histogram;
    for (size_t i = 0; i < kLoopBuckets; ++i) histogram[i] = buckets_[i].Get();
    return histogram;
  }

 private:
  LoopCounter buckets_[kLoopBuckets];
};

struct LoopCounters {
  LoopCounter turns, parks, completions, batches, operations, linked, speculative_calls,
      speculative_misses, arms, cancels, out_of_buffers, remote_requests, pooled, accept_backoffs,
      bytes_read, bytes_written, bytes_copied, bytes_spliced, connection_limits, enters, overflows,
      wakes, fixed_transfers, in_flight, buffers_made, large_buffers_made, connections;
  LoopHistogramCounter batch_sizes, delays_us;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_LOOP_STATS_H_
