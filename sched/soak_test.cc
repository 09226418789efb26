// Everything at once for a while: spawns, timers, steals, calls that block, tasks that throw,
// cancellations. Nothing is lost, nothing grows.
//
// Two seconds here; for ten minutes: ZOKIO_SOAK_SECONDS=600 bazel-bin/sched/soak_test
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "base/random.h"
#include "base/thread.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/timeout.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/blocking_pool.h"
#include "sched/fiber.h"
#include "sched/fork.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

// AddressSanitizer keeps freed memory for a while, ThreadSanitizer has shadows of what was used.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZOKIO_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZOKIO_TEST_SANITIZED 1
#endif
#endif
#ifdef ZOKIO_TEST_SANITIZED
constexpr uint64_t kGrowthMax = uint64_t{1} << 30;
#else
constexpr uint64_t kGrowthMax = uint64_t{32} << 20;
#endif

int64_t SoakSeconds() {
  const char* seconds = std::getenv("ZOKIO_SOAK_SECONDS");
  return seconds == nullptr ? 2 : std::max(1, std::atoi(seconds));
}

uint64_t ResidentBytes() {
  unsigned long pages = 0;
  unsigned long resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  const int read = fscanf(file, "%lu %lu", &pages, &resident);
  fclose(file);
  return read == 2 ? resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

Task<uint64_t> Fib(uint64_t n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await Fork(Fib(n - 1), Fib(n - 2));
  co_return a + b;
}

Task<uint64_t> One() { co_return 1; }
Task<uint64_t> Fail() {
  co_await Yield();
  throw std::runtime_error("a task that throws");
}

struct Soak {
  // One round of one kind. Answers 1 where it went as it must.
  Task<uint64_t> Round(uint32_t kind) {
    switch (kind % 9) {
      case 0: {
        const uint64_t answer = co_await Fib(10);
        co_return answer == 55;
      }
      case 1: {
        uint64_t sum = 0;
        auto handles = scheduler->SpawnBatch(40, [](size_t) { return One(); });
        for (auto& handle : handles) sum += (co_await handle).value();
        co_return sum == 40;
      }
      case 2:
        co_await SleepFor(std::chrono::microseconds(kind % 500));
        co_return 1;
      case 3: {
        auto channel = MakeOneshot<int>();  // kept: nobody will send
        auto late = co_await Timeout(std::move(channel.receiver), 50us);
        co_return !late.ok();
      }
      case 4:
        co_return BlockInPlace([] {
          Parker nobody;
          nobody.ParkUntil(Clock::Monotonic().Now() + 20us);  // blocks the thread
          return 1;
        });
      case 5: {
        Result<uint64_t> answer = co_await pool->Spawn([] { return uint64_t{1}; });
        co_return answer.ok() ? *answer : 0;
      }
      case 6: {
        auto failing = scheduler->Spawn(Fail());
        bool thrown = false;
        try {
          (void)co_await failing;
        } catch (const std::runtime_error&) {
          thrown = true;
        }
        co_return thrown;
      }
      case 7: {
        auto sleeper = scheduler->Spawn([]() -> Task<> { co_await SleepFor(1h); });
        sleeper.Cancel();
        Result<void> ended = co_await sleeper;
        co_return !ended.ok();
      }
      default: {
        Result<uint64_t> answer = co_await RunFiber([](Fiber& fiber) {
          fiber.Await(Yield());
          return fiber.Await(One());
        });
        co_return answer.ok() ? *answer : 0;
      }
    }
  }

  Task<> Run(uint64_t seed) {
    Random random(seed);
    while (!stop.load(memory_order_relaxed)) {
      const uint64_t right = co_await Round(static_cast<uint32_t>(random.Next()));
      good.fetch_add(right, memory_order_relaxed);
      rounds.fetch_add(1, memory_order_relaxed);
    }
  }

  Scheduler* scheduler;
  BlockingPool* pool;
  Atomic<bool> stop{false};
  Atomic<uint64_t> rounds{0};
  Atomic<uint64_t> good{0};
};

TEST(SoakTest, NothingIsLostAndNothingGrows) {
  constexpr uint64_t kTasks = 32;
  const int64_t seconds = SoakSeconds();
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  BlockingPool pool;
  Soak soak{.scheduler = scheduler.get(), .pool = &pool};
  auto all = scheduler->SpawnBatch(kTasks, [&](size_t i) { return soak.Run(i + 1); });
  // A thread outside has its part.
  uint64_t outside = 0;
  const Instant start = Clock::Monotonic().Now();
  const auto soak_until = [&](Duration part) {
    while (Clock::Monotonic().Now() - start < part) outside += scheduler->BlockOn(One());
  };
  soak_until(seconds * Duration(1s) / 2);
  const uint64_t resident = ResidentBytes();
  soak_until(seconds * Duration(1s));
  const uint64_t grown = std::max(ResidentBytes(), resident) - resident;
  soak.stop.store(true);
  scheduler->BlockOn([&]() -> Task<> {
    for (auto& handle : all) {
      Result<void> ended = co_await handle;
      EXPECT_TRUE(ended.ok());
    }
  });
  EXPECT_EQ(soak.good.load(), soak.rounds.load());
  EXPECT_GT(soak.rounds.load(), kTasks);
  EXPECT_GT(outside, 0u);
  EXPECT_LE(grown, kGrowthMax) << "in the second half";
  WorkerStats sum;
  for (const WorkerStats& stats : scheduler->Stats()) sum += stats;
  EXPECT_GE(sum.completed, soak.rounds.load() / 9);
  EXPECT_TRUE(scheduler->Shutdown().ok());
}

}  // namespace
}  // namespace zokio
