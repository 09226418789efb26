// AdaptiveStrategy: watches what is asked for, serves by what fits, and says why.
//
// Where one size makes up most requests it gets a front: an array of free blocks inside this
// object, served inline, without a class look-up, a thread-local or a call. All else goes to the
// tiers. The choice rests on the first 256 requests; Reconsider, from the runtime's idle hook, has
// the next 256 decide anew. Blocks are the tiers' in any case, so it may change while blocks live.
// A counter that took samples all the time was tried: it cost the tiers 9 % instead of 5.
//
// An arena is never chosen: it would need a promise of the program, when all may go.
//
// Ownership: all blocks are freed before it dies; the front's free blocks go back then.
// Thread-safety: one thread at a time.
// Errors: nullptr where memory is exhausted.
// Cost: a compare above the tiers; a front's pair costs half of theirs.
#ifndef ZOKIO_MEM_ADAPTIVE_STRATEGY_H_
#define ZOKIO_MEM_ADAPTIVE_STRATEGY_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "mem/allocator.h"
#include "mem/internal/sanitizer.h"

namespace zokio {

class AdaptiveStrategy {
 public:
  AdaptiveStrategy() = default;
  AdaptiveStrategy(const AdaptiveStrategy&) = delete;
  AdaptiveStrategy& operator=(const AdaptiveStrategy&) = delete;
  ~AdaptiveStrategy() { EndFront(); }

  void* Allocate(size_t size) {
    void** top = top_;
    if (size != front_size_ || top == base_) return tiers_(size, *this);
    top_ = top - 1;
    mem_internal::Unpoison(top[-1], size);
    return top[-1];
  }
  void Free(void* block, size_t size) {
    if (size != front_size_) return ::zokio::Free(block, size);
    void** top = top_;
    if (top == limit_) [[unlikely]]
      return FreeToFull(block, size);
    mem_internal::Poison(block, size);
    top_ = top + 1;
    *top = block;
  }

  // Ends the front and watches anew: for an idle moment.
  void Reconsider();

  // What is chosen now, and on what grounds.
  std::string Report() const;

 private:
  // An indirect call, so that watching costs nothing once it is over.
  using Tiers = void* (*)(size_t size, AdaptiveStrategy& self);

  static constexpr uint32_t kSamples = 256;             // for a decision
  static constexpr uint32_t kEarns = kSamples / 4 * 3;  // of them of one size
  static constexpr size_t kFrontMax = 4096;
  static constexpr uint32_t kBlocks = 512;  // in the front at most
  static constexpr size_t kFrontBytes = size_t{256} << 10;

  static void* AllocateTiered(size_t size, AdaptiveStrategy&);
  static void* AllocateWatching(size_t size, AdaptiveStrategy& self);
  void Decide();
  void BeginFront(size_t size);
  void EndFront();
  void FreeToFull(void* block, size_t size);
  void Empty(size_t count);

  size_t front_size_ = SIZE_MAX;  // no request's
  void** top_ = nullptr;
  void** base_ = nullptr;
  void** limit_ = nullptr;
  Tiers tiers_ = &AllocateWatching;

  uint32_t samples_count_ = 0;
  uint32_t decisions_ = 0;
  uint32_t frequent_count_ = 0;  // at the last decision
  size_t frequent_size_ = 0;
  size_t samples_[kSamples];
};

}  // namespace zokio

#endif  // ZOKIO_MEM_ADAPTIVE_STRATEGY_H_
