// How late timers fire, and how long a wake takes: 50th and 99th percentiles, in microseconds,
// with idle workers and with workers that tasks keep busy. Every sleep is counted.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "future/sleep.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

constexpr int kSleepers = 10;
constexpr int kSleepsEach = 100;

double PercentileUs(std::vector<int64_t>& ns, size_t percent) {
  std::sort(ns.begin(), ns.end());
  return static_cast<double>(ns[ns.size() * percent / 100]) / 1e3;
}

void WorkFor(int64_t us) {
  const Instant end = Clock::Monotonic().Now() + std::chrono::microseconds(us);
  while (Clock::Monotonic().Now() < end) {
  }
}

// Sleeps of 0.2 to 1.2 ms, which no tick divides.
Task<> Sleep(std::vector<int64_t>* late_ns, int seed) {
  for (int i = 0; i < kSleepsEach; ++i) {
    const Instant deadline =
        Clock::Monotonic().Now() + std::chrono::nanoseconds(200'000 + (i * 7919 + seed) % 1000'000);
    co_await SleepUntil(deadline);
    late_ns->push_back((Clock::Monotonic().Now() - deadline).count());
  }
}

// Argument: microseconds of a poll of the tasks that keep both workers busy; 0: there are none.
void BM_TimerLateness(benchmark::State& state) {
  const int64_t poll_us = state.range(0);
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = std::move(Scheduler::Create(options)).value();
  Atomic<bool> stop{false};
  std::vector<JoinHandle<void>> busy;
  for (int i = 0; poll_us != 0 && i < 8; ++i) {
    busy.push_back(scheduler->Spawn([&stop, poll_us]() -> Task<> {
      for (; !stop.load(memory_order_relaxed); co_await Yield()) WorkFor(poll_us);
    }));
  }
  std::vector<int64_t> all;
  for (auto _ : state) {
    std::vector<std::vector<int64_t>> late_ns(kSleepers);
    scheduler->BlockOn([&]() -> Task<> {
      std::vector<JoinHandle<void>> sleepers;
      for (int i = 0; i < kSleepers; ++i) {
        sleepers.push_back(scheduler->Spawn(Sleep(&late_ns[static_cast<size_t>(i)], i * 104'729)));
      }
      for (auto& sleeper : sleepers) (void)co_await sleeper;
    });
    for (const auto& of_one : late_ns) all.insert(all.end(), of_one.begin(), of_one.end());
  }
  stop.store(true);
  scheduler->BlockOn([&]() -> Task<> {
    for (auto& handle : busy) (void)co_await handle;
  });
  const auto expected = static_cast<size_t>(state.iterations()) * kSleepers * kSleepsEach;
  if (all.size() != expected || PercentileUs(all, 0) < 0) {
    state.SkipWithError("a sleep was lost, or ended early");
  }
  state.counters["p50_us"] = PercentileUs(all, 50);
  state.counters["p99_us"] = PercentileUs(all, 99);
}
BENCHMARK(BM_TimerLateness)->Arg(0)->Arg(1)->Arg(20)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace zokio
