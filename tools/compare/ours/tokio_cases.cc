// Ours in the cases that Tokio measures itself by (its rt_multi_threaded benchmark), and in
// fiber_switch, task_bytes and remote_busy.
//
//   tokio_cases CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <unistd.h>

#include <algorithm>
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
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/fiber.h"
#include "sched/scheduler.h"
#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

constexpr uint64_t kSpawns = 10'000;
constexpr uint64_t kYieldingTasks = 200;
constexpr uint64_t kPings = 1'000;
constexpr uint64_t kChain = 1'000;

// Counts down; the last one wakes the thread that waits outside.
struct Countdown {
  explicit Countdown(uint64_t n) : left(n) {}
  void Down() {
    if (left.fetch_sub(1, memory_order_acq_rel) == 1) done.Unpark();
  }
  Atomic<uint64_t> left;
  Parker done;
};

Task<> DownOnce(Countdown* countdown) {
  countdown->Down();
  co_return;
}

uint64_t SpawnManyLocal(Scheduler& scheduler, uint64_t count) {
  for (uint64_t i = 0; i < count; i += kSpawns) {
    Countdown countdown(kSpawns);
    scheduler
        .Spawn([&]() -> Task<> {
          for (uint64_t k = 0; k < kSpawns; ++k) scheduler.Spawn(DownOnce(&countdown)).Detach();
          co_return;
        })
        .Detach();
    countdown.done.Park();
  }
  return count;
}

uint64_t SpawnManyRemote(Scheduler& scheduler, uint64_t count) {
  for (uint64_t i = 0; i < count; i += kSpawns) {
    Countdown countdown(kSpawns);
    for (uint64_t k = 0; k < kSpawns; ++k) scheduler.Spawn(DownOnce(&countdown)).Detach();
    countdown.done.Park();
  }
  return count;
}

Task<> Chain(Scheduler* scheduler, Countdown* countdown, uint64_t left) {
  if (left == 0) {
    countdown->Down();
  } else {
    scheduler->Spawn(Chain(scheduler, countdown, left - 1)).Detach();
  }
  co_return;
}

uint64_t ChainedSpawn(Scheduler& scheduler, uint64_t count) {
  for (uint64_t i = 0; i < count; i += kChain) {
    Countdown countdown(1);
    scheduler.Spawn(Chain(&scheduler, &countdown, kChain)).Detach();
    countdown.done.Park();
  }
  return count;
}

Task<> YieldTimes(Countdown* countdown, uint64_t times) {
  for (uint64_t i = 0; i < times; ++i) co_await Yield();
  countdown->Down();
}

uint64_t YieldMany(Scheduler& scheduler, uint64_t count) {
  Countdown countdown(kYieldingTasks);
  for (uint64_t i = 0; i < kYieldingTasks; ++i) {
    scheduler.Spawn(YieldTimes(&countdown, count / kYieldingTasks)).Detach();
  }
  countdown.done.Park();
  return count;
}

Task<> Answer(OneshotReceiver<int> ping, OneshotSender<int> pong) {
  (void)co_await ping;
  std::move(pong).Send(0);
}

Task<> PingOnce(Scheduler* scheduler, Countdown* countdown) {
  auto ping = MakeOneshot<int>();
  auto pong = MakeOneshot<int>();
  scheduler->Spawn(Answer(std::move(ping.receiver), std::move(pong.sender))).Detach();
  std::move(ping.sender).Send(0);
  (void)co_await pong.receiver;
  countdown->Down();
}

uint64_t PingPong(Scheduler& scheduler, uint64_t count) {
  for (uint64_t i = 0; i < count; i += kPings) {
    Countdown countdown(kPings);
    scheduler
        .Spawn([&]() -> Task<> {
          for (uint64_t k = 0; k < kPings; ++k) {
            scheduler.Spawn(PingOnce(&scheduler, &countdown)).Detach();
          }
          co_return;
        })
        .Detach();
    countdown.done.Park();
  }
  return count;
}

Task<Result<uint64_t>> YieldInFiber(uint64_t times) {
  co_return co_await RunFiber([times](Fiber& fiber) {
    uint64_t done = 0;
    for (; done < times; ++done) fiber.Await(Yield());
    return done;
  });
}

uint64_t FiberSwitch(Scheduler& scheduler, uint64_t count) {
  return scheduler.BlockOn([&]() -> Task<uint64_t> {
    auto first = scheduler.Spawn(YieldInFiber(count / 2));
    auto second = scheduler.Spawn(YieldInFiber(count / 2));
    Result<Result<uint64_t>> a = co_await first;
    Result<Result<uint64_t>> b = co_await second;
    co_return a.value().value() + b.value().value();
  });
}

