// Ours in the cases of delays and of cores: park_wake, immediate_p99, scale_cores.
//
//   latency_cases CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/parker.h"
#include "future/notify.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/fork.h"
#include "sched/scheduler.h"
#include "tools/compare/load/latency.h"
#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

std::unique_ptr<Scheduler> Make(int workers) {
  SchedulerOptions options;
  options.workers = workers;
  auto created = Scheduler::Create(std::move(options));
  ZOKIO_CHECK(created.ok(), "no scheduler");
  return std::move(created).value();
}

// A thread wakes a task on a worker that sleeps, which wakes the thread.
uint64_t ParkWake(Scheduler& scheduler, uint64_t count) {
  Notify wake;
  Parker woken;
  auto task = scheduler.Spawn([&]() -> Task<uint64_t> {
    uint64_t done = 0;
    for (; done < count; ++done) {
      co_await wake.Wait();
      woken.Unpark();
    }
    co_return done;
  });
  for (uint64_t i = 0; i < count; ++i) {
    wake.NotifyOne();
    woken.Park();
  }
  return scheduler.BlockOn(
      [](JoinHandle<uint64_t> handle) -> Task<uint64_t> { co_return (co_await handle).value(); },
      std::move(task));
}

// Background tasks keep every worker busy, some microseconds a poll.
int ImmediateP99(Scheduler& scheduler, uint64_t count) {
  Atomic<bool> stop{false};
  std::vector<JoinHandle<void>> background;
  background.reserve(8 * static_cast<size_t>(scheduler.workers()));
  for (int i = 0; i < 8 * scheduler.workers(); ++i) {
    background.push_back(scheduler.Spawn(Priority::kBackground, [&stop]() -> Task<> {
      while (!stop.load(memory_order_relaxed)) {
        WorkFor(kBackgroundPollUs);
        co_await Yield();
      }
    }));
  }
  const double p99 = P99DelayUs(count, [&](int64_t* delay_ns, Parker* done) {
    const Instant spawned = Clock::Monotonic().Now();
    scheduler
        .Spawn(Priority::kImmediate,
               [=]() -> Task<> {
                 *delay_ns = (Clock::Monotonic().Now() - spawned).count();
                 done->Unpark();
                 co_return;
               })
        .Detach();
  });
  stop.store(true);
  scheduler.BlockOn([&]() -> Task<> {
    for (auto& handle : background) (void)co_await handle;
  });
  std::printf("value=%.2f work=%llu\n", p99, static_cast<unsigned long long>(count));
  return 0;
}

Task<uint64_t> Fib(uint64_t n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await Fork(Fib(n - 1), Fib(n - 2));
  co_return a + b;
}

Task<uint64_t> Spin(uint64_t turns) {
  uint64_t value = turns;
  for (uint64_t i = 0; i < turns; ++i) value = value * 6364136223846793005u + 1;
  co_return value == 0 ? 0 : 1;
}

// Half forks, half spawned tasks of about a microsecond. Returns how many there were.
Task<uint64_t> Mix(Scheduler* scheduler, uint64_t count) {
  uint64_t sum = co_await Fib(27);
  for (uint64_t first = 0; first < count; first += 1000) {
    std::vector<JoinHandle<uint64_t>> handles;
    handles.reserve(1000);
    for (int i = 0; i < 1000; ++i) handles.push_back(scheduler->Spawn(Spin(1000)));
    for (auto& handle : handles) sum += (co_await handle).value();
  }
  co_return sum;
}

// How many times faster all workers are than one.
int ScaleCores(uint64_t count, int workers) {
  constexpr uint64_t kFib27 = 196418;
  double ns[2] = {};
  const int cores[2] = {1, workers};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2; ++i) {
      auto scheduler = Make(cores[i]);
      const Instant start = Clock::Monotonic().Now();
      const uint64_t sum = scheduler->BlockOn(Mix(scheduler.get(), count));
      ZOKIO_CHECK(sum == kFib27 + count, "work was lost");
      const auto elapsed = static_cast<double>((Clock::Monotonic().Now() - start).count());
      if (round == 0 || elapsed < ns[i]) ns[i] = elapsed;
    }
  }
  std::printf("value=%.3f work=%llu\n", ns[0] / ns[1], static_cast<unsigned long long>(count));
  return 0;
}

int Main(const RepeatOptions& options) {
  if (options.name == "scale_cores") {
    return ScaleCores(options.count, static_cast<int>(options.workers));
  }
  auto scheduler = Make(0);
  ZOKIO_CHECK(scheduler->workers() == static_cast<int>(options.workers),
              "the harness pins to as many cores as there are workers");
  if (options.name == "immediate_p99") return ImmediateP99(*scheduler, options.count);
  if (options.name == "park_wake") {
    Repeat(options, [&](uint64_t count) { return ParkWake(*scheduler, count); });
    return 0;
  }
  std::fputs("latency_cases: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
