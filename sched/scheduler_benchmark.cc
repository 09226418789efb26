// What scheduling costs: per item, counts and sums verified. The comparison with peers in paired
// runs is tools/compare's; sched/tbb_benchmark.cc has oneTBB's figures for the same work.
#include "sched/scheduler.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "base/parker.h"
#include "future/poll_fn.h"
#include "future/yield.h"
#include "sched/timer_wheel.h"

namespace zokio {
namespace {

constexpr uint64_t kTasks = 100'000;
constexpr uint64_t kSum = kTasks * (kTasks - 1) / 2;

std::unique_ptr<Scheduler> Make() {
  SchedulerOptions options;
  options.workers = 2;
  return std::move(Scheduler::Create(options)).value();
}

Task<uint64_t> Number(uint64_t number) { co_return number; }

Task<uint64_t> Join(std::vector<JoinHandle<uint64_t>> handles) {
  uint64_t sum = 0;
  for (auto& handle : handles) sum += (co_await handle).value();
  co_return sum;
}

void Verify(benchmark::State& state, uint64_t sum, uint64_t expected, uint64_t items) {
  if (sum != expected) state.SkipWithError("work was lost");
  state.SetItemsProcessed(state.items_processed() + static_cast<int64_t>(items));
}

void BM_SpawnInside(benchmark::State& state) {
  auto scheduler = Make();
  for (auto _ : state) {
    uint64_t sum = scheduler->BlockOn([&]() -> Task<uint64_t> {
      std::vector<JoinHandle<uint64_t>> handles;
      handles.reserve(kTasks);
      for (uint64_t i = 0; i < kTasks; ++i) handles.push_back(scheduler->Spawn(Number(i)));
      co_return co_await Join(std::move(handles));
    });
    Verify(state, sum, kSum, kTasks);
  }
}
BENCHMARK(BM_SpawnInside)->UseRealTime();

void BM_SpawnOutside(benchmark::State& state) {
  auto scheduler = Make();
  for (auto _ : state) {
    std::vector<JoinHandle<uint64_t>> handles;
    handles.reserve(kTasks);
    for (uint64_t i = 0; i < kTasks; ++i) handles.push_back(scheduler->Spawn(Number(i)));
    Verify(state, scheduler->BlockOn(Join(std::move(handles))), kSum, kTasks);
  }
}
BENCHMARK(BM_SpawnOutside)->UseRealTime();

void BM_Yield(benchmark::State& state) {
  constexpr uint64_t kEach = 500;
  const auto tasks = static_cast<uint64_t>(state.range(0));
  auto scheduler = Make();
  for (auto _ : state) {
    std::vector<JoinHandle<uint64_t>> handles;
    for (uint64_t t = 0; t < tasks; ++t) {
      handles.push_back(scheduler->Spawn([]() -> Task<uint64_t> {
        uint64_t done = 0;
        for (; done < kEach; ++done) co_await Yield();
        co_return done;
      }));
    }
    Verify(state, scheduler->BlockOn(Join(std::move(handles))), tasks * kEach, tasks * kEach);
  }
}
BENCHMARK(BM_Yield)->Arg(1)->Arg(200)->UseRealTime();

// A cell that two tasks of one worker pass a turn through, without any allocation.
struct Turn {
  uint64_t turn = 0;
  Waker waiting;
  Poll<void> Wait(Context& context, uint64_t parity) {
    if (turn % 2 == parity) return kReady;
    waiting = context.waker().Clone();
    return kPending;
  }
  void Pass() {
    ++turn;
    std::move(waiting).Wake();
  }
};

// The cell has no lock, so the two tasks must share a worker.
void BM_PingPongOnOneWorker(benchmark::State& state) {
  constexpr uint64_t kRounds = 10'000;
  SchedulerOptions options;
  options.workers = 1;
  auto scheduler = std::move(Scheduler::Create(options)).value();
  for (auto _ : state) {
    Turn turn;
    std::vector<JoinHandle<uint64_t>> handles;
    for (uint64_t side = 0; side < 2; ++side) {
      handles.push_back(scheduler->Spawn([&turn, side]() -> Task<uint64_t> {
        uint64_t rounds = 0;
        for (; rounds < kRounds; ++rounds) {
          co_await PollFn([&](Context& context) noexcept { return turn.Wait(context, side); });
          turn.Pass();
        }
        co_return rounds;
      }));
    }
    Verify(state, scheduler->BlockOn(Join(std::move(handles))), 2 * kRounds, kRounds);
  }
}
BENCHMARK(BM_PingPongOnOneWorker)->UseRealTime();

// From a thread outside to a parked worker and back.
void BM_BlockOnRoundTrip(benchmark::State& state) {
  auto scheduler = Make();
  for (auto _ : state) Verify(state, scheduler->BlockOn(Number(1)), 1, 1);
}
BENCHMARK(BM_BlockOnRoundTrip)->UseRealTime();

class StoppedClock : public Clock {
 public:
  Instant Now() const override { return now; }
  Instant now{std::chrono::seconds(1)};
};

constexpr int kTimers = 1'000'000;

// Deadlines spread over ten seconds, in an order that is none.
Instant Deadline(Instant start, int i) {
  return start + std::chrono::microseconds((int64_t{i} * 7'919'113) % 10'000'000);
}

void BM_TimersInsertAndCancel(benchmark::State& state) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  auto entries = std::make_unique<TimerEntry[]>(kTimers);
  for (auto _ : state) {
    for (int i = 0; i < kTimers; ++i) {
      entries[i].deadline = Deadline(clock.now, i);
      wheel.Set(&entries[i]);
    }
    if (wheel.size() != kTimers) state.SkipWithError("timers were lost");
    for (int i = 0; i < kTimers; ++i) wheel.Cancel(&entries[i]);
    Verify(state, wheel.size(), 0, kTimers);
  }
}
BENCHMARK(BM_TimersInsertAndCancel)->Unit(benchmark::kMillisecond);

void BM_TimersFire(benchmark::State& state) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  auto entries = std::make_unique<TimerEntry[]>(kTimers);
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < kTimers; ++i) {
      entries[i].deadline = Deadline(clock.now, i);
      wheel.Set(&entries[i]);
    }
    state.ResumeTiming();
    uint64_t fired = 0;
    while (wheel.NextDeadline() != kNever) {
      clock.now = std::max(clock.now, wheel.NextDeadline());
      fired += static_cast<uint64_t>(wheel.Advance(clock.now));
    }
    Verify(state, fired, kTimers, kTimers);
  }
}
BENCHMARK(BM_TimersFire)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zokio
