// UringBuffers: the receive buffers of one size that the kernel may fill.
//
// How many are with it follows the load: doubled when a turn uses most of them or a receive finds
// none, halved when a long stretch uses few. What is provided was used last, so that a light load
// stays in the cache. None are before the first receive that wants them.
//
// Ownership: the buffers are the pool's; those with the kernel are lost with its ring.
// Thread-safety: the ring's thread.  Cost: one store for a buffer.
#ifndef ZOKIO_IO_BACKEND_URING_BUFFERS_H_
#define ZOKIO_IO_BACKEND_URING_BUFFERS_H_

#include <algorithm>
#include <cstdint>

#include "io/backend/uring_ring.h"
#include "io/buffer_pool.h"

namespace zokio::io {

class UringBuffers {
 public:
  // False: the kernel refused.
  bool Open(UringRing& ring, uint16_t group, BufferPool* pool) {
    if (ring.OpenBuffers(pool->capacity(), group) != 0) return false;
    group_ = group;
    pool_ = pool;
    const uint32_t fits = kBytesInCache / pool->buffer_size();
    // Of large ones no more bytes than a second-level cache holds: what was received of more
    // sockets at once has left it again when it is sent (64 KiB: 8 buffers 25 us a message, no
    // limit 30 us).
    most_ = pool->buffer_size() < kLargeSize ? pool->capacity()
                                             : std::clamp(fits, uint32_t{2}, pool->capacity());
    least_ = std::min(most_, std::clamp(fits / 2, uint32_t{1}, kLeast));
    return true;
  }
  bool open() const { return pool_ != nullptr; }
  // With the kernel.
  uint32_t provided() const { return provided_; }

  // A receive wants such buffers: its group.
  uint16_t Use() {
    target_ = std::max(target_, least_);
    return group_;
  }

  // Hands over what is missing.
  void Provide(UringRing& ring) {
    if (provided_ >= target_) return;
    do {
      BufferBlock* block = pool_->Take();
      if (block == nullptr) break;  // all lent out: receives will wait
      ring.AddBuffer(group_, block->data, pool_->buffer_size(), block->id);
    } while (++provided_ < target_);
    ring.PublishBuffers(group_);
  }

  // The kernel filled so many in a turn.
  void OnUsed(uint32_t used) {
    provided_ -= used;
    used_peak_ = std::max(used_peak_, used);
    if (used * 4 >= target_ * 3) return Grow();
    if (--turns_to_shrink_ > 0) return;
    turns_to_shrink_ = kShrinkTurns;
    if (used_peak_ * 4 < target_) target_ = std::max(target_ / 2, least_);
    used_peak_ = 0;
  }
  // A receive found none.
  void Grow() { target_ = std::min(target_ * 2, most_); }

 private:
  static constexpr uint32_t kLeast = 64;
  static constexpr uint32_t kLargeSize = 32u << 10;
  static constexpr uint32_t kBytesInCache = 512u << 10;
  // Turns after which their number may shrink.
  static constexpr uint32_t kShrinkTurns = 4096;

  uint16_t group_ = 0;
  BufferPool* pool_ = nullptr;
  uint32_t least_ = 0;
  uint32_t most_ = 0;
  uint32_t provided_ = 0;
  uint32_t target_ = 0;
  uint32_t used_peak_ = 0;  // most used in one turn since the last look
  uint32_t turns_to_shrink_ = kShrinkTurns;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_URING_BUFFERS_H_
