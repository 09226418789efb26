// Join, TryJoin, Race, RaceOk, Map, Then, Catch, Retry, Lazy, FromCallback, AnyFuture,
// Shield, Finally: what each promises, and exceptions at every place.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "future/any_future.h"
#include "future/from_callback.h"
#include "future/join.h"
#include "future/lazy.h"
#include "future/local_executor.h"
#include "future/map.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/race.h"
#include "future/retry.h"
#include "future/shield.h"
#include "future/task.h"
#include "future/task_scope.h"
#include "future/test_tasks.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::CountsDrops;
using ::zokio::testing::Forever;
using ::zokio::testing::ManualContext;
using ::zokio::testing::Throws;
using ::zokio::testing::VirtualTimer;
using namespace std::chrono_literals;

constexpr Error kBroken{ErrorCode::kNotFound, "test"};

Task<int> Value(int x) {
  co_await Yield();
  co_return x;
}
Task<Result<int>> Ok(int x, int yields = 0) {
  for (int i = 0; i < yields; ++i) co_await Yield();
  co_return x;
}
Task<Result<int>> Fails(int yields = 0) {
  for (int i = 0; i < yields; ++i) co_await Yield();
  co_return kBroken;
}
TEST(JoinTest, YieldsATupleOfAll) {
  int reference = 4;
  auto refer = [](int* r) -> Task<int&> { co_return *r; };
  auto nothing = []() -> Task<> { co_return; };
  auto unique = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(2); };
  auto [a, b, c, d] = BlockOn(Join(Value(1), unique(), nothing(), refer(&reference)));
  EXPECT_EQ(a, 1);
  EXPECT_EQ(*b, 2);
  EXPECT_EQ(d, &reference);
  (void)c;
}

TEST(JoinTest, WaitsForAllBeforeItRethrows) {
  bool ended = false;
  auto slow = [&]() -> Task<int> {
    for (int i = 0; i < 5; ++i) co_await Yield();
    ended = true;
    co_return 1;
  };
  EXPECT_THROW((void)BlockOn(Join(Throws<int>(), slow())), std::runtime_error);
  EXPECT_TRUE(ended);
}

TEST(TryJoinTest, YieldsAllValues) {
  auto nothing = []() -> Task<Result<void>> { co_return Result<void>(); };
  auto result = BlockOn(TryJoin(Ok(1), Ok(2, 3), nothing()));
  EXPECT_EQ(std::get<0>(*result) + std::get<1>(*result), 3);
}

TEST(TryJoinTest, TheFirstErrorDropsTheRest) {
  int drops = 0;
  auto result = BlockOn(TryJoin(Forever<Result<int>>(CountsDrops(&drops)), Fails(2), Ok(1)));
  EXPECT_EQ(result.error(), kBroken);
  EXPECT_EQ(drops, 1);
  EXPECT_THROW(
      (void)BlockOn(TryJoin(Forever<Result<int>>(CountsDrops(&drops)), Throws<Result<int>>())),
      std::runtime_error);
  EXPECT_EQ(drops, 2);
}

TEST(RaceTest, TheFirstReadyWins) {
  int drops = 0;
  EXPECT_EQ(BlockOn(Race(Forever<int>(CountsDrops(&drops)), Value(5))), 5);
  EXPECT_EQ(drops, 1);
  std::vector<Task<int>> tasks;
  tasks.push_back(Forever<int>(CountsDrops(&drops)));
  tasks.push_back(Value(6));
  tasks.push_back(Forever<int>(CountsDrops(&drops)));
  EXPECT_EQ(BlockOn(Race(std::move(tasks))), 6);
  EXPECT_EQ(drops, 3);
  auto nothing = []() -> Task<> { co_return; };
  BlockOn(Race(nothing(), nothing()));
  EXPECT_THROW((void)BlockOn(Race(Throws<int>(), Forever<int>(CountsDrops(&drops)))),
               std::runtime_error);
}

TEST(RaceOkTest, TheFirstSuccessWins) {
  int drops = 0;
  EXPECT_EQ(*BlockOn(RaceOk(Fails(), Ok(3, 4), Forever<Result<int>>(CountsDrops(&drops)))), 3);
  EXPECT_EQ(drops, 1);
  EXPECT_EQ(*BlockOn(RaceOk(Throws<Result<int>>(), Ok(3, 4))), 3);
}

TEST(RaceOkTest, TheLastFailureIsTheAnswerWhenAllFailed) {
  std::vector<Task<Result<int>>> tasks;
  tasks.push_back(Fails(3));
  tasks.push_back(Fails(1));
  EXPECT_EQ(BlockOn(RaceOk(std::move(tasks))).error(), kBroken);
  EXPECT_THROW((void)BlockOn(RaceOk(Fails(), Throws<Result<int>>())), std::runtime_error);
}

