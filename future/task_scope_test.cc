#include "future/task_scope.h"

#include <stdexcept>
#include <vector>

#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

struct CountsDrops {
  explicit CountsDrops(int* drops) : drops(drops) {}
  CountsDrops(CountsDrops&& other) noexcept : drops(std::exchange(other.drops, nullptr)) {}
  ~CountsDrops() {
    if (drops != nullptr) ++*drops;
  }
  int* drops;
};

Task<> Forever(CountsDrops) { co_await Never(); }
Task<> AddAfterYield(int* sum, int value) {
  co_await Yield();
  *sum += value;
}

TEST(TaskScopeTest, JoinsItsChildrenBeforeItEnds) {
  int sum = 0;
  int body_value = BlockOn(WithScope([&](TaskScope& scope) -> Task<int> {
    for (int i = 1; i <= 100; ++i) scope.Spawn(AddAfterYield(&sum, i));
    co_return 7;
  }));
  EXPECT_EQ(body_value, 7);
  EXPECT_EQ(sum, 5050);
}

TEST(TaskScopeTest, CancelEndsChildrenPresentAndFuture) {
  int drops = 0;
  BlockOn(WithScope([&](TaskScope& scope) -> Task<> {
    for (int i = 0; i < 10; ++i) scope.Spawn(Forever(CountsDrops(&drops)));
    co_await Yield();
    scope.Cancel();
    scope.Spawn(Forever(CountsDrops(&drops)));
    EXPECT_EQ(drops, 1);  // the late one, which was never started
  }));
  EXPECT_EQ(drops, 11);
}

TEST(TaskScopeTest, AChildsExceptionCancelsTheOthersAndIsRethrown) {
  int drops = 0;
  auto thrower = []() -> Task<> {
    co_await Yield();
    throw std::runtime_error("child");
  };
  auto run = [&] {
    BlockOn(WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(Forever(CountsDrops(&drops)));
      scope.Spawn(thrower());
      co_await Never();
    }));
  };
  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_EQ(drops, 1);
}

TEST(TaskScopeTest, TheBodysExceptionCancelsTheChildren) {
  int drops = 0;
  auto run = [&] {
    BlockOn(WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(Forever(CountsDrops(&drops)));
      co_await Yield();
      throw std::logic_error("body");
    }));
  };
  EXPECT_THROW(run(), std::logic_error);
  EXPECT_EQ(drops, 1);
}

TEST(TaskScopeTest, CancellingTheTaskJoinsTheChildrenBeforeItsFrameIsDropped) {
  LocalExecutor executor;
  std::vector<int> order;
  struct Logs {
    std::vector<int>* log;
    int id;
    Logs(std::vector<int>* l, int i) : log(l), id(i) {}
    Logs(Logs&& o) noexcept : log(std::exchange(o.log, nullptr)), id(o.id) {}
    ~Logs() {
      if (log != nullptr) log->push_back(id);
    }
  };
  auto child = [](Logs) -> Task<> { co_await Never(); };
  auto parent = [&](Logs) -> Task<> {
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(child(Logs(&order, 1)));
      scope.Spawn(child(Logs(&order, 1)));
      co_await Never();
    });
  };
  JoinHandle<void> handle = Spawn(executor, parent(Logs(&order, 2)));
  executor.RunUntilIdle();
  handle.Cancel();
  executor.RunUntilIdle();
  EXPECT_TRUE(handle.finished());
  EXPECT_EQ(order, (std::vector<int>{1, 1, 2}));
}

TEST(TaskScopeTest, ScopesNest) {
  int sum = 0;
  BlockOn(WithScope([&](TaskScope& outer) -> Task<> {
    outer.Spawn([&]() -> Task<> {
      co_await WithScope([&](TaskScope& inner) -> Task<> {
        inner.Spawn(AddAfterYield(&sum, 1));
        inner.Spawn(AddAfterYield(&sum, 2));
        co_return;
      });
      EXPECT_EQ(sum, 3);
      sum += 10;
    });
    co_return;
  }));
  EXPECT_EQ(sum, 13);
}

