// A million of each: parked fibers, live timers. Alone on the machine, for they need memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/random.h"
#include "future/context.h"
#include "future/notify.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "mem/stack_pool.h"
#include "sched/fiber.h"
#include "sched/scheduler.h"
#include "sched/timer_wheel.h"

namespace zokio {
namespace {

constexpr uint64_t kMillion = 1'000'000;

// Bytes that the machine can still give; 0 where it does not say.
uint64_t AvailableBytes() {
  FILE* file = fopen("/proc/meminfo", "r");
  if (file == nullptr) return 0;
  char line[128];
  unsigned long long kib = 0;
  while (fgets(line, sizeof line, file) != nullptr) {
    if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1) break;
  }
  fclose(file);
  return kib << 10;
}

TEST(ScaleTest, AMillionFibersWaitAtOnce) {
  if (AvailableBytes() < uint64_t{8} << 30) GTEST_SKIP() << "needs 8 GiB of free memory";
  StackPoolOptions stack_options;
  stack_options.stack_size = 16 << 10;
  stack_options.stacks_max = kMillion;
  auto stacks = StackPool::Create(stack_options);
  ASSERT_TRUE(stacks.ok());
  if ((*stacks)->Stats().stacks_max < kMillion) {
    GTEST_SKIP() << "needs a kernel with guard markers, or vm.max_map_count of 3 000 000";
  }
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  Notify go;
  Atomic<uint64_t> parked{0};
  Atomic<uint64_t> sum{0};
  auto one = [&](uint64_t number) -> Task<> {
    Result<void> ended = co_await RunFiber(**stacks, [&, number](Fiber& fiber) {
      auto wait = go.Wait();
      parked.fetch_add(1, memory_order_relaxed);
      fiber.Await(wait);
      sum.fetch_add(number, memory_order_relaxed);
    });
    EXPECT_TRUE(ended.ok());
  };
  std::vector<JoinHandle<void>> handles;
  handles.reserve(kMillion);
  scheduler->BlockOn([&]() -> Task<> {
    for (uint64_t i = 0; i < kMillion; ++i) {
      handles.push_back(scheduler->Spawn(one(i)));
      if (i % 256 == 0) co_await Yield();
    }
    while (parked.load() != kMillion) co_await Yield();
    EXPECT_EQ((*stacks)->Stats().made, kMillion);
    go.NotifyAll();
    for (JoinHandle<void>& handle : handles) (void)co_await handle;
  });
  EXPECT_EQ(sum.load(), kMillion * (kMillion - 1) / 2);
  scheduler.reset();
}

// A clock that is set by hand.
class ManualClock final : public Clock {
 public:
  Instant Now() const override { return now; }
  Instant now{std::chrono::hours(1)};
};

TEST(ScaleTest, AMillionTimersAreLiveAndNoneIsEarlyOrLost) {
  ManualClock clock;
  TimerWheel wheel(clock);
  std::vector<TimerEntry> entries(kMillion);
  Random random(7);
  const Instant start = clock.now;
  for (TimerEntry& entry : entries) {
    entry.deadline = start + std::chrono::microseconds(1 + random.Below(3'600'000'000u));
    wheel.Set(&entry);
  }
  EXPECT_EQ(wheel.size(), kMillion);
  // Every third is taken out again.
  for (size_t i = 0; i < kMillion; i += 3) wheel.Cancel(&entries[i]);
  const uint64_t left = kMillion - (kMillion + 2) / 3;
  EXPECT_EQ(wheel.size(), left);
  uint64_t fired = 0;
  uint64_t turns = 0;
  while (wheel.NextDeadline() != kNever) {
    // Where a worker sleeps to, or some seconds beyond.
    clock.now = std::max(wheel.NextDeadline(), clock.now + std::chrono::seconds(5));
    fired += static_cast<uint64_t>(wheel.Advance(clock.now));
    ++turns;
    if (turns % 64 != 0) continue;
    for (size_t i = 1; i < kMillion; i += 997) {
      if (i % 3 == 0) continue;
      const bool has_fired = entries[i].fired.load();
      ASSERT_TRUE(has_fired || entries[i].deadline + TimerWheel::kTick > clock.now) << "late";
      ASSERT_FALSE(has_fired && entries[i].deadline > clock.now) << "early";
    }
  }
  EXPECT_EQ(fired, left);
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_LE(turns, 730u + 64);
}

}  // namespace
}  // namespace zokio
