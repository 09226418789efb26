// The limit of the ring cases: rings on std::atomic with nothing but what the case needs: a fixed
// size, trivial elements, no destruction.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "tools/compare/load/ring_run.h"

namespace zokio::compare {
namespace {

constexpr uint64_t kMask = kRingCapacity - 1;

class BareSpsc {
 public:
  explicit BareSpsc(size_t) {}

  template <typename Fill>
  size_t TryPushBatch(size_t count, Fill fill) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail + count - head_seen_ > kRingCapacity) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail + count - head_seen_ > kRingCapacity) return 0;
    }
    for (size_t i = 0; i < count; ++i) slots_[(tail + i) & kMask] = fill(i);
    tail_.store(tail + count, std::memory_order_release);
    return count;
  }
  template <typename Consume>
  size_t Drain(size_t max, Consume consume) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (tail_seen_ - head < max) tail_seen_ = tail_.load(std::memory_order_acquire);
    const uint64_t n = std::min<uint64_t>(tail_seen_ - head, max);
    for (uint64_t i = 0; i < n; ++i) consume(std::move(slots_[(head + i) & kMask]));
    if (n != 0) head_.store(head + n, std::memory_order_release);
    return n;
  }

 private:
  std::unique_ptr<RingElement[]> slots_{new RingElement[kRingCapacity]};
  alignas(64) std::atomic<uint64_t> tail_{0};
  uint64_t head_seen_ = 0;
  alignas(64) std::atomic<uint64_t> head_{0};
  uint64_t tail_seen_ = 0;
};

class BareMpsc {
 public:
  explicit BareMpsc(size_t) {}

  template <typename Fill>
  size_t TryPushBatch(size_t count, Fill fill) {
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    do {
      if (tail + count - head_.load(std::memory_order_acquire) > kRingCapacity) return 0;
    } while (!tail_.compare_exchange_weak(tail, tail + count, std::memory_order_relaxed));
    for (size_t i = 0; i < count; ++i) {
      Slot& slot = slots_[(tail + i) & kMask];
      slot.element = fill(i);
      slot.sequence.store(tail + i + 1, std::memory_order_release);
    }
    return count;
  }
  template <typename Consume>
  size_t Drain(size_t max, Consume consume) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    size_t n = 0;
    for (; n < max; ++n) {
      Slot& slot = slots_[(head + n) & kMask];
      if (slot.sequence.load(std::memory_order_acquire) != head + n + 1) break;
      consume(std::move(slot.element));
    }
    if (n != 0) head_.store(head + n, std::memory_order_release);
    return n;
  }

 private:
  struct Slot {
    std::atomic<uint64_t> sequence{0};
    RingElement element;
  };
  std::unique_ptr<Slot[]> slots_{new Slot[kRingCapacity]};
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) std::atomic<uint64_t> head_{0};
};

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::RingMain<zokio::compare::BareSpsc, zokio::compare::BareMpsc>(argc, argv);
}
