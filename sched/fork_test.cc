#include "sched/fork.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/fiber.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::MakeScheduler;

using std::chrono::milliseconds;

Task<uint64_t> Fib(int n) {
  if (n < 2) co_return static_cast<uint64_t>(n);
  auto [a, b] = co_await Fork(Fib(n - 1), Fib(n - 2));
  co_return a + b;
}

// A child that suspends at most of its leaves: parents move between workers.
Task<uint64_t> YieldingFib(int n) {
  if (n < 2) {
    if (n == 1) co_await Yield();
    co_return static_cast<uint64_t>(n);
  }
  auto [a, b] = co_await Fork(YieldingFib(n - 1), YieldingFib(n - 2));
  co_return a + b;
}

Task<uint64_t> SkyNet(uint64_t number, uint64_t leaves) {
  if (leaves == 1) co_return number;
  std::array<uint64_t, 10> sums;
  co_await ForkEach(std::span(sums),
                    [&](size_t i) { return SkyNet(number + i * (leaves / 10), leaves / 10); });
  co_return std::accumulate(sums.begin(), sums.end(), uint64_t{0});
}

Task<int> Number(int number) { co_return number; }
Task<std::string> Text(std::string text) { co_return text; }
Task<> Set(bool* flag) {
  *flag = true;
  co_return;
}

TEST(ForkTest, ResultsComeAsATupleInOrder) {
  auto scheduler = MakeScheduler(2);
  scheduler->BlockOn([]() -> Task<> {
    bool ran = false;
    auto [number, text, nothing] = co_await Fork(Number(7), Text("seven"), Set(&ran));
    EXPECT_EQ(number, 7);
    EXPECT_EQ(text, "seven");
    static_assert(std::is_same_v<decltype(nothing), std::monostate>);
    EXPECT_TRUE(ran);
    bool first = false;
    bool second = false;
    co_await Fork(Set(&first), Set(&second));
    EXPECT_TRUE(first && second);
  });
}

TEST(ForkTest, RecursionGivesTheSameOnAnyNumberOfWorkers) {
  for (int workers : {1, 2, 4}) {
    auto scheduler = MakeScheduler(workers);
    EXPECT_EQ(scheduler->BlockOn(Fib(18)), 2584u);
    EXPECT_EQ(scheduler->BlockOn(YieldingFib(12)), 144u);
    EXPECT_EQ(scheduler->BlockOn(SkyNet(0, 10000)), 49995000u);
  }
}

TEST(ForkTest, ChildrenRunInTurnOnAnExecutorWithoutWorkers) {
  LocalExecutor executor;
  EXPECT_EQ(executor.BlockOn(Fib(10)), 55u);
  EXPECT_EQ(executor.BlockOn(YieldingFib(8)), 21u);
}

TEST(ForkTest, MoreChildrenThanTheDequeHolds) {
  auto scheduler = MakeScheduler(2);
  std::vector<int> results(3 * ForkDeque::kCapacity);
  scheduler->BlockOn([&results]() -> Task<> {
    co_await ForkEach(std::span(results), [](size_t i) { return Number(static_cast<int>(i)); });
    co_await ForkEach(std::span(results).first(0), [](size_t) { return Number(-1); });
  });
  for (size_t i = 0; i < results.size(); ++i) ASSERT_EQ(results[i], static_cast<int>(i));
}

// The first two children keep their worker until the other one has emptied the deque: what did not
// fit must be offered when there is room again.
TEST(ForkTest, ChildrenThatDidNotFitAreOfferedLater) {
  constexpr size_t kRoom = ForkDeque::kCapacity;
  auto scheduler = MakeScheduler(2);
  scheduler->BlockOn([]() -> Task<> {
    Atomic<size_t> ended{0};
    Parker first;
    Parker second;
    auto child = [](size_t i, Atomic<size_t>* count, Parker* one, Parker* two) -> Task<> {
      if (i == 0) one->Park();
      if (i == 1) two->Park();
      if (i > 1) {
        const size_t now = count->fetch_add(1) + 1;
        if (now == kRoom) one->Unpark();
        if (now == 2 * kRoom) two->Unpark();
      }
      co_return;
    };
    co_await ForkEach(3 * kRoom, [&](size_t i) { return child(i, &ended, &first, &second); });
    EXPECT_EQ(ended.load(), 3 * kRoom - 2);
  });
}

Task<uint64_t> Chain(int depth) {
  if (depth == 0) co_return 0;
  auto [below, here] = co_await Fork(Chain(depth - 1), Number(1));
  co_return below + static_cast<uint64_t>(here);
}

TEST(ForkTest, DepthIsBoundedByMemoryAlone) {
  auto scheduler = MakeScheduler(2);
  EXPECT_EQ(scheduler->BlockOn(Chain(20000)), 20000u);
}

Task<> Count(Atomic<int>* count) {
  co_await Yield();
  count->fetch_add(1);
}
#if defined(__cpp_exceptions)
Task<int> Fail(const char* why) {
  co_await Yield();
  throw std::runtime_error(why);
}

