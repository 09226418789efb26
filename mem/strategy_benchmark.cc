// The adaptive strategy beside each fixed one, on three loads.

#include "mem/strategy.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "base/random.h"
#include "mem/adaptive_strategy.h"

namespace zokio {
namespace {

struct Slot {
  void* block = nullptr;
  uint32_t size = 0;
};

// A message loop: one size, a few live.
template <typename S>
void BM_Messages(benchmark::State& state) {
  S strategy;
  void* live[16];
  for (auto _ : state) {
    for (void*& block : live) {
      block = strategy.Allocate(96);
      benchmark::DoNotOptimize(block);
      *static_cast<char*>(block) = 1;
    }
    for (void* block : live) strategy.Free(block, 96);
  }
  state.SetItemsProcessed(state.iterations() * 16);
}

// A parser: random sizes, random lives; `written`: each byte of a block, or only the first.
template <typename S, bool written>
void BM_Mixed(benchmark::State& state) {
  S strategy;
  Random random(1);
  std::vector<Slot> slots(5000);
  std::vector<uint32_t> sizes(1 << 14);
  for (uint32_t& size : sizes) size = 8u + random.Below(1u << (4 + random.Below(9)));
  size_t next = 0;
  for (auto _ : state) {
    Slot& slot = slots[random.Below(5000)];
    if (slot.block != nullptr) strategy.Free(slot.block, slot.size);
    slot.size = sizes[next++ % sizes.size()];
    slot.block = strategy.Allocate(slot.size);
    std::memset(slot.block, 1, written ? slot.size : 1);
  }
  for (Slot& slot : slots) {
    if (slot.block != nullptr) strategy.Free(slot.block, slot.size);
  }
  state.SetItemsProcessed(state.iterations());
}

// A file server: large blocks.
template <typename S>
void BM_Large(benchmark::State& state) {
  S strategy;
  Random random(1);
  std::vector<Slot> slots(64);
  for (auto _ : state) {
    Slot& slot = slots[random.Below(64)];
    if (slot.block != nullptr) strategy.Free(slot.block, slot.size);
    slot.size = 16'384 + random.Below(1 << 20);
    slot.block = strategy.Allocate(slot.size);
    *static_cast<char*>(slot.block) = 1;
  }
  for (Slot& slot : slots) {
    if (slot.block != nullptr) strategy.Free(slot.block, slot.size);
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(BM_Messages<PoolStrategy<96>>);
BENCHMARK(BM_Messages<TieredStrategy>);
BENCHMARK(BM_Messages<SystemStrategy>);
BENCHMARK(BM_Messages<AdaptiveStrategy>);
BENCHMARK(BM_Mixed<PoolStrategy<96>, true>);
BENCHMARK(BM_Mixed<PoolStrategy<96>, false>);
BENCHMARK(BM_Mixed<TieredStrategy, true>);
BENCHMARK(BM_Mixed<TieredStrategy, false>);
BENCHMARK(BM_Mixed<SystemStrategy, true>);
BENCHMARK(BM_Mixed<SystemStrategy, false>);
BENCHMARK(BM_Mixed<AdaptiveStrategy, true>);
BENCHMARK(BM_Mixed<AdaptiveStrategy, false>);
BENCHMARK(BM_Large<PoolStrategy<96>>);
BENCHMARK(BM_Large<TieredStrategy>);
BENCHMARK(BM_Large<SystemStrategy>);
BENCHMARK(BM_Large<AdaptiveStrategy>);

}  // namespace
}  // namespace zokio
