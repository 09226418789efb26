// Strategies: which allocator a piece of code uses, chosen when it is compiled.
//
// A strategy is a type with static Allocate and Free, or an object with both; code that takes one
// as a template parameter pays nothing for the choice:
//
//   template <AllocationStrategy S = TieredStrategy> class Parser { S memory_; ... };
//
// `SystemStrategy` is malloc, and with it whatever a program links in its place: with
// libtcmalloc that is tcmalloc. AdaptiveStrategy (mem/adaptive_strategy.h) chooses at run time.
//
// Free takes what Allocate gave: only the tiers and malloc take nullptr too.
//
// Thread-safety: as the allocator behind it; PoolStrategy and ArenaStrategy are for one thread.
// Errors: nullptr where memory is exhausted.
#ifndef ZOKIO_MEM_STRATEGY_H_
#define ZOKIO_MEM_STRATEGY_H_

#include <concepts>
#include <cstddef>
#include <cstdlib>

#include "mem/allocator.h"
#include "mem/arena.h"
#include "mem/internal/block_pool.h"

namespace zokio {

template <typename S>
concept AllocationStrategy = requires(S strategy, void* block, size_t size) {
  { strategy.Allocate(size) } -> std::same_as<void*>;
  { strategy.Free(block, size) } -> std::same_as<void>;
};

struct TieredStrategy {
  static void* Allocate(size_t size) { return ::zokio::Allocate(size); }
  static void Free(void* block, size_t size) { ::zokio::Free(block, size); }
};

struct SystemStrategy {
  static void* Allocate(size_t size) { return std::malloc(size); }
  static void Free(void* block, size_t) { std::free(block); }
};

// Blocks of one size from a pool of its own; other sizes from the tiers.
template <size_t block_size>
class PoolStrategy {
 public:
  void* Allocate(size_t size) {
    return size <= block_size ? pool_.Allocate() : ::zokio::Allocate(size);
  }
  void Free(void* block, size_t size) {
    size <= block_size ? pool_.Free(block) : ::zokio::Free(block, size);
  }

 private:
  mem_internal::BlockPool pool_{block_size, alignof(std::max_align_t), SIZE_MAX};
};

// Frees nothing before Reset.
class ArenaStrategy {
 public:
  void* Allocate(size_t size) { return arena_.Allocate(size); }
  static void Free(void*, size_t) {}
  void Reset() { arena_.Reset(); }

 private:
  Arena arena_;
};

static_assert(AllocationStrategy<TieredStrategy>);
static_assert(AllocationStrategy<SystemStrategy>);
static_assert(AllocationStrategy<PoolStrategy<64>>);
static_assert(AllocationStrategy<ArenaStrategy>);

}  // namespace zokio

#endif  // ZOKIO_MEM_STRATEGY_H_
