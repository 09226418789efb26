// Shared: one answer for many awaiters, whoever drives; and the end of what nobody awaits any more.
#include "future/shared.h"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/select.h"
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

// A waker that runs a function.
struct HookWaker {
  static Waker Clone(void* data) { return Waker(&kVtable, data); }
  static void Wake(void* data) {
    if (auto hook = std::exchange(static_cast<HookWaker*>(data)->hook, nullptr)) hook();
  }
  static void Drop(void*) {}
  static constexpr WakerVtable kVtable{&Clone, &Wake, &Wake, &Drop};
  std::function<void()> hook;
};

TEST(SharedTest, AnAwaiterMayLookAndLeaveWhileTheAnswerIsHandedOut) {
  ManualContext manual;
  bool ready = false;
  Waker inner;
  auto first = Shared(PollFn([&](Context& context) -> Poll<int> {
    if (ready) return 7;
    inner = context.waker().Clone();
    return kPending;
  }));
  using Awaiter = decltype(first);
  std::vector<std::unique_ptr<Awaiter>> awaiters;
  for (int i = 0; i < 20; ++i) awaiters.push_back(std::make_unique<Awaiter>(first));
  HookWaker hook;
  hook.hook = [&] {
    // Still in the list: it is handed out by portions of sixteen.
    EXPECT_EQ(awaiters.back()->poll(manual.context).value(), 7);
    awaiters.pop_back();
  };
  Waker hooked(&HookWaker::kVtable, &hook);
  Context hooked_context(hooked, manual.environment);
  for (size_t i = 0; i < awaiters.size(); ++i) {
    EXPECT_TRUE(awaiters[i]->poll(i == 1 ? hooked_context : manual.context).pending());
  }
  ready = true;
  std::move(inner).Wake();
  EXPECT_EQ(awaiters[0]->poll(manual.context).value(), 7);
  EXPECT_EQ(awaiters.size(), 19u);
}

TEST(SharedTest, AllAwaitersGetTheOneAnswer) {
  LocalExecutor executor;
  int runs = 0;
  auto load = [&]() -> Task<std::string> {
    ++runs;
    co_await Yield();
    co_return "config";
  };
  auto shared = Shared(load());
  auto body = [](decltype(shared) future) -> Task<const std::string*> {
    co_return &co_await future;
  };
  std::vector<JoinHandle<const std::string*>> handles;
  for (int i = 0; i < 5; ++i) handles.push_back(Spawn(executor, body(shared)));
  const std::string* first = nullptr;
  for (auto& handle : handles) {
    const std::string* answer = *executor.BlockOn(std::move(handle));
    if (first == nullptr) first = answer;
    EXPECT_EQ(answer, first);
  }
  EXPECT_EQ(*first, "config");
  EXPECT_EQ(runs, 1);
  ManualContext manual;
  EXPECT_TRUE(shared.poll(manual.context).ready());
  EXPECT_TRUE(shared.poll(manual.context).ready());
}

TEST(SharedTest, ADroppedDriverPassesItsTurnOn) {
  auto channel = MakeOneshot<int>();
  auto shared = Shared(std::move(channel.receiver));
  ManualContext a;
  ManualContext b;
  auto second = shared;
  {
    auto first = shared;
    EXPECT_TRUE(first.poll(a.context).pending());
    EXPECT_TRUE(second.poll(b.context).pending());
    std::move(channel.sender).Send(3);
    EXPECT_EQ(a.counter.wakes() + b.counter.wakes(), 1);
  }
  EXPECT_EQ(b.counter.wakes(), 1);
  EXPECT_EQ(*second.poll(b.context).value(), 3);
}

TEST(SharedTest, EveryAwaiterGetsTheException) {
  auto shared = Shared(Throws<int>());
  for (int i = 0; i < 2; ++i) {
    auto body = [](decltype(shared) future) -> Task<int> { co_return co_await future; };
    EXPECT_THROW((void)BlockOn(body(shared)), std::runtime_error);
  }
}

TEST(SharedTest, TheFutureDiesWithTheLastHandle) {
  int drops = 0;
  ManualContext manual;
  {
    auto shared = Shared(Forever<int>(CountsDrops(&drops)));
    auto other = shared;
    EXPECT_TRUE(shared.poll(manual.context).pending());
    {
      auto moved = std::move(other);
    }
    EXPECT_EQ(drops, 0);
  }
  EXPECT_EQ(drops, 1);
  EXPECT_EQ(manual.counter.clones(), 1);
}

// A future whose withdrawal takes time: a scope with a child that counts its drop and answers once
// `gate` is sent.
auto ScopeOf(int* drops, OneshotReceiver<int> gate) {
  return WithScope(
      [](TaskScope& scope, CountsDrops held, OneshotReceiver<int> receiver) -> Task<int> {
        scope.Spawn(Forever<void>(std::move(held)));
        Result<int> value = co_await receiver;
        scope.Cancel();
        co_return value.ok() ? *value : -1;
      },
      CountsDrops(drops), std::move(gate));
}
using SharedScope = decltype(Shared(ScopeOf(nullptr, MakeOneshot<int>().receiver)));

// Holds two handles, awaits one.
Task<> AwaitOneOfTwo(SharedScope first) {
  SharedScope second = first;
  co_await second;
}

