// The pool's limits, queues and closings, with real connections to a listener of the test.
#include "io/net/connection_pool.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "future/join_all.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "future/yield.h"
#include "gtest/gtest.h"
#include "io/net/testing.h"
#include "io/tcp_stream.h"
#include "tools/testing/virtual_clock.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;
using io::testing::Peer;
using io::testing::PlainListener;
using io::testing::RefusingAddress;
using Pool = ConnectionPool<TcpStream>;

Task<Result<TcpStream>> ConnectTo(SocketAddress address) {
  co_return co_await TcpStream::Connect(address);
}

class ConnectionPoolTest : public io::testing::RuntimeTest {
 protected:
  // All hosts are this one listener.
  Pool::Connect Connector() {
    return [address = listener_.address()](const std::string& host) {
      return ConnectTo(host == "refusing" ? RefusingAddress() : address);
    };
  }
  static ConnectionPoolOptions Limits(uint32_t total, uint32_t per_host) {
    ConnectionPoolOptions options;
    options.total_max = total;
    options.per_host_max = per_host;
    return options;
  }
  Result<Pool::Lent> Acquire(Pool& pool, std::string host = "a") {
    return runtime_->BlockOn(pool.Acquire(std::move(host)));
  }
  // A connection that is idle in the pool, and its other end.
  Peer KeepOne(Pool& pool, std::string host = "a") {
    Result<Pool::Lent> lent = Acquire(pool, std::move(host));
    ZOKIO_CHECK(lent.ok(), "acquire");
    Peer peer = listener_.Accept();
    std::move(*lent).Keep();
    return peer;
  }

  PlainListener listener_;
};

TEST_P(ConnectionPoolTest, AConnectionThatWasKeptIsLentAgain) {
  Pool pool(Limits(4, 2), Connector());
  Peer peer = KeepOne(pool);
  EXPECT_EQ(pool.stats().idle, 1u);
  Result<Pool::Lent> again = Acquire(pool);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->reused());
  EXPECT_EQ(pool.stats().lent, 1u);
  peer.Send("x");  // it is the same one
  const std::string got = runtime_->BlockOn(
      [](TcpStream* stream) -> Task<std::string> {
        Result<Lease> chunk = co_await stream->Read();
        co_return chunk.ok() ? std::string(chunk->view()) : chunk.error().ToString();
      },
      &**again);
  EXPECT_EQ(got, "x");
  Result<Pool::Lent> second = Acquire(pool);
  EXPECT_FALSE(second->reused());
  EXPECT_EQ(pool.stats().connects, 2u);
  EXPECT_EQ(pool.stats().reuses, 1u);
}

TEST_P(ConnectionPoolTest, WhatIsDroppedWithoutKeepIsClosed) {
  Pool pool(Limits(4, 2), Connector());
  Result<Pool::Lent> lent = Acquire(pool);
  ASSERT_TRUE(lent.ok());
  Peer peer = listener_.Accept();
  {
    Pool::Lent dropped = *std::move(lent);
  }
  EXPECT_EQ(peer.Receive(1), "");  // the end
  EXPECT_EQ(pool.stats().lent + pool.stats().idle + pool.stats().hosts, 0u);
}

Task<bool> HoldAndKeep(Pool* pool, int number, std::vector<int>* order) {
  Result<Pool::Lent> lent = co_await pool->Acquire("a");
  if (!lent.ok()) co_return false;
  order->push_back(number);
  co_await Yield();
  std::move(*lent).Keep();
  co_return true;
}

TEST_P(ConnectionPoolTest, WaitersAreServedInTheOrderTheyCame) {
  Pool pool(Limits(4, 1), Connector());
  std::vector<int> order;
  const std::vector<bool> served = runtime_->BlockOn(
      [](Pool* from, std::vector<int>* into) -> Task<std::vector<bool>> {
        std::vector<Task<bool>> tasks;
        for (int i = 0; i < 10; ++i) tasks.push_back(HoldAndKeep(from, i, into));
        co_return co_await JoinAll(std::move(tasks));
      },
      &pool, &order);
  EXPECT_EQ(served, std::vector<bool>(10, true));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(pool.stats().connects, 1u);
}

