// Deadlines of operations: by the wheel of a worker, without memory, and exact.
#include <cstdlib>
#include <new>
#include <string>

#include "base/atomic.h"
#include "future/timeout.h"
#include "gtest/gtest.h"
#include "io/testing.h"
#include "sched/timer_wheel.h"

namespace {
zokio::Atomic<uint64_t> news{0};

void* CountedNew(size_t size) {
  news.fetch_add(1, zokio::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
}  // namespace

void* operator new(size_t size) { return CountedNew(size); }
void* operator new[](size_t size) { return CountedNew(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Connection;
using testing::MakeConnection;
using zokio::testing::CountingWaker;

class DeadlineTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(DeadlineTest);

// Polls `future` as a worker does, which parks until its wheel's next deadline.
template <typename F>
auto Drive(TimerWheel& wheel, F moved) {
  CountingWaker counter;
  PollEnvironment environment;
  environment.timer = &wheel;
  environment.budget = kPollBudget;
  Waker waker = counter.Make();
  Context context(waker, environment);
  F future(std::move(moved));  // dropped before the waker
  for (int seen = 0;;) {
    auto poll = future.poll(context);
    if (poll.ready()) return std::move(poll).value();
    while (counter.wakes() == seen) {
      Loop::Current()->Park(wheel.NextDeadline());
      wheel.Advance(wheel.Now());
    }
    seen = counter.wakes();
    environment.budget = kPollBudget;
  }
}

TEST_P(DeadlineTest, ExpireInTimeLoseNothingAndTakeNoMemory) {
  AttachedLoop loop(GetParam());
  TimerWheel wheel;
  Connection connection = MakeConnection();
  uint64_t before = 0;
  for (int round = 0; round < 60; ++round) {
    if (round == 20) before = news.load(memory_order_relaxed);  // everything is warm
    const Instant start = wheel.Now();
    const Duration limit = std::chrono::microseconds(200 + round * 10);
    const Result<Lease> none = Drive(wheel, Timeout(connection.stream.Read(), limit));
    EXPECT_FALSE(none.ok());
    EXPECT_EQ(none.error().code(), ErrorCode::kDeadlineExceeded);
    EXPECT_GE(wheel.Now() - start, limit);
    connection.peer.Send("k");
    const Result<Lease> some =
        Drive(wheel, Timeout(connection.stream.Read(), std::chrono::seconds(60)));
    EXPECT_TRUE(some.ok());
    EXPECT_EQ(some->view(), "k");
  }
  EXPECT_EQ(news.load(memory_order_relaxed), before);
}

}  // namespace
}  // namespace zokio::io
