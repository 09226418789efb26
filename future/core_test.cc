// The edges of the core: Try, foreign awaitables, local values, names and ids, hooks,
// consumed-state checks, and what awaiting must cope with.
#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/thread.h"
#include "future/join_all.h"
#include "future/local_executor.h"
#include "future/poll_fn.h"
#include "future/select.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/task_hooks.h"
#include "future/task_local.h"
#include "future/task_scope.h"
#include "future/testing.h"
#include "future/timeout.h"
#include "future/try.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

static_assert(sizeof(Waker) == 2 * sizeof(void*));
static_assert(sizeof(TaskHeader) <= 64);

constexpr Error kBroken{ErrorCode::kNotFound, "test"};

struct Tracker {
  explicit Tracker(int* live) : live(live) { ++*live; }
  Tracker(Tracker&& other) noexcept : live(other.live) { ++*live; }
  ~Tracker() { --*live; }
  int* live;
};

Task<Result<int>> Half(int x) {
  if (x % 2 != 0) co_return kBroken;
  co_return x / 2;
}
Task<Result<int>> HalfLater(int x) {
  co_await Yield();
  co_return co_await Try(Half(x));
}
Task<Result<int>> Deep(int x, int depth, int* live) {
  Tracker tracker(live);
  if (depth == 0) co_return co_await Try(HalfLater(x));
  co_return co_await Try(Deep(x, depth - 1, live));
}

TEST(TryTest, YieldsTheValueOrEndsTheTask) {
  int live = 0;
  EXPECT_EQ(*BlockOn(Deep(42, 0, &live)), 21);
  EXPECT_EQ(*BlockOn(Deep(42, 100, &live)), 21);
  EXPECT_EQ(BlockOn(Deep(43, 0, &live)).error(), kBroken);
  EXPECT_EQ(BlockOn(Deep(43, 100, &live)).error(), kBroken);
  EXPECT_EQ(live, 0);
}

TEST(TryTest, WhatTheTaskHoldsDiesBeforeItsParentGoesOn) {
  int live = 0;
  auto child = [](int* count) -> Task<Result<void>> {
    Tracker tracker(count);
    co_await Try(Half(1));
    ADD_FAILURE() << "went on";
    co_return Result<void>();
  };
  auto parent = [&]() -> Task<int> {
    Result<void> result = co_await child(&live);
    EXPECT_FALSE(result.ok());
    co_return live;
  };
  EXPECT_EQ(BlockOn(parent()), 0);
}

TEST(TryTest, AwaitsFuturesReadyOrNot) {
  auto later = [](bool fails, int polls) {
    return PollFn([fails, polls](Context& context) mutable -> Poll<Result<int>> {
      if (polls-- > 0) {
        context.waker().WakeByRef();
        return kPending;
      }
      if (fails) return Poll<Result<int>>(kBroken);
      return Poll<Result<int>>(7);
    });
  };
  auto body = [&](bool fails, int polls) -> Task<Result<int>> {
    auto future = later(fails, polls);
    int first = co_await Try(future);
    int second = co_await Try(later(fails, polls));
    co_return first + second;
  };
  for (int polls : {0, 1, 2}) {
    EXPECT_EQ(*BlockOn(body(false, polls)), 14);
    EXPECT_EQ(BlockOn(body(true, polls)).error(), kBroken);
  }
}

TEST(TryTest, WorksInSpawnedTasksAndCombinators) {
  LocalExecutor executor;
  int live = 0;
  auto handle = Spawn(executor, Deep(3, 5, &live));
  EXPECT_EQ((*executor.BlockOn(std::move(handle))).error(), kBroken);
  std::vector<Task<Result<int>>> tasks;
  for (int i = 0; i < 4; ++i) tasks.push_back(Deep(i, 3, &live));
  auto results = BlockOn(JoinAll(std::move(tasks)));
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(results[i].ok(), i % 2 == 0);
  EXPECT_EQ(live, 0);
}

TEST(TryTest, ExceptionsPassThrough) {
  auto thrower = []() -> Task<Result<int>> {
    co_await Yield();
    throw std::runtime_error("inside");
  };
  auto body = [&]() -> Task<Result<int>> { co_return co_await Try(thrower()); };
  EXPECT_THROW((void)BlockOn(body()), std::runtime_error);
  auto catches = [&]() -> Task<Result<int>> {
    try {
      co_await Try(thrower());
    } catch (const std::runtime_error&) {
      co_return 1;
    }
    co_return 0;
  };
  EXPECT_EQ(*BlockOn(catches()), 1);
}

