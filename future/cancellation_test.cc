// The token tree, its callbacks, and futures under a token: the guarantees of with_cancel.h.
#include "future/cancellation.h"

#include <chrono>
#include <optional>
#include <vector>

#include "base/thread.h"
#include "future/local_executor.h"
#include "future/poll_fn.h"
#include "future/shield.h"
#include "future/task_scope.h"
#include "future/testing.h"
#include "future/with_cancel.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;
using ::zokio::testing::VirtualTimer;
using namespace std::chrono_literals;

Task<int> Value(int x) {
  co_await Yield();
  co_return x;
}
Task<int> Forever() {
  co_await Never();
  co_return 0;
}

TEST(CancelTreeTest, CancelsDownwardsOnly) {
  CancelSource root;
  CancelSource left(root.token());
  CancelSource leaf(left.token());
  CancelSource right(root.token());
  left.Cancel();
  left.Cancel();
  EXPECT_TRUE(left.cancelled());
  EXPECT_TRUE(leaf.cancelled());
  EXPECT_FALSE(root.cancelled());
  EXPECT_FALSE(right.cancelled());
  EXPECT_TRUE(CancelSource(leaf.token()).cancelled());
  root.Cancel();
  EXPECT_TRUE(right.token().cancelled());
  EXPECT_FALSE(CancelToken().cancelled());
}

TEST(CancelTreeTest, DroppedNodesLeaveTheTree) {
  CancelSource root;
  std::optional<CancelSource> middle(root.token());
  CancelSource leaf(middle->token());
  for (int i = 0; i < 100; ++i) CancelSource dropped(root.token());
  middle.reset();  // kept by its child
  root.Cancel();
  EXPECT_TRUE(leaf.cancelled());
}

TEST(CancelTreeTest, ALongLineNeedsNoStack) {
  CancelSource root;
  std::vector<CancelSource> line;
  line.emplace_back(root.token());
  for (int i = 0; i < 100'000; ++i) line.emplace_back(line.back().token());
  root.Cancel();
  EXPECT_TRUE(line.back().cancelled());
}

TEST(CancelTreeTest, DeadlinesAreInherited) {
  Instant soon{1s};
  Instant late{5s};
  CancelSource root(CancelToken(), late);
  CancelSource child(root.token(), soon);
  CancelSource grandchild(child.token(), late);
  EXPECT_EQ(root.token().deadline(), late);
  EXPECT_EQ(grandchild.token().deadline(), soon);
  EXPECT_EQ(CancelToken().deadline(), kNever);
}

TEST(CancelTokenTest, WakesAllThatWait) {
  CancelSource source;
  ManualContext manual;
  auto first = source.token().Cancelled();
  auto second = source.token().Cancelled();
  EXPECT_TRUE(first.poll(manual.context).pending());
  {
    auto dropped = source.token().Cancelled();
  }
  EXPECT_TRUE(second.poll(manual.context).pending());
  source.Cancel();
  EXPECT_EQ(manual.counter.wakes(), 2);
  EXPECT_TRUE(first.poll(manual.context).ready());
  EXPECT_TRUE(second.poll(manual.context).ready());
  EXPECT_TRUE(source.token().Cancelled().poll(manual.context).ready());
  EXPECT_TRUE(CancelToken().Cancelled().poll(manual.context).pending());
}

TEST(CancelCallbackTest, RunsOnceOrNot) {
  CancelSource source;
  int runs = 0;
  CancelCallback kept(source.token(), [&] { ++runs; });
  {
    CancelCallback dropped(source.token(), [&] { runs += 100; });
  }
  CancelCallback other(source.token(), [&] { ++runs; });
  source.Cancel();
  source.Cancel();
  EXPECT_EQ(runs, 2);
  CancelCallback late(source.token(), [&] { ++runs; });
  EXPECT_EQ(runs, 3);
}

TEST(CancelCallbackTest, MayDestroyItself) {
  CancelSource source;
  std::optional<CancelCallback> callback;
  bool ran = false;
  callback.emplace(source.token(), [&callback, &ran] {
    auto* flag = &ran;
    callback.reset();
    *flag = true;
  });
  source.Cancel();
  EXPECT_TRUE(ran);
}

TEST(WithCancelTest, AnswersOrIsCancelled) {
  CancelSource source;
  EXPECT_EQ(*BlockOn(WithCancel(source.token(), Value(3))), 3);
  EXPECT_EQ(*BlockOn(WithCancel(CancelToken(), Value(3))), 3);
  LocalExecutor executor;
  auto body = [](CancelToken token) -> Task<Result<int>> {
    co_return co_await WithCancel(token, Forever());
  };
  auto handle = Spawn(executor, body(source.token()));
  executor.RunUntilIdle();
  EXPECT_FALSE(handle.finished());
  source.Cancel();
  EXPECT_EQ((*executor.BlockOn(std::move(handle))).error().code(), ErrorCode::kCancelled);
}

TEST(WithCancelTest, ACancelledTokenNeverPolls) {
  CancelSource source;
  source.Cancel();
  bool polled = false;
  Result<void> result = BlockOn(WithCancel(source.token(), PollFn([&](Context&) -> Poll<void> {
                                             polled = true;
                                             return kReady;
                                           })));
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(polled);
}

TEST(WithCancelTest, EveryAwaitIsAPointToStop) {
  // Cancelled after each possible number of steps: the body never goes past that step.
  for (int stop = 0; stop < 10; ++stop) {
    LocalExecutor executor;
    CancelSource source;
    int steps = 0;
    auto deep = [&]() -> Task<> {
      ++steps;
      if (steps == stop) source.Cancel();
      co_await Yield();
    };
    auto body = [&]() -> Task<> {
      for (int i = 0; i < 10; ++i) co_await deep();
    };
    if (stop == 0) source.Cancel();
    Result<void> result = executor.BlockOn(WithCancel(source.token(), body()));
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(steps, stop);
  }
}

TEST(WithCancelTest, IsInheritedWithoutPlumbing) {
  CancelSource source;
  LocalExecutor executor;
  int cancelled = 0;
  auto grandchild = [&]() -> Task<> {
    CancelToken token = co_await CurrentToken();
    co_await token.Cancelled();
    ++cancelled;
  };
  auto child = [&]() -> Task<> {
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(grandchild());
      scope.Spawn(grandchild());
      co_return;
    });
  };
  auto root = [&]() -> Task<Result<void>> {
    co_return co_await WithCancel(source.token(), Shield(child()));
  };
  auto handle = Spawn(executor, root());
  executor.RunUntilIdle();
  source.Cancel();
  EXPECT_FALSE((*executor.BlockOn(std::move(handle))).ok());
  EXPECT_EQ(cancelled, 2);
  EXPECT_FALSE(BlockOn(CurrentToken()).cancelled());
}