Task<ErrorCode> AcquireWithin(Pool* pool, std::string host, Duration limit) {
  Task<Result<Pool::Lent>> acquire = pool->Acquire(std::move(host));
  Result<Pool::Lent> lent = co_await Timeout(std::move(acquire), limit);
  co_return lent.ok() ? ErrorCode::kUnknown : lent.error().code();
}

TEST_P(ConnectionPoolTest, AWaiterThatGivesUpTakesNothingAlong) {
  Pool pool(Limits(1, 1), Connector());
  std::optional<Result<Pool::Lent>> lent = Acquire(pool);
  EXPECT_EQ(runtime_->BlockOn(AcquireWithin(&pool, "a", 5ms)), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(runtime_->BlockOn(AcquireWithin(&pool, "b", 5ms)), ErrorCode::kDeadlineExceeded);
  lent.reset();
  EXPECT_EQ(runtime_->BlockOn(AcquireWithin(&pool, "a", 1min)), ErrorCode::kUnknown);
  EXPECT_EQ(pool.stats().hosts, 0u);
}

TEST_P(ConnectionPoolTest, AFailedConnectGivesItsPlaceBack) {
  Pool pool(Limits(1, 1), Connector());
  for (int i = 0; i < 3; ++i) {
    Result<Pool::Lent> lent = Acquire(pool, "refusing");
    ASSERT_FALSE(lent.ok());
    EXPECT_EQ(lent.error().code(), ErrorCode::kConnectionRefused);
  }
  EXPECT_TRUE(Acquire(pool).ok());
  EXPECT_EQ(pool.stats().failed_connects, 3u);
}

TEST_P(ConnectionPoolTest, TheOneIdleForTheLongestMakesRoom) {
  Pool pool(Limits(2, 2), Connector());
  Peer a = KeepOne(pool, "a");
  Peer b = KeepOne(pool, "b");
  Result<Pool::Lent> c = Acquire(pool, "c");
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(a.Receive(1), "");
  const ConnectionPoolStats stats = pool.stats();
  EXPECT_EQ(stats.evicted, 1u);
  EXPECT_EQ(stats.lent + stats.idle, 2u);
  EXPECT_TRUE(Acquire(pool, "b")->reused());
}

TEST_P(ConnectionPoolTest, WhatThePeerEndedOrSentIntoIsNotLent) {
  Pool pool(Limits(4, 4), Connector());
  {
    Peer ended = KeepOne(pool);
  }
  EXPECT_FALSE(Acquire(pool)->reused());
  (void)listener_.Accept();
  Peer reset = KeepOne(pool);
  reset.Reset();
  EXPECT_FALSE(Acquire(pool)->reused());
  (void)listener_.Accept();
  Peer talks = KeepOne(pool);
  talks.Send("unasked");
  EXPECT_FALSE(Acquire(pool)->reused());
  EXPECT_EQ(pool.stats().unhealthy, 3u);
  EXPECT_EQ(pool.stats().reuses, 0u);
}

TEST_P(ConnectionPoolTest, IdleAndOldConnectionsAreClosedInTime) {
  zokio::testing::VirtualClock clock;
  ConnectionPoolOptions options = Limits(4, 4);
  options.clock = &clock;
  options.idle_max = 10s;
  options.age_max = 25s;
  Pool pool(options, Connector());
  Peer peer = KeepOne(pool);
  clock.Advance(9s);
  pool.CloseExpired();
  EXPECT_EQ(pool.stats().idle, 1u);
  clock.Advance(1s);
  pool.CloseExpired();
  EXPECT_EQ(pool.stats().idle, 0u);
  EXPECT_EQ(peer.Receive(1), "");
  Peer old = KeepOne(pool);
  for (int i = 0; i < 2; ++i) {
    clock.Advance(9s);
    Result<Pool::Lent> lent = Acquire(pool);
    EXPECT_TRUE(lent->reused());
    std::move(*lent).Keep();
  }
  clock.Advance(9s);  // it was used often, but is too old
  EXPECT_FALSE(Acquire(pool)->reused());
  EXPECT_EQ(pool.stats().expired, 2u);
}

TEST_P(ConnectionPoolTest, MaintainFindsThoseThatEnded) {
  ConnectionPoolOptions options = Limits(4, 4);
  options.check_interval = 1ms;
  Pool pool(options, Connector());
  Peer ended = KeepOne(pool, "a");
  Peer healthy = KeepOne(pool, "b");
  ended.Close();
  runtime_->BlockOn(
      [](Pool* maintained) -> Task<void> {
        co_await WithScope([&](TaskScope& scope) -> Task<> {
          scope.Spawn(maintained->Maintain());
          while (maintained->stats().unhealthy == 0) co_await SleepFor(1ms);
          scope.Cancel();  // at its next sleep: the round is ended
        });
      },
      &pool);
  EXPECT_EQ(pool.stats().idle, 1u);
  EXPECT_TRUE(Acquire(pool, "b")->reused());
}

TEST_P(ConnectionPoolTest, CloseFailsWaitersAndClosesWhatIsIdleOrComesBack) {
  std::optional<Pool> pool(std::in_place, Limits(2, 1), Connector());
  Peer idle = KeepOne(*pool, "idle");
  Result<Pool::Lent> kept = Acquire(*pool, "a");
  Peer kept_peer = listener_.Accept();
  JoinHandle<ErrorCode> waiter = runtime_->Spawn(AcquireWithin(&*pool, "a", 1h));
  pool->Close();
  const Result<ErrorCode> answer = runtime_->BlockOn(
      [](JoinHandle<ErrorCode>* handle) -> Task<Result<ErrorCode>> { co_return co_await *handle; },
      &waiter);
  EXPECT_EQ(*answer, ErrorCode::kClosed);
  EXPECT_EQ(idle.Receive(1), "");
  EXPECT_EQ(runtime_->BlockOn(AcquireWithin(&*pool, "new", 1h)), ErrorCode::kClosed);
  EXPECT_EQ(pool->stats().lent, 1u);  // still
  EXPECT_EQ(pool->stats().idle, 0u);
  pool.reset();  // what is lent outlives it
  std::move(*kept).Keep();
  EXPECT_EQ(kept_peer.Receive(1), "");
}

// Many tasks on two workers: some give up while they wait or connect, some break their connection.
Task<void> UseOften(Pool* pool, uint64_t seed, int rounds, Atomic<int>* in_use, Atomic<int>* most) {
  Random random(seed);
  for (int i = 0; i < rounds; ++i) {
    const Duration limit = std::chrono::microseconds(random.Next() % 2000);
    Task<Result<Pool::Lent>> acquire = pool->Acquire(random.Next() % 2 == 0 ? "a" : "b");
    Result<Pool::Lent> lent = co_await Timeout(std::move(acquire), limit);
    if (!lent.ok()) continue;
    const int now = in_use->fetch_add(1, memory_order_acq_rel) + 1;
    int seen = most->load(memory_order_relaxed);
    while (now > seen && !most->compare_exchange_weak(seen, now, memory_order_acq_rel)) {
    }
    co_await Yield();
    in_use->fetch_sub(1, memory_order_acq_rel);
    if (random.Next() % 4 != 0) std::move(*lent).Keep();
  }
}

TEST_P(ConnectionPoolTest, StressKeepsTheLimitsAndGivesEverythingBack) {
  Pool pool(Limits(6, 4), Connector());
  Atomic<int> in_use{0};
  Atomic<int> most{0};
  runtime_->BlockOn(
      [](Pool* from, Atomic<int>* counter, Atomic<int>* high) -> Task<void> {
        co_await WithScope([&](TaskScope& scope) -> Task<> {
          for (uint64_t i = 0; i < 30; ++i) scope.Spawn(UseOften(from, i, 20, counter, high));
          co_return;
        });
      },
      &pool, &in_use, &most);
  EXPECT_LE(most.load(memory_order_acquire), 6);
  const ConnectionPoolStats stats = pool.stats();
  EXPECT_EQ(stats.lent, 0u);
  EXPECT_LE(stats.idle, 6u);
  EXPECT_GT(stats.reuses, 0u);
  pool.Close();
  EXPECT_EQ(pool.stats().idle + pool.stats().hosts, 0u);
}

INSTANTIATE_TEST_SUITE_P(Backends, ConnectionPoolTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         io::testing::BackendName);

}  // namespace
}  // namespace zokio
