// oneTBB at the work of sched/scheduler_benchmark.cc.
#include <benchmark/benchmark.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <atomic>
#include <cstdint>

namespace {

constexpr uint64_t kTasks = 100'000;

void Run(benchmark::State& state, bool inside) {
  tbb::task_arena arena(2);
  for (auto _ : state) {
    std::atomic<uint64_t> sum{0};
    tbb::task_group group;
    auto spawn_all = [&] {
      for (uint64_t i = 0; i < kTasks; ++i) {
        group.run([&sum, i] { sum.fetch_add(i, std::memory_order_relaxed); });
      }
    };
    if (inside) {
      arena.execute([&] {
        spawn_all();
        group.wait();
      });
    } else {
      for (uint64_t i = 0; i < kTasks; ++i) {
        arena.enqueue(group.defer([&sum, i] { sum.fetch_add(i, std::memory_order_relaxed); }));
      }
      arena.execute([&] { group.wait(); });
    }
    if (sum.load() != kTasks * (kTasks - 1) / 2) state.SkipWithError("work was lost");
    state.SetItemsProcessed(state.items_processed() + static_cast<int64_t>(kTasks));
  }
}

void BM_TbbSpawnInside(benchmark::State& state) { Run(state, true); }
BENCHMARK(BM_TbbSpawnInside)->UseRealTime();

void BM_TbbSpawnOutside(benchmark::State& state) { Run(state, false); }
BENCHMARK(BM_TbbSpawnOutside)->UseRealTime();

}  // namespace
