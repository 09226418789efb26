// The life of a spawned task: one block, the state word, join, cancel, detach.
#include "future/spawn.h"

#include <memory>
#include <stdexcept>
#include <vector>

#include "future/local_executor.h"
#include "future/poll_fn.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

static_assert(sizeof(TaskHeader) <= 64);

struct Tracker {
  explicit Tracker(int* live) : live(live) { ++*live; }
  Tracker(Tracker&& other) noexcept : live(other.live) { ++*live; }
  Tracker(const Tracker& other) : live(other.live) { ++*live; }
  ~Tracker() { --*live; }
  int* live;
};

// Keeps the waker of whoever waits here.
struct Gate {
  bool open = false;
  int polls = 0;
  Waker waker;
  auto Wait() {
    return PollFn([this](Context& context) -> Poll<void> {
      ++polls;
      if (open) return kReady;
      waker = context.waker().Clone();
      return kPending;
    });
  }
};

Task<int> Answer() { co_return 42; }
Task<> WaitAt(Gate* gate) { co_await gate->Wait(); }

TEST(SpawnTest, JoinYieldsTheResult) {
  LocalExecutor executor;
  JoinHandle<int> handle = Spawn(executor, Answer());
  EXPECT_FALSE(handle.finished());
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  Result<int> result = executor.BlockOn(std::move(handle));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, 42);
  EXPECT_EQ(executor.live(), 0u);
}

TEST(SpawnTest, JoinWaitsAndIsWokenAtTheEnd) {
  LocalExecutor executor;
  Gate gate;
  JoinHandle<void> handle = Spawn(executor, WaitAt(&gate));
  executor.RunUntilIdle();
  ManualContext manual;
  EXPECT_TRUE(handle.poll(manual.context).pending());
  EXPECT_TRUE(handle.poll(manual.context).pending());
  gate.open = true;
  std::move(gate.waker).Wake();
  executor.RunUntilIdle();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(handle.poll(manual.context).value().ok());
}

TEST(SpawnTest, TheLastJoinersWakerCounts) {
  LocalExecutor executor;
  Gate gate;
  JoinHandle<void> handle = Spawn(executor, WaitAt(&gate));
  executor.RunUntilIdle();
  ManualContext first;
  ManualContext second;
  EXPECT_TRUE(handle.poll(first.context).pending());
  EXPECT_TRUE(handle.poll(second.context).pending());
  EXPECT_EQ(first.counter.clones(), 1);
  gate.open = true;
  std::move(gate.waker).Wake();
  executor.RunUntilIdle();
  EXPECT_EQ(first.counter.wakes(), 0);
  EXPECT_EQ(second.counter.wakes(), 1);
  EXPECT_TRUE(handle.poll(second.context).ready());
}

TEST(SpawnTest, WakesBeforeARunAreOnePoll) {
  LocalExecutor executor;
  Gate gate;
  JoinHandle<void> handle = Spawn(executor, WaitAt(&gate));
  EXPECT_EQ(executor.RunUntilIdle(), 1u);
  Waker waker = gate.waker.Clone();
  for (int i = 0; i < 5; ++i) waker.WakeByRef();
  EXPECT_EQ(executor.RunUntilIdle(), 1u);
  EXPECT_EQ(gate.polls, 2);
}

TEST(SpawnTest, AWakeWhileRunningIsRemembered) {
  LocalExecutor executor;
  int polls = 0;
  auto body = [&]() -> Task<> {
    co_await PollFn([&](Context& context) -> Poll<void> {
      if (++polls == 3) return kReady;
      context.waker().WakeByRef();
      context.waker().WakeByRef();
      return kPending;
    });
  };
  JoinHandle<void> handle = Spawn(executor, body());
  EXPECT_EQ(executor.RunUntilIdle(), 3u);
  EXPECT_TRUE(handle.finished());
}

