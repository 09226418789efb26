#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include "future/join_all.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/select.h"
#include "future/task.h"
#include "future/testing.h"
#include "future/timeout.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;
using ::zokio::testing::VirtualTimer;
using namespace std::chrono_literals;

// A future whose readiness, polls and withdrawal a test controls.
struct Probe {
  struct State {
    bool ready = false;
    bool slow_cancel = false;
    int polls = 0;
    int drops = 0;
    int cancel_polls = 0;
    Waker waker;
    void Finish() {
      ready = true;
      waker.WakeByRef();
    }
  };
  explicit Probe(State* state, int value = 0) : state(state), value(value) {}
  Probe(Probe&& other) noexcept : state(std::exchange(other.state, nullptr)), value(other.value) {}
  ~Probe() {
    if (state != nullptr) ++state->drops;
  }
  Poll<int> poll(Context& context) {
    ++state->polls;
    if (state->ready) return value;
    state->waker = context.waker().Clone();
    return kPending;
  }
  Poll<void> poll_cancel(Context& context) {
    ++state->cancel_polls;
    if (!state->slow_cancel) return kReady;
    state->waker = context.waker().Clone();
    return kPending;
  }
  State* state;
  int value;
};

Task<int> Value(int x) { co_return x; }
Task<int> Throw() {
  throw std::runtime_error("child");
  co_return 0;
}

TEST(JoinAllTest, YieldsAnswersInOrder) {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(Value(i));
  std::vector<int> answers = BlockOn(JoinAll(std::move(tasks)));
  ASSERT_EQ(answers.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answers[static_cast<size_t>(i)], i);
}

TEST(JoinAllTest, OfNothingIsReady) {
  EXPECT_TRUE(BlockOn(JoinAll(std::vector<Task<int>>())).empty());
}

TEST(JoinAllTest, AWakePollsThatChildOnly) {
  ManualContext manual;
  std::vector<Probe::State> states(130);
  std::vector<Probe> probes;
  for (size_t i = 0; i < states.size(); ++i) probes.emplace_back(&states[i], static_cast<int>(i));
  auto all = JoinAll(std::move(probes));
  EXPECT_TRUE(all.poll(manual.context).pending());
  states[77].Finish();
  states[77].waker.WakeByRef();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(all.poll(manual.context).pending());
  EXPECT_EQ(states[77].polls, 2);
  EXPECT_EQ(states[77].drops, 1);  // freed as soon as it was ready
  EXPECT_EQ(states[76].polls, 1);
  for (auto& state : states) state.Finish();
  EXPECT_TRUE(all.poll(manual.context).ready());
}

TEST(JoinAllTest, WaitsForAllThenRethrowsTheFirstException) {
  ManualContext manual;
  Probe::State slow;
  auto wait = [](Probe probe) -> Task<int> { co_return co_await std::move(probe); };
  std::vector<Task<int>> tasks;
  tasks.push_back(wait(Probe(&slow)));
  tasks.push_back(Throw());
  auto all = JoinAll(std::move(tasks));
  EXPECT_TRUE(all.poll(manual.context).pending());
  slow.Finish();
  EXPECT_THROW((void)all.poll(manual.context), std::runtime_error);
}

TEST(JoinAllTest, ALateWakeOutlivesTheCombinator) {
  ManualContext manual;
  Probe::State state;
  {
    std::vector<Probe> probes;
    probes.emplace_back(&state);
    auto all = JoinAll(std::move(probes));
    EXPECT_TRUE(all.poll(manual.context).pending());
  }
  EXPECT_EQ(state.drops, 1);
  state.waker.WakeByRef();
  EXPECT_EQ(manual.counter.wakes(), 0);
  EXPECT_EQ(manual.counter.clones(), 1);
}

TEST(SelectTest, TheFirstReadyWinsAndTheOthersAreDropped) {
  ManualContext manual;
  Probe::State a;
  Probe::State b;
  auto select = Select(Probe(&a, 1), Probe(&b, 2));
  EXPECT_TRUE(select.poll(manual.context).pending());
  b.Finish();
  EXPECT_EQ(manual.counter.wakes(), 1);
  auto answer = select.poll(manual.context).value();
  EXPECT_EQ(answer.index(), 1u);
  EXPECT_EQ(std::get<1>(answer), 2);
  EXPECT_EQ(a.polls, 1);
  EXPECT_EQ(a.drops, 1);
}

TEST(SelectTest, TheEarlierWinsATie) {
  auto answer = BlockOn(Select(Value(1), Value(2)));
  EXPECT_EQ(answer.index(), 0u);
}

