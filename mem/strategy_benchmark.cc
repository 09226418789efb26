// The adaptive strategy beside each fixed one, on three loads.

#include "mem/strategy.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "base/random.h"
#include "mem/adaptive_strategy.h"

namespace zokio {
namespace {

// A live block whose first byte says that it is ours.
struct Slot {
  char* block = nullptr;
  uint32_t size = 0;

  template <typename S>
  void Fill(S& strategy, uint32_t bytes, size_t written) {
    size = bytes;
    block = static_cast<char*>(strategy.Allocate(bytes));
    std::memset(block, static_cast<char>(bytes), written);
  }
  // 1 where somebody wrote into it.
  template <typename S>
  uint64_t Empty(S& strategy) {
    if (block == nullptr) return 0;
    const uint64_t lost = *block == static_cast<char>(size) ? 0 : 1;
    strategy.Free(block, size);
    return lost;
  }
};

void Finish(benchmark::State& state, uint64_t lost, int64_t pairs) {
  if (lost != 0) state.SkipWithError("a block lost its bytes");
  state.SetItemsProcessed(pairs);
}

// A message loop: one size, a few live.
template <typename S>
void BM_Messages(benchmark::State& state) {
  S strategy;
  Slot live[16];
  uint64_t lost = 0;
  for (auto _ : state) {
    for (Slot& slot : live) {
      slot.Fill(strategy, 96, 1);
      benchmark::DoNotOptimize(slot.block);
    }
    for (Slot& slot : live) lost += slot.Empty(strategy);
  }
  Finish(state, lost, state.iterations() * 16);
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
  uint64_t lost = 0;
  for (auto _ : state) {
    Slot& slot = slots[random.Below(5000)];
    lost += slot.Empty(strategy);
    const uint32_t size = sizes[next++ % sizes.size()];
    slot.Fill(strategy, size, written ? size : 1);
  }
  for (Slot& slot : slots) lost += slot.Empty(strategy);
  Finish(state, lost, state.iterations());
}

// A file server: large blocks.
template <typename S>
void BM_Large(benchmark::State& state) {
  S strategy;
  Random random(1);
  std::vector<Slot> slots(64);
  uint64_t lost = 0;
  for (auto _ : state) {
    Slot& slot = slots[random.Below(64)];
    lost += slot.Empty(strategy);
    slot.Fill(strategy, 16'384 + random.Below(1 << 20), 1);
  }
  for (Slot& slot : slots) lost += slot.Empty(strategy);
  Finish(state, lost, state.iterations());
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