TEST(SpawnTest, ALateWakeDoesNothing) {
  LocalExecutor executor;
  Gate gate;
  JoinHandle<void> handle = Spawn(executor, WaitAt(&gate));
  executor.RunUntilIdle();
  Waker late = gate.waker.Clone();
  gate.open = true;
  std::move(gate.waker).Wake();
  executor.RunUntilIdle();
  ASSERT_TRUE(handle.finished());
  late.WakeByRef();
  EXPECT_EQ(executor.RunUntilIdle(), 0u);
  std::move(handle).Detach();
  late.WakeByRef();  // the block is held by this waker alone
}

TEST(SpawnTest, TheFrameDiesAtTheEndOfTheBodyTheResultAtTheJoin) {
  LocalExecutor executor;
  int parameters = 0;
  int results = 0;
  auto body = [](Tracker, int* live) -> Task<Tracker> { co_return Tracker(live); };
  JoinHandle<Tracker> handle = Spawn(executor, body(Tracker(&parameters), &results));
  EXPECT_EQ(parameters, 1);
  executor.RunUntilIdle();
  EXPECT_EQ(parameters, 0);
  EXPECT_EQ(results, 1);
  {
    Result<Tracker> result = executor.BlockOn(std::move(handle));
  }
  EXPECT_EQ(results, 0);
}

TEST(SpawnTest, AnUntakenResultIsDroppedWithTheHandle) {
  LocalExecutor executor;
  int results = 0;
  auto body = [](int* live) -> Task<Tracker> { co_return Tracker(live); };
  {
    JoinHandle<Tracker> handle = Spawn(executor, body(&results));
    executor.RunUntilIdle();
    EXPECT_EQ(results, 1);
  }
  EXPECT_EQ(results, 0);
}

TEST(SpawnTest, DroppingTheHandleCancels) {
  LocalExecutor executor;
  int live = 0;
  Gate gate;
  auto body = [](Gate* g, Tracker) -> Task<> { co_await g->Wait(); };
  {
    JoinHandle<void> handle = Spawn(executor, body(&gate, Tracker(&live)));
    executor.RunUntilIdle();
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 1);  // dropped by the executor, not by the dropping thread
  executor.RunUntilIdle();
  EXPECT_EQ(live, 0);
  EXPECT_EQ(executor.live(), 0u);
}

TEST(SpawnTest, ADetachedTaskRunsToItsEnd) {
  LocalExecutor executor;
  Gate gate;
  Spawn(executor, WaitAt(&gate)).Detach();
  executor.RunUntilIdle();
  gate.open = true;
  std::move(gate.waker).Wake();
  executor.RunUntilIdle();
  EXPECT_EQ(gate.polls, 2);
  EXPECT_EQ(executor.live(), 0u);
}