TEST(WithDeadlineTest, CancelsAtTheInstant) {
  VirtualTimer timer;
  LocalExecutor executor(&timer);
  CancelToken inner;
  auto body = [&]() -> Task<int> {
    inner = co_await CurrentToken();
    co_return co_await Forever();
  };
  auto root = [&]() -> Task<Result<int>> {
    co_return co_await WithDeadline(timer.Now() + 10ms, body());
  };
  auto handle = Spawn(executor, root());
  executor.RunUntilIdle();
  EXPECT_EQ(inner.deadline(), timer.Now() + 10ms);
  timer.Advance(9ms);
  executor.RunUntilIdle();
  EXPECT_FALSE(handle.finished());
  timer.Advance(1ms);
  EXPECT_EQ((*executor.BlockOn(std::move(handle))).error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(inner.cancelled());
}

TEST(WithDeadlineTest, TheOuterTokenCancelsToo) {
  VirtualTimer timer;
  LocalExecutor executor(&timer);
  CancelSource outer;
  auto inner = [&]() -> Task<Result<int>> {
    co_return co_await WithDeadline(timer.Now() + 10ms, Forever());
  };
  auto root = [&]() -> Task<ErrorCode> {
    auto result = co_await WithCancel(outer.token(), Shield(inner()));
    co_return result.error().code();
  };
  auto handle = Spawn(executor, root());
  executor.RunUntilIdle();
  outer.Cancel();
  EXPECT_EQ(*executor.BlockOn(std::move(handle)), ErrorCode::kCancelled);
  EXPECT_EQ(timer.pending(), 0u);
}

TEST(CancelThreadsTest, CancelWhileChildrenComeAndGo) {
  for (int round = 0; round < 300; ++round) {
    CancelSource root;
    Atomic<int> runs{0};
    auto churn = [&] {
      for (int i = 0; i < 20; ++i) {
        CancelSource child(root.token());
        CancelSource grandchild(child.token());
        int here = 0;
        {
          CancelCallback callback(grandchild.token(), [&] { here = 1; });
        }
        // Whatever happened, it is over now.
        runs.fetch_add(here, memory_order_relaxed);
        Result<void> wait = BlockOn(
            WithCancel(grandchild.token(), PollFn([n = 0](Context& context) mutable -> Poll<void> {
                         if (++n > 3) return kReady;
                         context.waker().WakeByRef();
                         return kPending;
                       })));
        EXPECT_TRUE(wait.ok() || root.cancelled());
      }
    };
    Thread a = *Thread::Start("a", churn);
    Thread b = *Thread::Start("b", churn);
    root.Cancel();
    a.Join();
    b.Join();
    EXPECT_LE(runs.load(), 40);
  }
}

}  // namespace
}  // namespace zokio