TEST(TryTest, KnowsAbseilsResults) {
  auto number = [](bool fails) -> Task<absl::StatusOr<int>> {
    if (fails) co_return absl::NotFoundError("none");
    co_return 5;
  };
  auto check = [](bool fails) -> Task<absl::Status> {
    co_await Yield();
    if (fails) co_return absl::InternalError("check");
    co_return absl::OkStatus();
  };
  auto body = [&](bool a, bool b) -> Task<absl::StatusOr<std::string>> {
    int value = co_await Try(number(a));
    co_await Try(check(b));
    co_return std::string(static_cast<size_t>(value), 'x');
  };
  EXPECT_EQ(*BlockOn(body(false, false)), "xxxxx");
  EXPECT_EQ(BlockOn(body(true, false)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(BlockOn(body(false, true)).status().code(), absl::StatusCode::kInternal);
}

// A foreign operation: resumes its coroutine on another thread, or when told to.
struct Foreign {
  std::coroutine_handle<> handle;
  int value = 0;
  bool fails = false;
  struct Awaiter {
    Foreign* self;
    bool await_ready() { return self->value != 0; }
    void await_suspend(std::coroutine_handle<> h) { self->handle = h; }
    int await_resume() {
      if (self->fails) throw std::runtime_error("foreign");
      return self->value;
    }
  };
  Awaiter operator co_await() { return Awaiter{this}; }
};

TEST(ForeignAwaitTest, ReadyAtOnceAndLater) {
  LocalExecutor executor;
  Foreign foreign;
  foreign.value = 3;
  auto body = [](Foreign* f) -> Task<int> { co_return co_await *f; };
  EXPECT_EQ(executor.BlockOn(body(&foreign)), 3);
  Foreign later;
  auto handle = Spawn(executor, body(&later));
  executor.RunUntilIdle();
  EXPECT_FALSE(handle.finished());
  later.value = 4;
  Thread other = *Thread::Start("foreign", [&later] { later.handle.resume(); });
  EXPECT_EQ(*executor.BlockOn(std::move(handle)), 4);
}

TEST(ForeignAwaitTest, ItsExceptionIsThrownInTheTask) {
  Foreign foreign;
  foreign.value = 1;
  foreign.fails = true;
  auto body = [](Foreign* f) -> Task<int> { co_return co_await *f; };
  EXPECT_THROW((void)BlockOn(body(&foreign)), std::runtime_error);
}

TEST(ForeignAwaitTest, ACancelledTaskWaitsForABorrowedOperation) {
  LocalExecutor executor;
  Foreign foreign;
  auto body = [](Foreign* f) -> Task<int> { co_return co_await *f; };
  auto handle = Spawn(executor, body(&foreign));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_FALSE(handle.finished());
  foreign.value = 1;
  foreign.handle.resume();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
}

TEST(ForeignAwaitTest, AnOwnedOperationOutlivesTheCancelledTask) {
  struct Owned {
    // No aggregate: g++-12 destroys those twice in a co_await expression.
    Owned(std::coroutine_handle<>* to, std::shared_ptr<int> k) : out(to), kept(std::move(k)) {}
    std::coroutine_handle<>* out;
    std::shared_ptr<int> kept;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h) { *out = h; }
    void await_resume() {}
  };
  LocalExecutor executor;
  std::coroutine_handle<> foreign;
  auto kept = std::make_shared<int>(0);
  auto body = [](std::coroutine_handle<>* out, std::shared_ptr<int> k) -> Task<> {
    co_await Owned(out, std::move(k));
  };
  auto handle = Spawn(executor, body(&foreign, kept));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(kept.use_count(), 2);
  foreign.resume();
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(TaskEdgeTest, AwaitsAnswersThatCannotBeAssigned) {
  struct Fixed {
    const int value;
  };
  auto body = []() -> Task<int> {
    int polls = 0;
    Fixed fixed = co_await PollFn([&](Context& context) -> Poll<Fixed> {
      if (++polls == 1) {
        context.waker().WakeByRef();
        return kPending;
      }
      return Fixed{3};
    });
    co_return fixed.value;
  };
  EXPECT_EQ(BlockOn(body()), 3);
}

TEST(TaskEdgeTest, ReturnsABracedValue) {
  auto body = []() -> Task<std::pair<int, std::string>> { co_return {1, "one"}; };
  EXPECT_EQ(BlockOn(body()).second, "one");
}

TEST(TaskEdgeTest, ParametersDieBeforeTheParentGoesOn) {
  int live = 0;
  auto child = [](Tracker) -> Task<int> { co_return 1; };
  auto parent = [&]() -> Task<int> { co_return co_await child(Tracker(&live)) + live * 10; };
  // The argument itself lives to the end of the full expression, the frame's copy does not.
  EXPECT_EQ(BlockOn(parent()), 11);
}

TEST(TaskDeathTest, AwaitingAConsumedTaskIsADefect) {
  auto child = []() -> Task<int> { co_return 1; };
  auto parent = [&]() -> Task<int> {
    Task<int> task = child();
    co_await std::move(task);
    co_return co_await std::move(task);
  };
  EXPECT_DEATH((void)BlockOn(parent()), "awaited or moved from");
}

TEST(TaskDeathTest, PollingATaskAfterItsEndIsADefect) {
  auto child = []() -> Task<int> { co_return 1; };
  ManualContext manual;
  auto future = child().IntoFuture();
  EXPECT_TRUE(future.poll(manual.context).ready());
  EXPECT_DEATH((void)future.poll(manual.context), "polled after it was ready");
}

inline constexpr TaskLocal<std::string> kUser;
inline constexpr TaskLocal<int> kDepth;

Task<std::string> WhoAmI() {
  co_await Yield();
  const std::string* user = co_await kUser.Get();
  const int* depth = co_await kDepth.Get();
  co_return (user == nullptr ? "nobody" : *user) + (depth == nullptr ? "" : std::to_string(*depth));
}

TEST(TaskLocalTest, HoldsForWhatIsAwaitedInside) {
  auto body = []() -> Task<std::string> {
    std::string all = co_await WhoAmI();
    all += "," + co_await kUser.With("ann", WhoAmI());
    auto nested = []() -> Task<std::string> {
      co_return co_await WhoAmI() + "," + co_await kUser.With("bob", kDepth.With(2, WhoAmI()));
    };
    all += "," + co_await kUser.With("eve", nested());
    co_return all + "," + co_await WhoAmI();
  };
  EXPECT_EQ(BlockOn(body()), "nobody,ann,eve,bob2,nobody");
}

TEST(TaskLocalTest, IsInheritedByScopesAndChildrenAndOutlivesTheParent) {
  LocalExecutor executor;
  std::vector<std::string> seen;
  auto record = [&]() -> Task<> { seen.push_back(co_await WhoAmI()); };
  auto parent = [&]() -> Task<> {
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(record());
      co_return;
    });
    (co_await SpawnChild(record())).Detach();
  };
  executor.BlockOn(kUser.With("ann", parent()));
  executor.RunUntilIdle();
  EXPECT_EQ(seen, (std::vector<std::string>{"ann", "ann"}));
}