TEST(SpawnTest, ACancelledTaskAnswersCancelled) {
  LocalExecutor executor;
  Gate gate;
  JoinHandle<void> handle = Spawn(executor, WaitAt(&gate));
  executor.RunUntilIdle();
  handle.Cancel();
  handle.Cancel();
  Result<void> result = executor.BlockOn(std::move(handle));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

TEST(SpawnTest, CancellingBeforeTheFirstRunNeverEntersTheBody) {
  LocalExecutor executor;
  bool entered = false;
  auto body = [](bool* flag) -> Task<> {
    *flag = true;
    co_return;
  };
  JoinHandle<void> handle = Spawn(executor, body(&entered));
  handle.Cancel();
  EXPECT_FALSE(executor.BlockOn(std::move(handle)).ok());
  EXPECT_FALSE(entered);
}

TEST(SpawnTest, CancellingAnEndedTaskKeepsItsResult) {
  LocalExecutor executor;
  JoinHandle<int> handle = Spawn(executor, Answer());
  executor.RunUntilIdle();
  handle.Cancel();
  EXPECT_EQ(*executor.BlockOn(std::move(handle)), 42);
}

TEST(SpawnTest, AnExceptionIsRethrownAtTheJoin) {
  LocalExecutor executor;
  auto body = []() -> Task<int> {
    throw std::runtime_error("boom");
    co_return 0;
  };
  JoinHandle<int> handle = Spawn(executor, body());
  EXPECT_THROW((void)executor.BlockOn(std::move(handle)), std::runtime_error);
}

TEST(SpawnTest, ACallableLivesInTheFrame) {
  LocalExecutor executor;
  auto shared = std::make_shared<int>(5);
  JoinHandle<int> handle = Spawn(
      executor,
      [shared](std::unique_ptr<int> argument) -> Task<int> {
        co_await Yield();
        co_return *shared + *argument;
      },
      std::make_unique<int>(6));
  EXPECT_EQ(shared.use_count(), 2);
  executor.RunUntilIdle();
  EXPECT_EQ(shared.use_count(), 1);
  EXPECT_EQ(*executor.BlockOn(std::move(handle)), 11);
}

TEST(SpawnTest, YieldGoesBehindWhatIsReady) {
  LocalExecutor executor;
  std::vector<int> order;
  auto body = [](std::vector<int>* log, int id) -> Task<> {
    log->push_back(id);
    co_await Yield();
    log->push_back(id + 10);
  };
  auto first = Spawn(executor, body(&order, 1));
  auto second = Spawn(executor, body(&order, 2));
  executor.RunUntilIdle();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 11, 12}));
}

TEST(SpawnTest, AnExecutorsEndDropsItsTasks) {
  int live = 0;
  Gate gate;
  auto body = [](Gate* g, Tracker) -> Task<> { co_await g->Wait(); };
  JoinHandle<void>* late = nullptr;
  {
    LocalExecutor executor;
    late = new JoinHandle<void>(Spawn(executor, body(&gate, Tracker(&live))));
    executor.RunUntilIdle();
  }
  EXPECT_EQ(live, 0);
  ManualContext manual;
  EXPECT_EQ(late->poll(manual.context).value().error().code(), ErrorCode::kCancelled);
  delete late;
}

TEST(SpawnTest, ASpawnDuringShutdownIsRefused) {
  int live = 0;
  Gate gate;
  struct SpawnsAtDrop {
    LocalExecutor* executor;
    int* live;
    ~SpawnsAtDrop() {
      if (executor == nullptr) return;
      auto body = [](Tracker) -> Task<> { co_return; };
      JoinHandle<void> refused = Spawn(*executor, body(Tracker(live)));
      EXPECT_EQ(*live, 0);
      ManualContext manual;
      EXPECT_EQ(refused.poll(manual.context).value().error().code(), ErrorCode::kCancelled);
    }
    SpawnsAtDrop(LocalExecutor* e, int* l) : executor(e), live(l) {}
    SpawnsAtDrop(SpawnsAtDrop&& o) noexcept
        : executor(std::exchange(o.executor, nullptr)), live(o.live) {}
  };
  {
    LocalExecutor executor;
    auto body = [](Gate* g, SpawnsAtDrop) -> Task<> { co_await g->Wait(); };
    Spawn(executor, body(&gate, SpawnsAtDrop(&executor, &live))).Detach();
    executor.RunUntilIdle();
  }
  EXPECT_EQ(live, 0);
}

TEST(SpawnTest, TheBudgetEndsAPollThatNeverSuspends) {
  LocalExecutor executor;
  uint64_t polls = 0;
  auto greedy = [](uint64_t* count) -> Task<> {
    for (int i = 0; i < 10 * kPollBudget; ++i) {
      co_await PollFn([&](Context& context) -> Poll<void> {
        if (!context.SpendBudget()) return kPending;
        return kReady;
      });
    }
    *count = 1;
  };
  JoinHandle<void> handle = Spawn(executor, greedy(&polls));
  EXPECT_EQ(executor.RunUntilIdle(), 10u);
  EXPECT_EQ(polls, 1u);
}

}  // namespace
}  // namespace zokio
