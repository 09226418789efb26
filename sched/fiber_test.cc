#include "sched/fiber.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

std::unique_ptr<Scheduler> Make(int workers) {
  SchedulerOptions options;
  options.workers = workers;
  return std::move(Scheduler::Create(options)).value();
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZOKIO_TEST_SANITIZED 1
#endif
#endif
#ifdef ZOKIO_TEST_SANITIZED
constexpr int kParkedFibers = 500;
constexpr int kDepth = 2000;
#else
constexpr int kParkedFibers = 20000;
constexpr int kDepth = 20000;
#endif

Task<int> Twice(int number) {
  co_await Yield();
  co_return 2 * number;
}

TEST(FiberTest, AwaitsFuturesAndTasksAndIsAwaited) {
  LocalExecutor executor;
  Result<int> sum = executor.BlockOn([]() -> Task<Result<int>> {
    co_return co_await RunFiber([](Fiber& fiber) {
      int total = 0;
      for (int i = 0; i < 10; ++i) total += fiber.Await(Twice(i));
      Yield yield;
      fiber.Await(yield);
      return total;
    });
  }());
  EXPECT_EQ(sum.value(), 90);
}

TEST(FiberTest, NothingRunsBeforeTheFirstPoll) {
  bool ran = false;
  {
    auto fiber = RunFiber([&ran](Fiber&) { ran = true; });
    auto moved = std::move(fiber);
  }
  EXPECT_FALSE(ran);
}

// A frame of each level waits while those above it are on the stack.
int Recurse(Fiber& fiber, int depth) {
  if (depth == 0) return 0;
  if (depth % 1000 == 0) fiber.Await(Yield());
  return 1 + Recurse(fiber, depth - 1);
}

TEST(FiberTest, WaitsDeepInARecursion) {
  StackPoolOptions options;
  options.stack_size = 8 << 20;
  options.stacks_max = 4;
  auto pool = std::move(StackPool::Create(options)).value();
  auto scheduler = Make(2);
  const int depth = scheduler->BlockOn(
      [](StackPool* stacks) -> Task<int> {
        Result<int> reached =
            co_await RunFiber(*stacks, [](Fiber& fiber) { return Recurse(fiber, kDepth); });
        co_return reached.value();
      },
      pool.get());
  EXPECT_EQ(depth, kDepth);
  EXPECT_EQ(pool->Stats().pooled, pool->Stats().made);
}

TEST(FiberTest, APoolWithoutStacksIsAnError) {
  StackPoolOptions options;
  options.stacks_max = 1;
  auto pool = std::move(StackPool::Create(options)).value();
  LocalExecutor executor;
  executor.BlockOn([](StackPool* stacks) -> Task<> {
    Result<ErrorCode> inner = co_await RunFiber(*stacks, [stacks](Fiber& fiber) {
      Result<void> refused = fiber.Await(RunFiber(*stacks, [](Fiber&) {}));
      return refused.ok() ? ErrorCode::kUnknown : refused.error().code();
    });
    EXPECT_EQ(inner.value(), ErrorCode::kOutOfMemory);
  }(pool.get()));
}

TEST(FiberTest, ManyParkedFibersMoveBetweenWorkers) {
  auto scheduler = Make(4);
  auto [open, gate] = MakeOneshot<int>();
  Atomic<int> parked{0};
  std::vector<JoinHandle<Result<int>>> handles;
  std::vector<OneshotSender<int>> senders;
  for (int i = 0; i < kParkedFibers; ++i) {
    auto [sender, receiver] = MakeOneshot<int>();
    senders.push_back(std::move(sender));
    handles.push_back(scheduler->Spawn(
        [&parked](int number, OneshotReceiver<int> wait) -> Task<Result<int>> {
          co_return co_await RunFiber([&](Fiber& fiber) {
            parked.fetch_add(1);
            const int got = fiber.Await(wait).value();
            fiber.Await(Yield());
            return number + got;
          });
        },
        i, std::move(receiver)));
  }
  std::move(open).Send(1);
  const long sum = scheduler->BlockOn([&]() -> Task<long> {
    Result<int> opened = co_await gate;
    EXPECT_EQ(opened.value(), 1);
    while (parked.load() < kParkedFibers) co_await SleepFor(std::chrono::microseconds(100));
    for (auto& sender : senders) std::move(sender).Send(1);
    long total = 0;
    for (auto& handle : handles) {
      Result<Result<int>> answer = co_await handle;
      total += answer.value().value();
    }
    co_return total;
  });
  const long n = kParkedFibers;
  EXPECT_EQ(sum, n * (n - 1) / 2 + n);
}

#if defined(__cpp_exceptions)
TEST(FiberTest, AnExceptionIsRethrownWhereTheFiberIsAwaited) {
  LocalExecutor executor;
  const std::string what = executor.BlockOn([]() -> Task<std::string> {
    std::string caught;
    try {
      (void)co_await RunFiber([](Fiber& fiber) -> int {
        fiber.Await(Yield());
        throw std::runtime_error("from the fiber");
      });
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    co_return caught;
  }());
  EXPECT_EQ(what, "from the fiber");
}

// The C++ runtime keeps the exceptions being handled in a list per thread, not per stack.
TEST(FiberTest, FibersThatWaitInCatchBlocksKeepTheirExceptionsApart) {
  auto scheduler = Make(2);
  auto body = [](int number) -> Task<int> {
    Result<int> seen = co_await RunFiber([number](Fiber& fiber) {
      int right = 0;
      for (int round = 0; round < 50; ++round) {
        try {
          throw number * 1000 + round;
        } catch (int) {
          fiber.Await(Yield());
          try {
            throw;
          } catch (int again) {
            right += again == number * 1000 + round ? 1 : 0;
          }
        }
      }
      return right;
    });
    co_return seen.value();
  };
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < 8; ++i) handles.push_back(scheduler->Spawn(body, i));
  for (auto& handle : handles) {
    const int right = scheduler->BlockOn(
        [](JoinHandle<int> one) -> Task<int> { co_return (co_await one).value(); },
        std::move(handle));
    EXPECT_EQ(right, 50);
  }
}

TEST(FiberTest, DroppedWhileItWaitsItIsUnwound) {
  auto scheduler = Make(2);
  Atomic<int> state{0};
  struct Guard {
    Atomic<int>& state;
    ~Guard() { state.store(2); }
  };
  auto handle = scheduler->Spawn([&]() -> Task<> {
    (void)co_await RunFiber([&](Fiber& fiber) {
      Guard guard{state};
      state.store(1);
      fiber.Await(SleepFor(std::chrono::hours(1)));
      state.store(3);
    });
  });
  scheduler->BlockOn([&]() -> Task<> {
    while (state.load() == 0) co_await SleepFor(std::chrono::microseconds(50));
    handle.Cancel();
    (void)co_await handle;
  });
  EXPECT_EQ(state.load(), 2);
}
#endif

}  // namespace
}  // namespace zokio
