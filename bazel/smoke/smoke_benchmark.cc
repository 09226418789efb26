#include <cstdint>

#include "benchmark/benchmark.h"

namespace {

void BM_Sum(benchmark::State& state) {
  uint64_t sum = 0;
  uint64_t turns = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sum += ++turns);
  if (sum != turns * (turns + 1) / 2) state.SkipWithError("the sum is wrong");
}
BENCHMARK(BM_Sum);

}  // namespace
