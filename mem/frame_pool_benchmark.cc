// The frame pool beside malloc: a block at once, batches, and a coroutine's whole life.

#include "mem/frame_pool.h"

#include <benchmark/benchmark.h>

#include <vector>

#include "mem/testing/coroutine_life.h"

namespace zokio {
namespace {

using mem_testing::MallocFrames;
using mem_testing::PooledFrames;

template <typename Source>
void BM_AtOnce(benchmark::State& state) {
  const size_t size = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    void* block = Source::Allocate(size);
    benchmark::DoNotOptimize(*static_cast<char*>(block) = 1);
    Source::Free(block, size);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AtOnce<PooledFrames>)->Arg(64)->Arg(320)->Arg(2000);
BENCHMARK(BM_AtOnce<MallocFrames>)->Arg(64)->Arg(320)->Arg(2000);

template <typename Source>
void BM_Batch(benchmark::State& state) {
  std::vector<void*> blocks(static_cast<size_t>(state.range(0)));
  uint64_t sum = 0;
  for (auto _ : state) {
    for (void*& block : blocks) {
      block = Source::Allocate(256);
      *static_cast<char*>(block) = 1;
    }
    for (void* block : blocks) {
      sum += static_cast<uint64_t>(*static_cast<char*>(block));
      Source::Free(block, 256);
    }
  }
  if (sum != state.iterations() * blocks.size()) state.SkipWithError("blocks lost their bytes");
  state.SetItemsProcessed(static_cast<int64_t>(sum));
}
BENCHMARK(BM_Batch<PooledFrames>)->Arg(500)->Arg(100'000);
BENCHMARK(BM_Batch<MallocFrames>)->Arg(500)->Arg(100'000);

template <typename Source>
void BM_CoroutineLife(benchmark::State& state) {
  uint64_t sum = 0;
  for (auto _ : state) mem_testing::LiveOnce<Source>(&sum);
  if (sum != static_cast<uint64_t>(state.iterations())) state.SkipWithError("a body did not run");
}
BENCHMARK(BM_CoroutineLife<PooledFrames>);
BENCHMARK(BM_CoroutineLife<MallocFrames>);

}  // namespace
}  // namespace zokio
