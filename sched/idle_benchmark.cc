// Spin or sleep: what a wait costs with each setting of IdleSpin, on three loads of two workers.
// Time is the load's, CPU that of all threads; wake_us is the mean from a wake, or from a timer's
// deadline, until the task runs.
//
//   dense    two tasks bound to a worker each hand a turn back and forth
//   gaps     one worker computes for 1 to 30 us, then wakes the other, which computes for 2 us
//   sparse   a task on each worker sleeps half a millisecond, again and again
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/clock.h"
#include "future/notify.h"
#include "future/sleep.h"
#include "future/task.h"
#include "sched/idle_spin.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using std::chrono::microseconds;

struct Setting {
  const char* name;
  IdleSpin spin;
};
constexpr Setting kSettings[] = {{"never", IdleSpin::Never()},
                                 {"2us", IdleSpin::For(microseconds(2))},
                                 {"10us", IdleSpin::For(microseconds(10))},
                                 {"50us", IdleSpin::For(microseconds(50))},
                                 {"adaptive", IdleSpin::Adaptive()}};

Instant Now() { return Clock::Monotonic().Now(); }

void WorkFor(Duration time) {
  const Instant end = Now() + time;
  while (Now() < end) {
  }
}

// Two tasks, what they did and how long they waited.
struct Load {
  explicit Load(uint64_t count) : ops(count) {}
  const uint64_t ops;
  Notify ping, pong;
  Instant sent{};
  uint64_t done = 0;
  Duration waited{};

  Task<> PingEach() {
    for (uint64_t i = 0; i < ops; ++i) {
      sent = Now();
      ping.NotifyOne();
      co_await pong.Wait();
    }
  }
  Task<> PongEach() {
    for (uint64_t i = 0; i < ops; ++i) {
      co_await ping.Wait();
      waited += Now() - sent;
      ++done;
      pong.NotifyOne();
    }
  }
  Task<> WakeWithGaps() {
    for (uint64_t i = 0; i < ops; ++i) {
      WorkFor(microseconds(1 + i * 7 % 30));
      sent = Now();
      ping.NotifyOne();
      co_await pong.Wait();
    }
  }
  Task<> WorkALittle() {
    for (uint64_t i = 0; i < ops; ++i) {
      co_await ping.Wait();
      waited += Now() - sent;
      ++done;
      pong.NotifyOne();
      WorkFor(microseconds(2));
    }
  }
  Task<> Tick(uint64_t ticks) {
    for (uint64_t i = 0; i < ticks; ++i) {
      const Instant deadline = Now() + microseconds(500);
      co_await SleepUntil(deadline);
      ticked += Now() - deadline;
      ++ticks_done;
    }
  }
  Duration ticked{};
  uint64_t ticks_done = 0;
};

template <typename First, typename Second>
void Run(benchmark::State& state, uint64_t ops, First first, Second second) {
  const Setting& setting = kSettings[state.range(0)];
  SchedulerOptions options;
  options.workers = 2;
  options.idle_spin = setting.spin;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  Duration waited{};
  uint64_t done = 0;
  for (auto _ : state) {
    Load one(ops);
    Load other(ops);
    auto a = scheduler->SpawnOn(0, first(one));
    auto b = scheduler->SpawnOn(1, second(one, other));
    scheduler->BlockOn([&]() -> Task<> {
      (void)co_await a;
      (void)co_await b;
    });
    waited += one.waited + one.ticked + other.ticked;
    done += one.done + one.ticks_done + other.ticks_done;
  }
  if (done != ops * static_cast<uint64_t>(state.iterations())) {
    state.SkipWithError("a wake was lost");
  }
  WorkerStats sum;
  for (const WorkerStats& stats : scheduler->Stats()) sum += stats;
  state.SetLabel(setting.name);
  const auto per_op = [done](auto value) {
    return static_cast<double>(value) / static_cast<double>(done);
  };
  state.counters["wake_us"] = per_op(waited.count()) / 1e3;
  state.counters["spins"] = per_op(sum.spins);
  state.counters["hits"] = per_op(sum.spin_hits);
  state.SetItemsProcessed(static_cast<int64_t>(done));
}

void BM_Dense(benchmark::State& state) {
  Run(state, 2000, [](Load& load) { return load.PingEach(); },
      [](Load& load, Load&) { return load.PongEach(); });
}

void BM_Gaps(benchmark::State& state) {
  Run(state, 1000, [](Load& load) { return load.WakeWithGaps(); },
      [](Load& load, Load&) { return load.WorkALittle(); });
}

void BM_Sparse(benchmark::State& state) {
  constexpr uint64_t kTicks = 100;
  Run(state, kTicks, [](Load& load) { return load.Tick(kTicks / 2); },
      [](Load&, Load& other) { return other.Tick(kTicks / 2); });
}

void Settings(benchmark::internal::Benchmark* benchmark) {
  benchmark->DenseRange(0, std::size(kSettings) - 1)
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime()
      ->MeasureProcessCPUTime();
}
BENCHMARK(BM_Dense)->Apply(Settings);
BENCHMARK(BM_Gaps)->Apply(Settings);
BENCHMARK(BM_Sparse)->Apply(Settings);

}  // namespace
}  // namespace zokio
