// Streams, their adaptors, and sets of futures.
#include "future/stream.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "future/local_executor.h"
#include "future/mpsc.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/select.h"
#include "future/stream_adaptors.h"
#include "future/stream_buffered.h"
#include "future/task_scope.h"
#include "future/testing.h"
#include "future/unordered.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

Stream<int> Count(int from, int to) {
  for (int i = from; i < to; ++i) {
    if (i % 3 == 0) co_await Yield();
    co_yield i;
  }
}
Task<int> Value(int x, int yields = 1) {
  for (int i = 0; i < yields; ++i) co_await Yield();
  co_return x;
}

TEST(StreamTest, YieldsItsValuesThenEndsForGood) {
  auto body = []() -> Task<int> {
    Stream<int> stream = Count(0, 10);
    int sum = 0;
    while (auto value = co_await stream.Next()) sum += *value;
    EXPECT_FALSE(co_await stream.Next());
    co_return sum;
  };
  EXPECT_EQ(BlockOn(body()), 45);
}

TEST(StreamTest, IsLazyAndDropsItsFrame) {
  auto kept = std::make_shared<int>(0);
  auto make = [](std::shared_ptr<int> counter) -> Stream<int> {
    while (true) co_yield ++*counter;
  };
  {
    Stream<int> stream = make(kept);
    EXPECT_EQ(*kept, 0);
    ManualContext manual;
    EXPECT_EQ(*stream.Next().poll(manual.context).value(), 1);
    Stream<int> moved = std::move(stream);
    EXPECT_EQ(*moved.Next().poll(manual.context).value(), 2);
    EXPECT_FALSE(*[&]() -> std::optional<bool> {
      return stream.Next().poll(manual.context).value().has_value();
    }());
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST(StreamTest, AnExceptionEndsIt) {
  auto make = []() -> Stream<int> {
    co_yield 1;
    co_await Yield();
    throw std::runtime_error("stream");
  };
  auto body = [&]() -> Task<int> {
    Stream<int> stream = make();
    int first = **std::make_unique<std::optional<int>>(co_await stream.Next());
    EXPECT_THROW(co_await stream.Next(), std::runtime_error);
    EXPECT_FALSE(co_await stream.Next());
    co_return first;
  };
  EXPECT_EQ(BlockOn(body()), 1);
}

TEST(StreamTest, ADroppedNextLosesNothing) {
  auto body = []() -> Task<std::vector<int>> {
    Stream<int> stream = Map(Count(0, 10), [](int x) { return x; });
    std::vector<int> values;
    int lost = 0;
    while (true) {
      auto ready = co_await Select(stream.Next(), Value(0, lost++ % 2));
      if (ready.index() == 1) continue;
      if (!std::get<0>(ready)) break;
      values.push_back(*std::get<0>(ready));
    }
    co_return values;
  };
  EXPECT_EQ(BlockOn(body()), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(StreamTest, ACancelledTaskWaitsForAScopeInside) {
  int live = 0;
  struct Counted {
    explicit Counted(int* c) : count(c) { ++*count; }
    Counted(Counted&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
    ~Counted() {
      if (count != nullptr) --*count;
    }
    int* count;
  };
  auto child = [](Counted) -> Task<> { co_await Never(); };
  auto make = [&]() -> Stream<int> {
    co_yield 1;
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(child(Counted(&live)));
      co_return;
    });
  };
  LocalExecutor executor;
  auto body = [&]() -> Task<> {
    Stream<int> stream = make();
    EXPECT_TRUE(co_await stream.Next());
    auto lost = co_await Select(stream.Next(), Value(0, 3));  // the stream goes on
    EXPECT_EQ(lost.index(), 1u);
    EXPECT_EQ(live, 1);
    co_await stream.Next();
    ADD_FAILURE() << "went on";
  };
  auto handle = Spawn(executor, body());
  executor.RunUntilIdle();
  EXPECT_EQ(live, 1);
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(live, 0);
}

TEST(StreamTest, SpendsTheBudget) {
  LocalExecutor executor;
  auto make = []() -> Stream<int> {
    for (int i = 0; i < 2 * kPollBudget; ++i) co_yield i;
  };
  auto body = [&]() -> Task<> {
    Stream<int> stream = make();
    while (co_await stream.Next()) {
    }
  };
  auto handle = Spawn(executor, body());
  EXPECT_EQ(executor.RunUntilIdle(), 3u);
}

TEST(StreamAdaptorsTest, MapFilterTakeChunksCollect) {
  auto odd = Filter(Count(0, 100), [](int x) { return x % 2 == 1; });
  auto text = Map(Take(std::move(odd), 5), [](int x) { return std::to_string(x); });
  EXPECT_EQ(BlockOn(Collect(std::move(text))), (std::vector<std::string>{"1", "3", "5", "7", "9"}));
  EXPECT_EQ(BlockOn(Collect(Chunks(StreamOf<int>({1, 2, 3, 4, 5}), 2))),
            (std::vector<std::vector<int>>{{1, 2}, {3, 4}, {5}}));
  EXPECT_TRUE(BlockOn(Collect(Take(Count(0, 10), 0))).empty());
}

TEST(StreamAdaptorsTest, MergeTakesTurnsAndOutlivesTheShorter) {
  auto merged = BlockOn(Collect(Merge(StreamOf<int>({1, 2}), StreamOf<int>({10, 20, 30, 40}))));
  EXPECT_EQ(merged, (std::vector<int>{1, 10, 2, 20, 30, 40}));
}

TEST(StreamAdaptorsTest, FromAReceiver) {
  auto channel = MakeMpsc<int>(4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(channel.sender.TrySend(int{i}).ok());
  {
    [[maybe_unused]] auto dropped = std::move(channel.sender);
  }
  EXPECT_EQ(BlockOn(Collect(StreamFrom<int>(std::move(channel.receiver)))),
            (std::vector<int>{0, 1, 2}));
}

TEST(BufferedTest, KeepsTheOrderAndTheLimit) {
  int running = 0;
  int most = 0;
  auto work = [&](int x) -> Task<int> {
    most = std::max(most, ++running);
    for (int i = 0; i < (x * 7) % 5; ++i) co_await Yield();
    --running;
    co_return x;
  };
  auto make = [&]() -> Stream<Task<int>> {
    for (int i = 0; i < 50; ++i) co_yield work(i);
  };
  std::vector<int> expected(50);
  for (int i = 0; i < 50; ++i) expected[static_cast<size_t>(i)] = i;
  EXPECT_EQ(BlockOn(Collect(Buffered(make(), 4))), expected);
  EXPECT_EQ(most, 4);
  most = 0;
  auto unordered = BlockOn(Collect(BufferUnordered(make(), 3)));
  EXPECT_EQ(most, 3);
  EXPECT_NE(unordered, expected);
  std::sort(unordered.begin(), unordered.end());
  EXPECT_EQ(unordered, expected);
}

// A future whose polls a test counts.
struct Probe {
  struct State {
    int polls = 0;
    bool ready = false;
    Waker waker;
  };
  explicit Probe(State* s) : state(s) {}
  Poll<int> poll(Context& context) {
    ++state->polls;
    if (state->ready) return state->polls;
    state->waker = context.waker().Clone();
    return kPending;
  }
  State* state;
};

TEST(UnorderedTest, YieldsAnswersAsTheyCome) {
  auto body = []() -> Task<std::vector<int>> {
    Unordered<TaskFuture<int>> set;
    for (int i = 5; i > 0; --i) set.Push(Value(i, i));
    std::vector<int> order;
    while (auto value = co_await set.Next()) {
      order.push_back(*value);
      if (*value == 2) set.Push(Value(6, 0));
    }
    co_return order;
  };
  EXPECT_EQ(BlockOn(body()), (std::vector<int>{1, 2, 3, 6, 4, 5}));
}

TEST(UnorderedTest, AWakePollsThatFutureOnlyAmongAHundredThousand) {
  constexpr size_t kCount = 100'000;
  ManualContext manual;
  std::vector<Probe::State> states(kCount);
  {
    Unordered<Probe> set;
    for (auto& state : states) set.Push(Probe(&state));
    do {
      manual.environment.budget = kPollBudget;
      EXPECT_TRUE(set.Next().poll(manual.context).pending());
    } while (manual.environment.budget == 0);
    for (auto& state : states) ASSERT_EQ(state.polls, 1);
    int wakes = manual.counter.wakes();
    for (size_t i : {0u, 77'777u, 99'999u}) {
      states[i].ready = true;
      Waker waker = states[i].waker.Clone();
      waker.WakeByRef();
      waker.WakeByRef();
      EXPECT_EQ(manual.counter.wakes(), ++wakes);
      EXPECT_EQ(*set.Next().poll(manual.context).value(), 2);
      EXPECT_TRUE(set.Next().poll(manual.context).pending());
    }
    int polls = 0;
    for (auto& state : states) polls += state.polls;
    EXPECT_EQ(polls, static_cast<int>(kCount) + 3);
    EXPECT_EQ(set.size(), kCount - 3);
    states[5].waker.WakeByRef();  // queued when the set dies
  }
  states[6].waker.WakeByRef();  // late
  EXPECT_EQ(states[6].polls, 1);
}

TEST(UnorderedTest, AMemberThatWakesItselfDoesNotKeepTheTask) {
  ManualContext manual;
  int polls = 0;
  auto selfish = PollFn([&](Context& context) -> Poll<int> {
    ++polls;
    context.waker().WakeByRef();
    return kPending;
  });
  Unordered<decltype(selfish)> set;
  set.Push(std::move(selfish));
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(set.Next().poll(manual.context).pending());
    EXPECT_EQ(polls, round);
    EXPECT_EQ(manual.counter.wakes(), round);
  }
}

TEST(UnorderedTest, AMemberMayAddOthersWhileItIsPolled) {
  Unordered<TaskFuture<int>> set;
  auto adds = [](Unordered<TaskFuture<int>>* to) -> Task<int> {
    to->Push(Value(20, 0));
    co_await Yield();
    to->Push(Value(300, 1));
    co_return 1;
  };
  set.Push(adds(&set));
  auto sum_of = [](Unordered<TaskFuture<int>>* of) -> Task<int> {
    int sum = 0;
    while (auto value = co_await of->Next()) sum += *value;
    co_return sum;
  };
  EXPECT_EQ(BlockOn(sum_of(&set)), 321);
  EXPECT_TRUE(set.empty());
}

TEST(UnorderedTest, AnEmptySetIsReadyAndExceptionsPass) {
  auto thrower = []() -> Task<int> {
    throw std::runtime_error("member");
    co_return 0;
  };
  auto body = [&]() -> Task<int> {
    Unordered<TaskFuture<int>> set;
    EXPECT_FALSE(co_await set.Next());
    set.Push(thrower());
    set.Push(Value(3));
    EXPECT_THROW(co_await set.Next(), std::runtime_error);
    co_return *co_await set.Next();
  };
  EXPECT_EQ(BlockOn(body()), 3);
}

TEST(UnorderedTest, CancelWithdrawsItsMembers) {
  int ended = 0;
  auto member = [&]() -> Task<int> {
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn([](int* count) -> Task<> {
        struct AtEnd {
          int* count;
          ~AtEnd() { ++*count; }
        } at_end{count};
        co_await Never();
      }(&ended));
      co_return;
    });
    co_return 1;
  };
  auto body = [&]() -> Task<> {
    Unordered<TaskFuture<int>> set;
    for (int i = 0; i < 3; ++i) set.Push(member());
    auto first = co_await Select(set.Next(), Value(0, 5));
    EXPECT_EQ(first.index(), 1u);
    EXPECT_EQ(ended, 0);  // a lost race leaves the set alone
    co_await set.Cancel();
    EXPECT_EQ(ended, 3);
    EXPECT_TRUE(set.empty());
  };
  BlockOn(body());
  LocalExecutor executor;
  auto waits = [&]() -> Task<> {
    Unordered<TaskFuture<int>> set;
    set.Push(member());
    co_await set.Next();
  };
  auto handle = Spawn(executor, waits());
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(ended, 4);
}

}  // namespace
}  // namespace zokio