TEST(MapTest, ChangesTheAnswer) {
  EXPECT_EQ(BlockOn(Map(Value(3), [](int x) { return std::to_string(x); })), "3");
  auto nothing = []() -> Task<> { co_return; };
  EXPECT_EQ(BlockOn(Map(nothing(), [] { return 1; })), 1);
  int seen = 0;
  BlockOn(Map(Value(3), [&](int x) { seen = x; }));
  EXPECT_EQ(seen, 3);
  EXPECT_THROW((void)BlockOn(Map(Value(1), [](int) -> int { throw std::runtime_error("f"); })),
               std::runtime_error);
}

TEST(ThenTest, GoesOnWithTheNextFuture) {
  EXPECT_EQ(BlockOn(Then(Value(3), [](int x) { return Value(x + 1); })), 4);
  int drops = 0;
  {
    ManualContext manual;
    auto then = Then(Forever<int>(CountsDrops(&drops)), [](int x) { return Value(x); });
    EXPECT_TRUE(then.poll(manual.context).pending());
    EXPECT_TRUE(then.poll_cancel(manual.context).ready());
  }
  EXPECT_EQ(drops, 1);
  EXPECT_THROW((void)BlockOn(Then(Throws<int>(), [](int x) { return Value(x); })),
               std::runtime_error);
}

TEST(CatchTest, AnswersInPlaceOfAFailure) {
  EXPECT_EQ(BlockOn(Catch(Throws<int>(), [](std::exception_ptr) { return 9; })), 9);
  EXPECT_EQ(BlockOn(Catch(Value(1), [](std::exception_ptr) { return 9; })), 1);
  EXPECT_EQ(*BlockOn(Catch(Fails(), [](Error) { return 9; })), 9);
  EXPECT_EQ(*BlockOn(Catch(Ok(2), [](Error) { return 9; })), 2);
  EXPECT_EQ(BlockOn(Catch(Fails(),
                          [](Error) -> Result<int> { return Error(ErrorCode::kClosed, "other"); }))
                .error()
                .code(),
            ErrorCode::kClosed);
}

TEST(LazyTest, CallsAtTheFirstPoll) {
  int calls = 0;
  auto lazy = Lazy([&] {
    ++calls;
    return Value(2);
  });
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(BlockOn(std::move(lazy)), 2);
  EXPECT_EQ(BlockOn(Lazy([&] { return ++calls; })), 2);
}

TEST(FromCallbackTest, IsCalledNowLaterOrNever) {
  EXPECT_EQ(*BlockOn(FromCallback<int>([](Completer<int> done) { std::move(done)(4); })), 4);
  Thread other;
  Result<int> later = BlockOn(FromCallback<int>([&other](Completer<int> done) {
    void* raw = std::move(done).Release();
    other = *Thread::Start("callback", [raw] { Completer<int>::Adopt(raw)(5); });
  }));
  EXPECT_EQ(*later, 5);
  EXPECT_EQ(BlockOn(FromCallback<int>([](Completer<int>) {})).error().code(), ErrorCode::kClosed);
}

TEST(FromCallbackTest, AnAnswerNobodyWaitsForIsDropped) {
  auto value = std::make_shared<int>(1);
  std::optional<Completer<std::shared_ptr<int>>> completer;
  {
    ManualContext manual;
    auto future = FromCallback<std::shared_ptr<int>>(
        [&](Completer<std::shared_ptr<int>> done) { completer.emplace(std::move(done)); });
    EXPECT_TRUE(future.poll(manual.context).pending());
  }
  EXPECT_FALSE((*std::move(completer))(value));
  EXPECT_EQ(value.use_count(), 1);
}

TEST(AnyFutureTest, HoldsAnyFutureOfItsType) {
  std::vector<AnyFuture<int>> mixed;
  mixed.emplace_back(Value(1));
  mixed.emplace_back(Ready(2));
  mixed.emplace_back(Map(Value(2), [](int x) { return x + 1; }));
  int sum = 0;
  for (auto& future : mixed) sum += BlockOn(std::move(future));
  EXPECT_EQ(sum, 6);
}

TEST(AnyFutureTest, MovesWhileItIsPending) {
  ManualContext manual;
  AnyFuture<int> first = Value(7);
  EXPECT_TRUE(first.poll(manual.context).pending());
  AnyFuture<int> second = std::move(first);
  EXPECT_EQ(second.poll(manual.context).value(), 7);
  int drops = 0;
  second = AnyFuture<int>(Forever<int>(CountsDrops(&drops)));
  EXPECT_TRUE(second.poll_cancel(manual.context).ready());
  second = AnyFuture<int>(Ready(1));
  EXPECT_EQ(drops, 1);
}

