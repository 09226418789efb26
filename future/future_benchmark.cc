// What awaiting, creating, resuming, joining and sending cost on one thread. Every loop adds up
// what it got, and fails when the sum is off.
#include <benchmark/benchmark.h>

#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/task.h"
#include "future/testing.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

constexpr int kBatch = 1'000;
constexpr int kResumes = 20'000;  // so many that a hundred frames made for them do not count

Task<int> Value(int x) { co_return x; }

void Check(benchmark::State& state, int64_t got, int64_t expected) {
  if (got != expected) state.SkipWithError("the sum is off");
}

// A parent that awaits tasks which never suspend.
void AwaitReadyTask(benchmark::State& state) {
  ManualContext manual;
  int64_t sum = 0;
  for (auto _ : state) {
    auto parent = []() -> Task<int64_t> {
      int64_t total = 0;
      for (int i = 0; i < kBatch; ++i) total += co_await Value(1);
      co_return total;
    };
    auto future = parent().IntoFuture();
    sum += future.poll(manual.context).value();
  }
  Check(state, sum, state.iterations() * kBatch);
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(AwaitReadyTask);

// Create, run to the end, destroy, from outside any coroutine.
void TaskLife(benchmark::State& state) {
  ManualContext manual;
  int64_t sum = 0;
  for (auto _ : state) {
    auto future = Value(1).IntoFuture();
    sum += future.poll(manual.context).value();
  }
  Check(state, sum, state.iterations());
}
BENCHMARK(TaskLife);

Task<int64_t> Nest(int depth, int times) {
  if (depth > 1) co_return co_await Nest(depth - 1, times);
  int64_t polls = 0;
  for (int i = 0; i < times; ++i) {
    bool first = true;
    co_await PollFn([&](Context&) noexcept -> Poll<void> {
      ++polls;
      if (!first) return kReady;
      first = false;
      return kPending;
    });
  }
  co_return polls;
}

// One poll of a suspended task whose leaf stands at the given depth.
void ResumeLeaf(benchmark::State& state) {
  ManualContext manual;
  auto depth = static_cast<int>(state.range(0));
  int64_t polls = 0;
  for (auto _ : state) {
    auto future = Nest(depth, kResumes).IntoFuture();
    Poll<int64_t> poll = kPending;
    while ((poll = future.poll(manual.context)).pending()) {
    }
    polls += poll.value();
  }
  Check(state, polls, state.iterations() * 2 * kResumes);
  state.SetItemsProcessed(state.iterations() * kResumes);
}
BENCHMARK(ResumeLeaf)->Arg(1)->Arg(100);

void OneshotSendReceive(benchmark::State& state) {
  ManualContext manual;
  int64_t sum = 0;
  for (auto _ : state) {
    auto channel = MakeOneshot<int>();
    std::move(channel.sender).Send(1);
    sum += channel.receiver.poll(manual.context).value().value();
  }
  Check(state, sum, state.iterations());
}
BENCHMARK(OneshotSendReceive);

void SpawnRunJoin(benchmark::State& state) {
  LocalExecutor executor;
  ManualContext manual(&executor);
  int64_t sum = 0;
  for (auto _ : state) {
    JoinHandle<int> handle = Spawn(executor, Value(1));
    executor.RunUntilIdle();
    manual.environment.budget = kPollBudget;
    sum += handle.poll(manual.context).value().value();
  }
  Check(state, sum, state.iterations());
}
BENCHMARK(SpawnRunJoin);

}  // namespace
}  // namespace zokio