TEST(SharedWithdrawalTest, TwoHandlesInADyingFrame) {
  LocalExecutor executor;
  int drops = 0;
  auto channel = MakeOneshot<int>();
  auto handle =
      Spawn(executor, AwaitOneOfTwo(Shared(ScopeOf(&drops, std::move(channel.receiver)))));
  executor.RunUntilIdle();
  EXPECT_EQ(executor.live(), 2u);  // the task and the scope's child
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(drops, 1);
  EXPECT_TRUE(channel.sender.receiver_gone());
  EXPECT_EQ(executor.live(), 0u);
}

TEST(SharedWithdrawalTest, TwoHandlesInASelectThatDies) {
  LocalExecutor executor;
  int drops = 0;
  auto channel = MakeOneshot<int>();
  auto body = [](SharedScope first) -> Task<> {
    SharedScope second = first;
    co_await Select(std::move(first), std::move(second));
  };
  auto handle = Spawn(executor, body(Shared(ScopeOf(&drops, std::move(channel.receiver)))));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(drops, 1);
  EXPECT_EQ(executor.live(), 0u);
}

// The one that was awaited lost; the other is dropped where the body ends, and nobody awaits it.
TEST(SharedWithdrawalTest, AHandleThatIsNotAwaitedMayBeTheLast) {
  LocalExecutor executor;
  int drops = 0;
  auto channel = MakeOneshot<int>();
  auto stop = MakeOneshot<int>();
  auto body = [](SharedScope first, OneshotReceiver<int> stopped) -> Task<> {
    SharedScope second = first;
    auto winner = co_await Select(std::move(second), std::move(stopped));
    EXPECT_EQ(winner.index(), 1u);
  };
  auto handle = Spawn(executor, body(Shared(ScopeOf(&drops, std::move(channel.receiver))),
                                     std::move(stop.receiver)));
  executor.RunUntilIdle();
  EXPECT_TRUE(std::move(stop.sender).Send(1));
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(drops, 1);
  EXPECT_TRUE(channel.sender.receiver_gone());
  EXPECT_EQ(executor.live(), 0u);
}

TEST(SharedWithdrawalTest, AHandleThatLivesOnKeepsTheFuture) {
  LocalExecutor executor;
  int drops = 0;
  auto channel = MakeOneshot<int>();
  auto kept = Shared(ScopeOf(&drops, std::move(channel.receiver)));
  auto handle = Spawn(executor, AwaitOneOfTwo(kept));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(drops, 0);
  std::move(channel.sender).Send(5);
  auto body = [](SharedScope future) -> Task<int> { co_return co_await future; };
  EXPECT_EQ(*executor.BlockOn(Spawn(executor, body(kept))), 5);
  executor.RunUntilIdle();
  EXPECT_EQ(drops, 1);
  EXPECT_EQ(executor.live(), 0u);  // who was to withdraw it has ended
}

TEST(SharedWithdrawalTest, TheLastHandleMayGoOnLater) {
  LocalExecutor executor;
  int drops = 0;
  auto channel = MakeOneshot<int>();
  std::optional<SharedScope> kept(Shared(ScopeOf(&drops, std::move(channel.receiver))));
  for (int i = 0; i < 2; ++i) {
    auto handle = Spawn(executor, AwaitOneOfTwo(*kept));
    executor.RunUntilIdle();
    handle.Cancel();
    executor.RunUntilIdle();
  }
  EXPECT_EQ(drops, 0);
  kept.reset();
  executor.RunUntilIdle();
  EXPECT_EQ(drops, 1);
  EXPECT_EQ(executor.live(), 0u);
}

TEST(SharedWithdrawalTest, AnExecutorsEndWithdrawsItToo) {
  int drops = 0;
  auto channel = MakeOneshot<int>();
  {
    LocalExecutor executor;
    Spawn(executor, AwaitOneOfTwo(Shared(ScopeOf(&drops, std::move(channel.receiver))))).Detach();
    executor.RunUntilIdle();
  }
  EXPECT_EQ(drops, 1);
}

TEST(SharedWithdrawalTest, AHandleOutlivesTheExecutor) {
  int drops = 0;
  auto channel = MakeOneshot<int>();
  std::optional<SharedScope> kept(Shared(ScopeOf(&drops, std::move(channel.receiver))));
  {
    LocalExecutor executor;
    auto handle = Spawn(executor, AwaitOneOfTwo(*kept));
    executor.RunUntilIdle();
    handle.Cancel();
    executor.RunUntilIdle();
  }
  EXPECT_EQ(drops, 1);  // the child was the executor's
  kept.reset();
  EXPECT_TRUE(channel.sender.receiver_gone());
}

TEST(SharedDeathTest, AwaitingAWithdrawnOneIsADefect) {
  LocalExecutor executor;
  int drops = 0;
  auto channel = MakeOneshot<int>();
  auto shared = Shared(ScopeOf(&drops, std::move(channel.receiver)));
  auto body = [](SharedScope* borrowed) -> Task<> { co_await *borrowed; };
  auto handle = Spawn(executor, body(&shared));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_EQ(drops, 1);
  ManualContext manual;
  EXPECT_DEATH((void)shared.poll(manual.context), "had been withdrawn");
}

}  // namespace
}  // namespace zokio