TEST(ForkTest, TheFirstExceptionIsRethrownWhenAllHaveEnded) {
  auto scheduler = MakeScheduler(2);
  for (int round = 0; round < 20; ++round) {
    scheduler->BlockOn([]() -> Task<> {
      Atomic<int> ended{0};
      std::string what;
      try {
        co_await Fork(Count(&ended), Fail("first"), Fail("second"), Count(&ended));
      } catch (const std::runtime_error& error) {
        what = error.what();
      }
      EXPECT_EQ(what, "first");
      EXPECT_EQ(ended.load(), 2);
    });
  }
}

TEST(ForkTest, ChildrenAlreadyMadeAreDroppedWhenMakeThrows) {
  auto scheduler = MakeScheduler(1);
  scheduler->BlockOn([]() -> Task<> {
    auto kept = std::make_shared<int>(0);
    bool caught = false;
    try {
      co_await ForkEach(40, [&](size_t i) -> Task<> {
        if (i == 30) throw std::runtime_error("make");
        return [](std::shared_ptr<int> p) -> Task<> {
          ++*p;
          co_return;
        }(kept);
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
    EXPECT_EQ(*kept, 0);
    EXPECT_EQ(kept.use_count(), 1);
  });
}
#endif

TEST(ForkTest, WhatIsNeverAwaitedIsDropped) {
  bool ran = false;
  {
    auto fork = Fork(Set(&ran), Set(&ran));
  }
  EXPECT_FALSE(ran);
}

// Each of these children waits for a message; all are suspended at the same time.
TEST(ForkTest, ChildrenThatWaitLetTheOthersGoOn) {
  auto scheduler = MakeScheduler(2);
  scheduler->BlockOn([]() -> Task<> {
    constexpr size_t kChildren = 8;
    std::vector<OneshotSender<int>> senders;
    std::vector<OneshotReceiver<int>> receivers;
    for (size_t i = 0; i < kChildren; ++i) {
      auto [sender, receiver] = MakeOneshot<int>();
      senders.push_back(std::move(sender));
      receivers.push_back(std::move(receiver));
    }
    Atomic<size_t> waiting{0};
    std::array<int, kChildren + 1> results{};
    co_await ForkEach(std::span(results), [&](size_t i) -> Task<int> {
      return [](size_t self, std::vector<OneshotSender<int>>* all, OneshotReceiver<int>* mine,
                Atomic<size_t>* count) -> Task<int> {
        if (self < kChildren) {
          count->fetch_add(1);
          co_return (co_await *mine).value();
        }
        while (count->load() < kChildren) co_await Yield();
        for (size_t k = 0; k < kChildren; ++k) std::move((*all)[k]).Send(static_cast<int>(k));
        co_return -1;
      }(i, &senders, i < kChildren ? &receivers[i] : nullptr, &waiting);
    });
    for (size_t i = 0; i < kChildren; ++i) EXPECT_EQ(results[i], static_cast<int>(i));
  });
}

// Holds on to its parent's variable for as long as it lives.
Task<> Hold(Atomic<int>* alive) {
  struct Guard {
    Atomic<int>* alive;
    explicit Guard(Atomic<int>* count) : alive(count) { alive->fetch_add(1); }
    ~Guard() { alive->fetch_sub(1); }
  } guard(alive);
  co_await SleepFor(std::chrono::hours(1));
}

Task<> NestedHold(Atomic<int>* alive, int depth) {
  if (depth == 0) {
    co_await Hold(alive);
    co_return;
  }
  co_await Fork(NestedHold(alive, depth - 1), NestedHold(alive, depth - 1));
}

// The variable dies with the frame: under ASan a child that outlived it is a report.
Task<> ForkHolders(Atomic<int>* shared) {
  auto mine = std::make_unique<Atomic<int>>(0);
  Atomic<int>* alive = mine.get();
  struct Report {
    Atomic<int>* from;
    Atomic<int>* to;
    ~Report() { to->store(1000 + from->load()); }
  } report{alive, shared};
  co_await Fork(NestedHold(alive, 3), [](Atomic<int>* from, Atomic<int>* to) -> Task<> {
    while (from->load() < 8) co_await Yield();
    to->store(1);
    co_await SleepFor(std::chrono::hours(1));
  }(alive, shared));
}

TEST(ForkTest, CancellingTheParentEndsTheChildrenFirst) {
  for (int workers : {1, 2, 4}) {
    auto scheduler = MakeScheduler(workers);
    for (int round = 0; round < 5; ++round) {
      Atomic<int> state{0};
      auto handle = scheduler->Spawn(ForkHolders(&state));
      scheduler->BlockOn([&]() -> Task<> {
        while (state.load() == 0) co_await SleepFor(std::chrono::microseconds(50));
        handle.Cancel();
        Result<void> result = co_await handle;
        EXPECT_FALSE(result.ok());
      });
      EXPECT_EQ(state.load(), 1000);
    }
  }
}

TEST(ForkTest, ShutdownEndsForksAnywhere) {
  for (int round = 0; round < 10; ++round) {
    auto scheduler = MakeScheduler(2);
    Atomic<int> state{0};
    scheduler->Spawn(ForkHolders(&state)).Detach();
    if (round % 2 == 0) {
      scheduler->BlockOn([&]() -> Task<> {
        while (state.load() == 0) co_await SleepFor(std::chrono::microseconds(50));
      });
    }
    EXPECT_TRUE(scheduler->Shutdown().ok());
    EXPECT_TRUE(state.load() == 1000 || state.load() == 0) << state.load();
  }
}

// One worker: the loop forks for ever unless the other task gets a turn.
TEST(ForkTest, ALongForkJoinLetsOtherTasksAndTimersHaveTurns) {
  auto scheduler = MakeScheduler(1);
  scheduler->BlockOn([]() -> Task<> {
    bool stop = false;
    auto timer = co_await SpawnChild([](bool* flag) -> Task<> {
      co_await SleepFor(milliseconds(1));
      *flag = true;
    }(&stop));
    while (!stop) {
      auto [a, b] = co_await Fork(Number(1), Number(2));
      EXPECT_EQ(a + b, 3);
    }
    (void)co_await timer;
  });
}

// The turns come deep inside the calls by which children run: all of them go back to links.
TEST(ForkTest, ARecursionIsLeftForOtherTasksAndGoesOn) {
  auto scheduler = MakeScheduler(1);
  scheduler->BlockOn([]() -> Task<> {
    Atomic<int> turns{0};
    Atomic<bool> stop{false};
    auto other = co_await SpawnChild([](Atomic<int>* count, Atomic<bool>* ended) -> Task<> {
      for (; !ended->load(); count->fetch_add(1)) co_await Yield();
    }(&turns, &stop));
    while (turns.load() < 5) {
      const uint64_t sum = co_await Fib(15);
      EXPECT_EQ(sum, 610u);
    }
    stop.store(true);
    (void)co_await other;
  });
}

// A fiber's stack may be small: there children run by links.
TEST(ForkTest, ForksInAFiber) {
  auto scheduler = MakeScheduler(2);
  scheduler->BlockOn([]() -> Task<> {
    Result<uint64_t> sum = co_await RunFiber([](Fiber& fiber) {
      return fiber.Await(Fib(15)) + fiber.Await(YieldingFib(10)) + fiber.Await(Chain(5000));
    });
    EXPECT_TRUE(sum.ok());
    EXPECT_EQ(sum.value(), 610u + 55u + 5000u);
  });
}

Task<Result<int>> FailsLate(OneshotReceiver<int> receiver) {
  int value = co_await Try(std::move(receiver));
  co_return value;
}

Task<int> EndsLater(OneshotSender<int> sender, OneshotReceiver<int> go) {
  {
    OneshotSender<int> dropped = std::move(sender);
  }
  Result<int> value = co_await std::move(go);
  co_return value.ok() ? *value : -1;
}

Task<> SendSoon(OneshotSender<int> sender, int yields) {
  for (int i = 0; i < yields; ++i) co_await Yield();
  std::move(sender).Send(7);
}

// The body of the child in place ends inside the poll of what it awaits; the fork waits on.
TEST(ForkTest, AChildThatFailsInItsPollLeavesTheForkWaiting) {
  auto scheduler = MakeScheduler(2);
  for (int round = 0; round < 300; ++round) {
    int sum = scheduler->BlockOn([](Scheduler* workers, int yields) -> Task<int> {
      auto [failing, receiver] = MakeOneshot<int>();
      auto [going, go] = MakeOneshot<int>();
      JoinHandle<void> helper = workers->Spawn(SendSoon(std::move(going), yields));
      auto [a, b] = co_await Fork(FailsLate(std::move(receiver)),
                                  EndsLater(std::move(failing), std::move(go)));
      Result<void> joined = co_await std::move(helper);
      EXPECT_TRUE(joined.ok());
      co_return a.ok() ? -1 : b;
    }(scheduler.get(), round % 50));
    ASSERT_EQ(sum, 7);
  }
}

Task<> ForkForEver(Atomic<bool>* begun) {
  while (true) {
    auto [a, b] = co_await Fork(Number(1), Number(2));
    if (a + b != 3 || begun->load(memory_order_relaxed)) continue;
    begun->store(true, memory_order_release);
    begun->notify_all();
  }
}

// Nobody else wants the worker: the end must reach the task all the same.
TEST(ForkTest, ATaskThatOnlyForksEndsWithItsScheduler) {
  for (bool cancel : {true, false}) {
    Atomic<bool> begun{false};
    auto scheduler = MakeScheduler(1);
    JoinHandle<void> handle = scheduler->Spawn(ForkForEver(&begun));
    begun.wait(false);
    if (!cancel) continue;
    handle.Cancel();
    EXPECT_FALSE(scheduler->BlockOn([](JoinHandle<void> one) -> Task<bool> {
      Result<void> joined = co_await std::move(one);
      co_return joined.ok();
    }(std::move(handle))));
  }
}

}  // namespace
}  // namespace zokio
