#include "actor/circuit_breaker.h"

#include <gtest/gtest.h>

#include <chrono>

#include "future/local_executor.h"
#include "future/poll_fn.h"

namespace zokio {
namespace {

class ManualClock final : public Clock {
 public:
  Instant Now() const override { return now; }
  Instant now{};
};

// A future that answers at once, and counts that it was asked.
auto Answer(Result<int> result, int& calls) {
  return PollFn([result, &calls](Context&) -> Poll<Result<int>> {
    ++calls;
    return result;
  });
}

TEST(CircuitBreakerTest, OpensAfterFailuresTriesOnceAndCloses) {
  using State = CircuitBreaker::State;
  ManualClock clock;
  CircuitBreaker breaker(2, std::chrono::seconds(1), clock);
  LocalExecutor executor;
  int calls = 0;
  const Error error(ErrorCode::kClosed, "test");
  auto call = [&](Result<int> result) {
    return executor.BlockOn(breaker.Call(Answer(result, calls)));
  };
  EXPECT_FALSE(call(error).ok());
  EXPECT_TRUE(call(1).ok()) << "a success starts the count anew";
  EXPECT_FALSE(call(error).ok());
  EXPECT_EQ(breaker.state(), State::kClosed);
  EXPECT_FALSE(call(error).ok());
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(call(1).error().code(), ErrorCode::kWouldBlock);
  EXPECT_EQ(calls, 4) << "nobody was asked";

  clock.now += std::chrono::seconds(1);
  EXPECT_EQ(breaker.state(), State::kHalfOpen);
  EXPECT_FALSE(call(error).ok());
  EXPECT_EQ(breaker.state(), State::kOpen) << "one failure suffices";
  clock.now += std::chrono::seconds(1);
  EXPECT_TRUE(breaker.Admit());
  EXPECT_FALSE(breaker.Admit()) << "one tries, the others do not";
  breaker.Succeeded();
  EXPECT_TRUE(call(7).ok());
  EXPECT_EQ(breaker.state(), State::kClosed);
}

TEST(CircuitBreakerTest, ADroppedCallIsAFailure) {
  CircuitBreaker breaker(1, std::chrono::hours(1));
  {
    LocalExecutor executor;
    auto never = PollFn([](Context&) -> Poll<Result<int>> { return kPending; });
    auto handle = Spawn(executor, breaker.Call(std::move(never)));
    executor.RunUntilIdle();
    handle.Cancel();
    executor.RunUntilIdle();
  }
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::kOpen);
}

}  // namespace
}  // namespace zokio
