// Trees of forks whose nodes do everything that a task may: the ends of all are counted.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <span>
#include <stdexcept>

#include "base/atomic.h"
#include "future/join.h"
#include "future/local_executor.h"
#include "future/race.h"
#include "future/sleep.h"
#include "future/stream.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/fiber.h"
#include "sched/fork.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using std::chrono::microseconds;

struct Counts {
  Atomic<int64_t> begun{0};
  Atomic<int64_t> ended{0};
};

struct Alive {
  explicit Alive(Counts* all) : counts(all) { counts->begun.fetch_add(1); }
  ~Alive() { counts->ended.fetch_add(1); }
  Counts* counts;
};

Task<uint64_t> Node(uint64_t seed, int depth, Counts* counts);

Stream<uint64_t> Nodes(uint64_t seed, int depth, Counts* counts) {
  Alive alive(counts);
  for (uint64_t i = 0; i < 2; ++i) {
    auto [a, b] = co_await Fork(Node(seed + i, depth, counts), Node(seed * 3 + i, depth, counts));
    co_yield a + b;
  }
}

uint64_t Mix(uint64_t seed) {
  seed = (seed ^ (seed >> 31)) * 0x9E3779B97F4A7C15ull;
  return seed ^ (seed >> 29);
}

// What needs no timer.
Task<uint64_t> Plain(int depth, Counts* counts) {
  Alive alive(counts);
  if (depth % 2 == 0) co_await Yield();
  if (depth == 0) co_return 1;
  auto [a, b] = co_await Fork(Plain(depth - 1, counts), Plain(depth - 1, counts));
  co_return a + b;
}

Task<uint64_t> InAScope(uint64_t next, int depth, Counts* counts) {
  uint64_t sum = 0;
  co_await WithScope([&](TaskScope& scope) -> Task<> {
    scope.Spawn(Node(next, depth, counts));
    auto [a, b] = co_await Fork(Node(next + 1, depth, counts), Node(next + 2, depth, counts));
    sum = a + b;
  });
  co_return sum;
}

Task<uint64_t> Node(uint64_t seed, int depth, Counts* counts) {
  Alive alive(counts);
  const uint64_t what = Mix(seed) % 24;
  const uint64_t next = Mix(seed + 17);
  if (what == 1) co_await Yield();
  if (what == 2) co_await SleepFor(microseconds(seed % 50));
  if (what == 3 && seed % 5 == 0) throw std::runtime_error("node");
  if (depth == 0) co_return 1;
  --depth;
  switch (what) {
    case 4: {
      auto [a, b] = co_await Join(Node(next, depth, counts), Node(next + 1, depth, counts));
      co_return a + b;
    }
    case 5: {
      const uint64_t a = co_await Race(Node(next, depth, counts), Node(next + 1, depth, counts));
      co_return a;
    }
    case 6: {
      Result<uint64_t> a =
          co_await Timeout(Node(next, depth, counts).IntoFuture(), microseconds(next % 100));
      co_return a.ok() ? *a : 0;
    }
    case 7: {
      Result<uint64_t> a = co_await RunFiber([next, depth, counts](Fiber& fiber) {
        Alive in_fiber(counts);
        return fiber.Await(Node(next, depth, counts)) + fiber.Await(Node(next + 1, depth, counts));
      });
      co_return a.ok() ? *a : 0;
    }
    case 8: {
      auto stream = Nodes(next, depth, counts);
      auto a = co_await stream.Next();
      if (next % 2 == 0) co_return a ? *a : 0;
      auto b = co_await stream.Next();
      co_return (a ? *a : 0) + (b ? *b : 0);
    }
    case 9: {
      const uint64_t a = co_await InAScope(next, depth, counts);
      co_return a;
    }
    case 10:
      if (next % 16 == 0) {
        BlockInPlace([&] {
          LocalExecutor local;
          EXPECT_EQ(local.BlockOn(Plain(3, counts)), 8u);
        });
      }
      break;
    case 11:
    case 12: {
      std::array<uint64_t, 5> sums{};
      co_await ForkEach(std::span(sums), [&](size_t i) { return Node(next + i, depth, counts); });
      co_return sums[0] + sums[4];
    }
    case 13: {
      uint64_t a = 0;
      try {
        a = co_await Node(next, depth, counts);
      } catch (const std::runtime_error&) {
        a = 3;
      }
      co_return a;
    }
    default:
      break;
  }
  auto [a, b] = co_await Fork(Node(next, depth, counts), Node(next + 1, depth, counts));
  co_return a + b;
}

TEST(ForkChaosTest, ATreeOfEverything) {
  constexpr uint64_t kRounds = 6;
  for (int workers : {1, 2, 4}) {
    auto scheduler = testing::MakeScheduler(workers);
    for (uint64_t round = 0; round < kRounds; ++round) {
      Counts counts;
      scheduler->BlockOn([&]() -> Task<> {
        const uint64_t seed = Mix(round * 1000 + static_cast<uint64_t>(workers));
        auto one = co_await SpawnChild(Node(seed, 7, &counts));
        auto two = co_await SpawnChild(Node(seed + 1, 7, &counts));
        if (round % 3 == 0) co_await SleepFor(microseconds(Mix(seed) % 1500));
        if (round % 3 != 1) one.Cancel();
        try {
          (void)co_await two;
        } catch (const std::runtime_error&) {
        }
        try {
          (void)co_await one;
        } catch (const std::runtime_error&) {
        }
      });
      ASSERT_EQ(counts.begun.load(), counts.ended.load()) << workers << " " << round;
    }
    // Again, ended by the end of the scheduler.
    Counts counts;
    for (uint64_t i = 0; i < 4; ++i) scheduler->Spawn(Node(i, 9, &counts)).Detach();
    scheduler->BlockOn([]() -> Task<> { co_await SleepFor(microseconds(300)); });
    EXPECT_TRUE(scheduler->Shutdown().ok());
    EXPECT_EQ(counts.begun.load(), counts.ended.load());
  }
}

}  // namespace
}  // namespace zokio