TEST(TaskLocalTest, ValuesDieWithTheLastTaskThatSeesThem) {
  static constexpr TaskLocal<std::shared_ptr<int>> kShared;
  auto value = std::make_shared<int>(1);
  LocalExecutor executor;
  Waker held;
  auto child = [&]() -> Task<> {
    co_await PollFn([&](Context& context) -> Poll<void> {
      if (held) return kReady;
      held = context.waker().Clone();
      return kPending;
    });
  };
  auto parent = [&]() -> Task<> { (co_await SpawnChild(child())).Detach(); };
  executor.BlockOn(kShared.With(value, parent()));
  executor.RunUntilIdle();
  EXPECT_EQ(value.use_count(), 2);
  held.WakeByRef();
  executor.RunUntilIdle();
  EXPECT_EQ(value.use_count(), 1);  // though `held` still holds the block
}

struct Recorder : TaskHooks {
  std::vector<std::string> events;
  std::vector<uint32_t> ids;
  void Add(const char* what, TaskHeader* task) {
    events.push_back(std::string(what) + TaskName(task));
  }
  void OnSpawn(TaskHeader* task) override {
    Add("spawn ", task);
    ids.push_back(TaskId(task));
    EXPECT_EQ(TaskId(task), ids.back());
  }
  void OnWake(TaskHeader* task) override { Add("wake ", task); }
  void OnPollStart(TaskHeader* task) override { Add("poll ", task); }
  void OnPollEnd(TaskHeader* task, bool ended) override { Add(ended ? "done " : "wait ", task); }
  void OnEnd(TaskHeader* task) override { Add("end ", task); }
};

TEST(TaskHooksTest, HearEveryEventOfATask) {
  static Recorder recorder;
  LocalExecutor executor;
  Waker waker;
  bool open = false;
  auto body = [&]() -> Task<> {
    co_await PollFn([&](Context& context) -> Poll<void> {
      if (open) return kReady;
      waker = context.waker().Clone();
      return kPending;
    });
  };
  SetTaskHooks(&recorder);
  auto handle = SpawnNamed(executor, "a", body());
  executor.RunUntilIdle();
  open = true;
  waker.WakeByRef();
  waker.WakeByRef();
  executor.RunUntilIdle();
  auto second = Spawn(executor, body());
  executor.RunUntilIdle();
  SetTaskHooks(nullptr);
  EXPECT_EQ(recorder.events,
            (std::vector<std::string>{"spawn a", "poll a", "wait a", "wake a", "poll a", "done a",
                                      "end a", "spawn ", "poll ", "done ", "end "}));
  EXPECT_NE(recorder.ids[0], recorder.ids[1]);
}

}  // namespace
}  // namespace zokio
