#include "future/task.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "future/poll_fn.h"
#include "future/testing.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

// Pending until `Open`; counts its polls.
struct Gate {
  bool open = false;
  int polls = 0;
  Waker waker;

  void Open() {
    open = true;
    std::move(waker).Wake();
  }
  auto Wait() {
    return PollFn([this](Context& context) -> Poll<int> {
      ++polls;
      if (open) return 7;
      waker = context.waker().Clone();
      return kPending;
    });
  }
};

struct Tracker {
  explicit Tracker(int* live) : live(live) { ++*live; }
  Tracker(Tracker&& other) noexcept : live(other.live) { ++*live; }
  Tracker(const Tracker& other) : live(other.live) { ++*live; }
  ~Tracker() { --*live; }
  int* live;
};

Task<int> Twice(int x) { co_return 2 * x; }
Task<int> AddOne(Gate* gate) { co_return 1 + co_await gate->Wait(); }

TEST(TaskTest, NothingRunsBeforeTheFirstPoll) {
  bool ran = false;
  auto body = [](bool* flag) -> Task<> {
    *flag = true;
    co_return;
  };
  {
    Task<> task = body(&ran);
  }
  EXPECT_FALSE(ran);
}

TEST(TaskTest, AwaitsATaskInPlace) {
  auto outer = []() -> Task<int> { co_return co_await Twice(4) + co_await Twice(5); };
  ManualContext manual;
  auto future = outer().IntoFuture();
  Poll<int> poll = future.poll(manual.context);
  ASSERT_TRUE(poll.ready());
  EXPECT_EQ(poll.value(), 18);
}

TEST(TaskTest, SuspendsUntilTheLeafIsReady) {
  Gate gate;
  ManualContext manual;
  auto future = AddOne(&gate).IntoFuture();
  EXPECT_TRUE(future.poll(manual.context).pending());
  EXPECT_EQ(manual.counter.wakes(), 0);
  gate.Open();
  EXPECT_EQ(manual.counter.wakes(), 1);
  Poll<int> poll = future.poll(manual.context);
  ASSERT_TRUE(poll.ready());
  EXPECT_EQ(poll.value(), 8);
}

Task<int> Nest(Gate* gate, int depth, int* entered) {
  ++*entered;
  if (depth == 0) co_return co_await gate->Wait();
  co_return co_await Nest(gate, depth - 1, entered);
}

TEST(TaskTest, AWakePollsTheLeafOnlyHoweverDeep) {
  Gate gate;
  ManualContext manual;
  int entered = 0;
  auto future = Nest(&gate, 100, &entered).IntoFuture();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(future.poll(manual.context).pending());
  EXPECT_EQ(gate.polls, 10);
  EXPECT_EQ(entered, 101);  // no coroutine was entered again
  gate.Open();
  EXPECT_TRUE(future.poll(manual.context).ready());
}

TEST(TaskTest, DeepChainsReturnWithoutGrowingTheStack) {
  auto loop = [](int times) -> Task<int64_t> {
    int64_t sum = 0;
    for (int i = 0; i < times; ++i) sum += co_await Twice(i);
    co_return sum;
  };
  ManualContext manual;
  auto future = loop(300'000).IntoFuture();
  Poll<int64_t> poll = future.poll(manual.context);
  ASSERT_TRUE(poll.ready());
  EXPECT_EQ(poll.value(), int64_t{300'000} * 299'999);
}

TEST(TaskTest, CarriesMoveOnlyAndReferenceResults) {
  static int variable = 5;
  auto unique = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  auto reference = []() -> Task<int&> { co_return variable; };
  auto outer = [&]() -> Task<int> {
    int& alias = co_await reference();
    alias = 6;
    co_return *co_await unique() + variable;
  };
  ManualContext manual;
  auto future = outer().IntoFuture();
  EXPECT_EQ(future.poll(manual.context).value(), 9);
}

TEST(TaskTest, AnExceptionIsRethrownAtTheAwait) {
  auto thrower = []() -> Task<int> {
    throw std::runtime_error("inner");
    co_return 0;
  };
  auto catcher = [&]() -> Task<std::string> {
    try {
      co_await thrower();
    } catch (const std::runtime_error& error) {
      co_return error.what();
    }
    co_return "none";
  };
  ManualContext manual;
  auto future = catcher().IntoFuture();
  EXPECT_EQ(future.poll(manual.context).value(), "inner");
}

TEST(TaskTest, AFuturesExceptionReachesTheCoroutineAtAnyPoll) {
  for (int throw_at : {0, 1}) {
    int polls = 0;
    auto body = [&]() -> Task<bool> {
      try {
        co_await PollFn([&](Context&) -> Poll<int> {
          if (polls++ == throw_at) throw std::logic_error("poll");
          return kPending;
        });
      } catch (const std::logic_error&) {
        co_return true;
      }
      co_return false;
    };
    ManualContext manual;
    auto future = body().IntoFuture();
    for (int i = 0; i < throw_at; ++i) EXPECT_TRUE(future.poll(manual.context).pending());
    EXPECT_TRUE(future.poll(manual.context).value());
  }
}

TEST(TaskTest, DroppingASuspendedTaskDestroysTheWholeChain) {
  int live = 0;
  Gate gate;
  auto leaf = [](Gate* g, Tracker parameter) -> Task<int> {
    Tracker local = parameter;
    co_return co_await g->Wait();
  };
  auto root = [&](Tracker parameter) -> Task<int> {
    Tracker local = parameter;
    co_return co_await leaf(&gate, local);
  };
  {
    ManualContext manual;
    {
      auto future = root(Tracker(&live)).IntoFuture();
      EXPECT_TRUE(future.poll(manual.context).pending());
      EXPECT_EQ(live, 5);  // a parameter and a local each, and the argument of the inner call
    }
    EXPECT_EQ(live, 0);
    gate.waker = Waker();
    EXPECT_EQ(manual.counter.clones(), 1);  // the context's own
  }
}

TEST(TaskTest, DroppingAnUnstartedTaskDestroysItsParameters) {
  int live = 0;
  auto body = [](Tracker) -> Task<> { co_return; };
  {
    Task<> task = body(Tracker(&live));
    EXPECT_EQ(live, 1);
    Task<> moved = std::move(task);
    EXPECT_FALSE(static_cast<bool>(task));
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

struct ThrowsWhenCopied {
  ThrowsWhenCopied() = default;
  ThrowsWhenCopied(const ThrowsWhenCopied&) { throw std::runtime_error("copy"); }
};

TEST(TaskTest, AParameterThatThrowsLeaksNoFrame) {
  auto body = [](ThrowsWhenCopied) -> Task<> { co_return; };
  ThrowsWhenCopied value;
  EXPECT_THROW((void)body(value), std::runtime_error);  // LeakSanitizer checks the block
}

TEST(TaskTest, AwaitingMovedNamedTaskFreesItsFrameAtTheAwait) {
  int live = 0;
  auto child = [](Tracker) -> Task<> { co_return; };
  auto parent = [&]() -> Task<int> {
    Task<> named = child(Tracker(&live));
    co_await std::move(named);
    co_return live;
  };
  ManualContext manual;
  auto future = parent().IntoFuture();
  EXPECT_EQ(future.poll(manual.context).value(), 0);
}

#ifndef NDEBUG
TEST(TaskDeathTest, PollAfterReadyIsCaught) {
  ManualContext manual;
  auto future = Twice(1).IntoFuture();
  EXPECT_TRUE(future.poll(manual.context).ready());
  EXPECT_DEATH((void)future.poll(manual.context), "polled after it was ready");
}
#endif

}  // namespace
}  // namespace zokio
