// Counter: counts on one thread, is read by any. No read-modify-write.
#ifndef ZOKIO_SCHED_INTERNAL_COUNTER_H_
#define ZOKIO_SCHED_INTERNAL_COUNTER_H_

#include <cstdint>

#include "base/atomic.h"

namespace zokio::internal {

class Counter {
 public:
  // By the owner only.
  void Add(uint64_t n = 1) { value_.store(value_.load(memory_order_relaxed) + n, order); }
  uint64_t Get() const { return value_.load(memory_order_acquire); }

 private:
  // Release, so that a reader of a count of completions also sees the spawns before them; on x86
  // and AArch64 it costs what a relaxed store does.
  static constexpr memory_order order = memory_order_release;
  Atomic<uint64_t> value_{0};
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_COUNTER_H_