TEST(SelectTest, WaitsForALoserThatLeavesSlowly) {
  ManualContext manual;
  Probe::State slow;
  slow.slow_cancel = true;
  auto select = Select(Value(1), Probe(&slow));
  EXPECT_TRUE(select.poll(manual.context).pending());
  EXPECT_EQ(slow.drops, 0);
  slow.slow_cancel = false;
  EXPECT_TRUE(select.poll(manual.context).ready());
  EXPECT_EQ(slow.drops, 1);
  EXPECT_EQ(slow.polls, 0);  // the winner was known before its turn came
}

TEST(SelectTest, RethrowsTheWinnersException) {
  Probe::State loser;
  EXPECT_THROW((void)BlockOn(Select(Throw(), Probe(&loser))), std::runtime_error);
  EXPECT_EQ(loser.drops, 1);
}

TEST(SelectTest, MixesVoidMoveOnlyAndTasks) {
  auto unique = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(9); };
  auto answer = BlockOn(Select(Never(), unique()));
  ASSERT_EQ(answer.index(), 1u);
  EXPECT_EQ(*std::get<1>(answer), 9);
}

TEST(TimeoutTest, AnswersInTime) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  auto timeout = Timeout(Value(3), 10ms);
  Result<int> result = timeout.poll(manual.context).value();
  EXPECT_EQ(*result, 3);
  EXPECT_EQ(timer.pending(), 0u);
}

TEST(TimeoutTest, ExpiresAndDropsTheFuture) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  Probe::State state;
  auto timeout = Timeout(Probe(&state), 10ms);
  EXPECT_TRUE(timeout.poll(manual.context).pending());
  timer.Advance(9ms);
  EXPECT_EQ(manual.counter.wakes(), 0);
  EXPECT_TRUE(timeout.poll(manual.context).pending());
  timer.Advance(1ms);
  EXPECT_EQ(manual.counter.wakes(), 1);
  Result<int> result = timeout.poll(manual.context).value();
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(state.drops, 1);
}

TEST(TimeoutTest, ExpiryWaitsForASlowWithdrawal) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  Probe::State state;
  state.slow_cancel = true;
  auto timeout = Timeout(Probe(&state), 1ms);
  EXPECT_TRUE(timeout.poll(manual.context).pending());
  timer.Advance(1ms);
  EXPECT_TRUE(timeout.poll(manual.context).pending());
  state.slow_cancel = false;
  EXPECT_FALSE(timeout.poll(manual.context).value().ok());
}

TEST(TimeoutTest, AResultIsNotWrappedTwice) {
  auto fails = []() -> Task<Result<int>> { co_return Error(ErrorCode::kClosed, "test"); };
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  auto timeout = Timeout(fails(), 1s);
  Result<int> result = timeout.poll(manual.context).value();
  EXPECT_EQ(result.error().code(), ErrorCode::kClosed);
}

TEST(TimeoutTest, TheAnswerWinsATie) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  Probe::State state;
  auto timeout = Timeout(Probe(&state, 4), 1ms);
  EXPECT_TRUE(timeout.poll(manual.context).pending());
  timer.Advance(1ms);
  state.Finish();
  EXPECT_EQ(*timeout.poll(manual.context).value(), 4);
}

TEST(SleepTest, IsReadyAtItsInstantAndNotBefore) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  Sleep sleep(5ms);
  EXPECT_TRUE(sleep.poll(manual.context).pending());
  timer.Advance(5ms - 1ns);
  EXPECT_TRUE(sleep.poll(manual.context).pending());
  timer.Advance(1ns);
  EXPECT_TRUE(sleep.poll(manual.context).ready());
  EXPECT_EQ(manual.counter.wakes(), 1);
}

TEST(SleepTest, AnInstantThatPassedIsReadyAtOnce) {
  VirtualTimer timer;
  timer.Advance(1s);
  ManualContext manual(nullptr, &timer);
  Sleep zero(0ms);
  Sleep past(timer.Now() - 1ms);
  EXPECT_TRUE(zero.poll(manual.context).ready());
  EXPECT_TRUE(past.poll(manual.context).ready());
}

TEST(SleepTest, DroppingItTakesItOutOfTheTimer) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  {
    Sleep sleep(5ms);
    EXPECT_TRUE(sleep.poll(manual.context).pending());
    EXPECT_EQ(timer.pending(), 1u);
  }
  EXPECT_EQ(timer.pending(), 0u);
  EXPECT_EQ(manual.counter.clones(), 1);
}

TEST(SleepTest, TheLastPollersWakerCounts) {
  VirtualTimer timer;
  ManualContext first(nullptr, &timer);
  ManualContext second(nullptr, &timer);
  Sleep sleep(5ms);
  EXPECT_TRUE(sleep.poll(first.context).pending());
  EXPECT_TRUE(sleep.poll(second.context).pending());
  timer.Advance(5ms);
  EXPECT_EQ(first.counter.wakes(), 0);
  EXPECT_EQ(second.counter.wakes(), 1);
}

}  // namespace
}  // namespace zokio