TEST(RetryTest, TriesUntilItSucceedsWaitingLongerEachTime) {
  VirtualTimer timer;
  LocalExecutor executor(&timer);
  int tries = 0;
  RetryPolicy policy;
  policy.attempts_max = 5;
  policy.first_delay = 10ms;
  policy.jitter = 0;
  auto handle = Spawn(executor, Retry(policy, [&] { return ++tries < 4 ? Fails() : Ok(8); }));
  executor.RunUntilIdle();
  for (auto [delay, after] : {std::pair{10ms, 2}, std::pair{20ms, 3}, std::pair{40ms, 4}}) {
    timer.Advance(delay - 1ms);
    executor.RunUntilIdle();
    EXPECT_EQ(tries, after - 1);
    timer.Advance(1ms);
    executor.RunUntilIdle();
    EXPECT_EQ(tries, after);
  }
  EXPECT_EQ(**executor.BlockOn(std::move(handle)), 8);
}

TEST(RetryTest, GivesUpAndCanBeChoosy) {
  VirtualTimer timer;
  LocalExecutor executor(&timer);
  int tries = 0;
  RetryPolicy policy;
  policy.attempts_max = 1;
  auto once = Spawn(executor, Retry(policy, [&] {
                      ++tries;
                      return Fails();
                    }));
  EXPECT_EQ((*executor.BlockOn(std::move(once))).error(), kBroken);
  EXPECT_EQ(tries, 1);
  policy.attempts_max = 10;
  policy.retry_if = [](const Error& error) { return error.code() != ErrorCode::kNotFound; };
  auto choosy = Spawn(executor, Retry(policy, [&] {
                        ++tries;
                        return Fails();
                      }));
  EXPECT_EQ((*executor.BlockOn(std::move(choosy))).error(), kBroken);
  EXPECT_EQ(tries, 2);
}

TEST(RetryTest, JitterShortensAndNeverLengthens) {
  RetryPolicy policy;
  policy.first_delay = 100ms;
  policy.delay_max = 300ms;
  Random random(1);
  bool varies = false;
  for (int i = 0; i < 1000; ++i) {
    Duration delay = internal::RetryDelay(policy, 5, random);
    EXPECT_LE(delay, 300ms);
    EXPECT_GE(delay, 150ms);
    varies |= delay < 200ms;
  }
  EXPECT_TRUE(varies);
}

TEST(ShieldTest, ACancelledTaskWaitsForIt) {
  LocalExecutor executor;
  auto channel = MakeOneshot<int>();
  bool committed = false;
  auto commit = [&](OneshotReceiver<int> receiver) -> Task<> {
    (void)co_await receiver;
    co_await Yield();
    committed = true;
  };
  auto body = [&](OneshotReceiver<int> receiver) -> Task<> {
    co_await Shield(commit(std::move(receiver)));
    ADD_FAILURE() << "went on";
  };
  auto handle = Spawn(executor, body(std::move(channel.receiver)));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_FALSE(handle.finished());
  std::move(channel.sender).Send(1);
  executor.RunUntilIdle();
  EXPECT_TRUE(committed);
  EXPECT_TRUE(handle.finished());
}

TEST(ShieldTest, WithoutACancelItIsTransparent) {
  EXPECT_EQ(BlockOn(Shield(Value(2))), 2);
  EXPECT_THROW((void)BlockOn(Shield(Throws<int>())), std::runtime_error);
}

TEST(FinallyTest, CleansUpAfterSuccessFailureAndCancel) {
  int cleaned = 0;
  auto clean = [&]() -> Task<> {
    co_await Yield();
    ++cleaned;
  };
  EXPECT_EQ(BlockOn(Finally(Value(1), clean)), 1);
  EXPECT_EQ(cleaned, 1);
  EXPECT_THROW((void)BlockOn(Finally(Throws<int>(), clean)), std::runtime_error);
  EXPECT_EQ(cleaned, 2);
  LocalExecutor executor;
  int drops = 0;
  auto body = [&]() -> Task<> {
    co_await Finally(Forever<int>(CountsDrops(&drops)), [&]() -> Task<> {
      EXPECT_EQ(drops, 1);  // the body is gone when the clean-up runs
      co_await Yield();
      ++cleaned;
    });
  };
  auto handle = Spawn(executor, body());
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(cleaned, 3);
}

TEST(FinallyTest, AnExceptionOfTheCleanUpIsThrownIfTheBodyHadNone) {
  auto clean = []() -> Task<> {
    throw std::logic_error("clean");
    co_return;
  };
  EXPECT_THROW((void)BlockOn(Finally(Value(1), clean)), std::logic_error);
  EXPECT_THROW((void)BlockOn(Finally(Throws<int>(), clean)), std::runtime_error);
}

}  // namespace
}  // namespace zokio