TEST(TaskScopeTest, ChildrenMaySpawnSiblings) {
  int count = 0;
  struct Tree {
    static Task<> Grow(TaskScope* scope, int depth, int* count) {
      ++*count;
      if (depth == 0) co_return;
      scope->Spawn(Grow(scope, depth - 1, count));
      scope->Spawn(Grow(scope, depth - 1, count));
      co_await Yield();
    }
  };
  BlockOn(WithScope([&](TaskScope& scope) -> Task<> {
    scope.Spawn(Tree::Grow(&scope, 7, &count));
    co_return;
  }));
  EXPECT_EQ(count, 255);
}

TEST(TaskScopeTest, AScopeFutureNeverPolledIsFreelyDropped) {
  bool ran = false;
  {
    auto scope = WithScope([&](TaskScope&) -> Task<> {
      ran = true;
      co_return;
    });
  }
  EXPECT_FALSE(ran);
}

TEST(TaskScopeDeathTest, DroppingAPolledScopeWithoutWithdrawalIsCaught) {
  EXPECT_DEATH(
      {
        LocalExecutor executor;
        ManualContext manual(&executor);
        auto scope = WithScope([](TaskScope& s) -> Task<> {
          int unused = 0;
          s.Spawn(Forever(CountsDrops(&unused)));
          co_await Never();
        });
        (void)scope.poll(manual.context);
      },
      "poll_cancel");
}

TEST(TaskScopeTest, ALimitHoldsChildrenBack) {
  int running = 0;
  int most = 0;
  int ended = 0;
  auto child = [&]() -> Task<> {
    most = std::max(most, ++running);
    co_await Yield();
    co_await Yield();
    --running;
    ++ended;
  };
  BlockOn(WithScope(ScopeLimit(3), [&](TaskScope& scope) -> Task<> {
    for (int i = 0; i < 20; ++i) scope.Spawn(child());
    co_return;
  }));
  EXPECT_EQ(most, 3);
  EXPECT_EQ(ended, 20);
}

TEST(TaskScopeTest, ResultsOfChildrenAreAwaited) {
  auto child = [](int x) -> Task<int> {
    co_await Yield();
    co_return x;
  };
  int sum = BlockOn(WithScope([&](TaskScope& scope) -> Task<int> {
    auto first = scope.SpawnWithResult(child(1));
    auto second = scope.SpawnWithResult(child(2));
    auto cancelled = scope.SpawnWithResult([]() -> Task<int> {
      co_await Never();
      co_return 0;
    }());
    int total = *co_await second + *co_await first;
    scope.Cancel();
    EXPECT_EQ((co_await cancelled).error().code(), ErrorCode::kClosed);
    co_return total;
  }));
  EXPECT_EQ(sum, 3);
}

TEST(TryTaskScopeTest, TheFirstErrorCancelsTheSiblingsAndTheBody) {
  int drops = 0;
  auto fails = []() -> Task<Result<int>> {
    co_await Yield();
    co_return Error(ErrorCode::kNotFound, "child");
  };
  Result<int> result = BlockOn(WithTryScope([&](TryTaskScope& scope) -> Task<Result<int>> {
    scope.Spawn(Forever(CountsDrops(&drops)));
    scope.SpawnOrFail(fails());
    co_await Forever(CountsDrops(&drops));
    co_return 1;
  }));
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(drops, 2);
}

TEST(TryTaskScopeTest, TheBodysErrorCancelsTheChildren) {
  int drops = 0;
  Result<int> result = BlockOn(WithTryScope([&](TryTaskScope& scope) -> Task<Result<int>> {
    scope.Spawn(Forever(CountsDrops(&drops)));
    co_await Yield();
    co_return Error(ErrorCode::kOutOfRange, "body");
  }));
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(drops, 1);
}

TEST(TryTaskScopeTest, WithoutErrorYieldsTheBodysResult) {
  int sum = 0;
  auto child = [&](int x) -> Task<Result<void>> {
    co_await Yield();
    sum += x;
    co_return Result<void>();
  };
  Result<int> result =
      BlockOn(WithTryScope(ScopeLimit(2), [&](TryTaskScope& scope) -> Task<Result<int>> {
        for (int i = 1; i <= 10; ++i) scope.SpawnOrFail(child(i));
        co_return 5;
      }));
  EXPECT_EQ(*result, 5);
  EXPECT_EQ(sum, 55);
}

}  // namespace
}  // namespace zokio