uint64_t ResidentBytes() {
  uint64_t pages = 0;
  uint64_t resident = 0;
  FILE* file = std::fopen("/proc/self/statm", "r");
  ZOKIO_CHECK(file != nullptr, "no /proc");
  const int read = std::fscanf(file, "%lu %lu", &pages, &resident);
  std::fclose(file);
  ZOKIO_CHECK(read == 2, "statm");
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// What one more task that waits costs, handle dropped, tables included.
int TaskBytes(Scheduler& scheduler, uint64_t count) {
  Atomic<uint64_t> waiting{0};
  auto wait = [](Atomic<uint64_t>* counter) -> Task<> {
    counter->fetch_add(1, memory_order_relaxed);
    co_await PollFn([](Context&) -> Poll<void> { return kPending; });
  };
  const auto spawn = [&](uint64_t n) {
    const uint64_t before = waiting.load();
    scheduler.BlockOn([&]() -> Task<> {
      for (uint64_t i = 0; i < n; ++i) {
        scheduler.Spawn(wait(&waiting)).Detach();
        if (i % 64 == 0) co_await Yield();
      }
      while (waiting.load() != before + n) co_await Yield();
    });
  };
  spawn(count / 10);
  const uint64_t before = ResidentBytes();
  spawn(count);
  const double bytes = static_cast<double>(ResidentBytes() - before);
  std::printf("value=%.2f work=%llu\n", bytes / static_cast<double>(count),
              static_cast<unsigned long long>(waiting.load() - count / 10));
  return 0;
}

// A chain of tasks that spawn their successor keeps a worker busy by its slot.
Task<> Busy(Scheduler* scheduler, Atomic<bool>* stop, Countdown* countdown) {
  if (stop->load(memory_order_relaxed)) {
    countdown->Down();
  } else {
    scheduler->Spawn(Busy(scheduler, stop, countdown)).Detach();
  }
  co_return;
}

// The delay of tasks from outside while both workers are busy: its 99th percentile.
int RemoteBusy(Scheduler& scheduler, uint64_t count) {
  const auto workers = static_cast<uint64_t>(scheduler.workers());
  Atomic<bool> stop{false};
  Countdown busy(2 * workers);
  for (uint64_t i = 0; i < 2 * workers; ++i) {
    scheduler.Spawn(Busy(&scheduler, &stop, &busy)).Detach();
  }
  std::vector<int64_t> delays(count);
  Countdown countdown(count);
  for (uint64_t i = 0; i < count; ++i) {
    scheduler
        .Spawn(
            [](int64_t* delay, Instant spawned, Countdown* all) -> Task<> {
              *delay = (Clock::Monotonic().Now() - spawned).count();
              all->Down();
              co_return;
            },
            &delays[i], Clock::Monotonic().Now(), &countdown)
        .Detach();
  }
  countdown.done.Park();
  stop.store(true);
  busy.done.Park();
  std::sort(delays.begin(), delays.end());
  std::printf("value=%.2f work=%llu\n", static_cast<double>(delays[count * 99 / 100]) / 1e3,
              static_cast<unsigned long long>(count));
  return 0;
}

int Main(const RepeatOptions& options) {
  SchedulerOptions scheduler_options;
  if (options.name == "fiber_switch") scheduler_options.workers = 1;
  auto created = Scheduler::Create(std::move(scheduler_options));
  ZOKIO_CHECK(created.ok(), "no scheduler");
  Scheduler& scheduler = *created.value();
  const auto run = [&](auto&& one_case) {
    Repeat(options, [&](uint64_t count) { return one_case(scheduler, count); });
    return 0;
  };
  if (options.name == "tokio_spawn_many_local") return run(SpawnManyLocal);
  if (options.name == "tokio_spawn_many_remote") return run(SpawnManyRemote);
  if (options.name == "tokio_chained_spawn") return run(ChainedSpawn);
  if (options.name == "tokio_yield_many") return run(YieldMany);
  if (options.name == "tokio_ping_pong") return run(PingPong);
  if (options.name == "fiber_switch") return run(FiberSwitch);
  if (options.name == "task_bytes") return TaskBytes(scheduler, options.count);
  if (options.name == "remote_busy") return RemoteBusy(scheduler, options.count);
  std::fputs("tokio_cases: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
