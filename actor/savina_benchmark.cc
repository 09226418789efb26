// Savina's programs, larger than in their test; each run verifies what comes out.
#include "actor/testing/savina.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor_system.h"
#include "base/random.h"
#include "sched/scheduler.h"

namespace zokio::testing {
namespace {

// Runs `program(system)`, which says whether its result is right; `items` is what it handles.
template <typename Program>
void Measure(benchmark::State& state, uint64_t items, Program&& program) {
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = Scheduler::Create(std::move(options)).value();
  ActorSystem system(*scheduler);
  for (auto _ : state) {
    if (!program(system)) state.SkipWithError("the result is wrong");
  }
  state.SetItemsProcessed(static_cast<int64_t>(items) * state.iterations());
}

void BM_ThreadRing(benchmark::State& state) {
  constexpr uint64_t kHops = 100'000;
  uint64_t expected = 0;
  for (uint64_t i = 0; i <= kHops; ++i) expected += i % 100;
  Measure(state, kHops, [&](ActorSystem& s) { return ThreadRing(s, 100, kHops) == expected; });
}
BENCHMARK(BM_ThreadRing)->UseRealTime();

void BM_Chameneos(benchmark::State& state) {
  constexpr uint64_t kMeetings = 50'000;
  Measure(state, kMeetings,
          [](ActorSystem& s) { return Chameneos(s, 100, kMeetings) == 2 * kMeetings; });
}
BENCHMARK(BM_Chameneos)->UseRealTime();

void BM_Dictionary(benchmark::State& state) {
  constexpr uint64_t kOperations = 2000;
  uint64_t first = 0;  // each run does the same, so each must answer the same
  Measure(state, 20 * kOperations, [&](ActorSystem& s) {
    const uint64_t sum = Dictionary(s, 20, kOperations);
    if (first == 0) first = sum;
    return sum != 0 && sum == first;
  });
}
BENCHMARK(BM_Dictionary)->UseRealTime();

std::vector<uint64_t> Drawn(size_t count) {
  Random random(count);
  std::vector<uint64_t> values(count);
  for (uint64_t& value : values) value = random.Below(1 << 20);
  return values;
}

void BM_RadixSort(benchmark::State& state) {
  const std::vector<uint64_t> values = Drawn(5000);
  std::vector<uint64_t> expected = values;
  std::sort(expected.begin(), expected.end());
  Measure(state, 20 * values.size(),
          [&](ActorSystem& s) { return RadixSort(s, values, 20) == expected; });
}
BENCHMARK(BM_RadixSort)->UseRealTime();

void BM_QuickSort(benchmark::State& state) {
  const std::vector<uint64_t> values = Drawn(100'000);
  std::vector<uint64_t> expected = values;
  std::sort(expected.begin(), expected.end());
  Measure(state, values.size(), [&](ActorSystem& s) { return QuickSort(s, values) == expected; });
}
BENCHMARK(BM_QuickSort)->UseRealTime();

void BM_Sieve(benchmark::State& state) {
  Measure(state, 5000, [](ActorSystem& s) { return Sieve(s, 5000) == 669; });
}
BENCHMARK(BM_Sieve)->UseRealTime();

void BM_Philosophers(benchmark::State& state) {
  Measure(state, 20 * 1000, [](ActorSystem& s) { return Philosophers(s, 20, 1000) == 20 * 1000; });
}
BENCHMARK(BM_Philosophers)->UseRealTime();

void BM_SleepingBarber(benchmark::State& state) {
  Measure(state, 10 * 200, [](ActorSystem& s) { return SleepingBarber(s, 10, 200) == 10 * 200; });
}
BENCHMARK(BM_SleepingBarber)->UseRealTime();

void BM_BoundedBuffer(benchmark::State& state) {
  constexpr uint64_t kItems = 1000;
  Measure(state, 10 * kItems, [](ActorSystem& s) {
    return BoundedBuffer(s, 10, kItems) == 10 * (kItems * (kItems - 1) / 2);
  });
}
BENCHMARK(BM_BoundedBuffer)->UseRealTime();

void BM_Bank(benchmark::State& state) {
  Measure(state, 10'000, [](ActorSystem& s) {
    int64_t sum = 0;
    bool moved = false;
    for (const int64_t balance : Bank(s, 100, 10'000)) {
      sum += balance;
      moved = moved || balance != 0;
    }
    return sum == 0 && moved;
  });
}
BENCHMARK(BM_Bank)->UseRealTime();

void BM_ForkJoin(benchmark::State& state) {
  const auto children = static_cast<uint64_t>(state.range(0));
  uint64_t expected = 0;
  for (uint64_t i = 0; i < children; ++i) expected += i * i;
  Measure(state, children, [&](ActorSystem& s) { return ForkJoin(s, children) == expected; });
}
BENCHMARK(BM_ForkJoin)->Arg(10'000)->Arg(100'000)->UseRealTime();

void BM_ShortestPaths(benchmark::State& state) {
  constexpr size_t kNodes = 64;
  Matrix distances(kNodes, std::vector<uint64_t>(kNodes, 1'000'000));
  // A circle: from each to each the way round.
  for (size_t i = 0; i < kNodes; ++i) {
    distances[i][i] = 0;
    distances[i][(i + 1) % kNodes] = 1;
  }
  Measure(state, kNodes * kNodes, [&](ActorSystem& s) {
    const Matrix shortest = ShortestPaths(s, distances);
    bool right = true;
    for (size_t i = 0; i < kNodes; ++i) {
      for (size_t j = 0; j < kNodes; ++j) {
        right = right && shortest[i][j] == (j + kNodes - i) % kNodes;
      }
    }
    return right;
  });
}
BENCHMARK(BM_ShortestPaths)->UseRealTime();

}  // namespace
}  // namespace zokio::testing
