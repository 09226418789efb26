// Steady state allocates nothing: after a first round, awaits, combinators of fixed size, locks and
// channels take neither memory from `new` nor chunks of the frame pool from the system.
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "future/broadcast.h"
#include "future/join.h"
#include "future/latch.h"
#include "future/local_executor.h"
#include "future/map.h"
#include "future/mpmc.h"
#include "future/mpsc.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/oneshot.h"
#include "future/rendezvous.h"
#include "future/rwlock.h"
#include "future/select.h"
#include "future/semaphore.h"
#include "future/task.h"
#include "future/testing.h"
#include "future/timeout.h"
#include "future/unbounded.h"
#include "future/watch.h"
#include "future/yield.h"
#include "gtest/gtest.h"
#include "mem/frame_pool.h"

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

namespace zokio {
namespace {

using std::chrono_literals::operator""ms;

uint64_t Taken() {
  return news.load(memory_order_relaxed) + FramePool::ThreadStats().system_allocations;
}

// Runs `first()` and `second()` beside each other again and again.
template <typename First, typename Second>
void ExpectSteady(First first, Second second) {
  testing::VirtualTimer timer;
  LocalExecutor executor(&timer);
  auto round = [&] {
    auto a = Spawn(executor, first());
    auto b = Spawn(executor, second());
    executor.RunUntilIdle();
    ASSERT_TRUE(a.finished() && b.finished());
  };
  for (int i = 0; i < 3; ++i) round();
  uint64_t before = Taken();
  for (int i = 0; i < 20; ++i) round();
  EXPECT_EQ(Taken(), before);
}

Task<int> Value(int x) { co_return x; }
Task<int> Later(int x) {
  co_await Yield();
  co_return x;
}

TEST(SteadyStateTest, TheCounterCounts) {
  uint64_t before = Taken();
  delete new int(1);
  EXPECT_GT(Taken(), before);
}

TEST(SteadyStateTest, AwaitsAndCombinators) {
  auto body = []() -> Task<> {
    int sum = co_await Value(1);
    sum += co_await Later(2);
    auto [a, b] = co_await Join(Later(3), Value(4));
    auto first = co_await Select(Later(5), Later(6));
    sum += a + b + std::get<0>(first);
    sum += co_await Map(Later(1), [](int x) { return x; });
    Result<int> in_time = co_await Timeout(Later(7), 10ms);
    EXPECT_EQ(sum + *in_time, 1 + 2 + 3 + 4 + 5 + 1 + 7);
  };
  ExpectSteady(body, body);
}

TEST(SteadyStateTest, Locks) {
  AsyncMutex mutex;
  Semaphore semaphore(1);
  RwLock rwlock;
  auto body = [&]() -> Task<> {
    for (int i = 0; i < 5; ++i) {
      auto guard = co_await mutex.Lock();
      auto permit = co_await semaphore.Acquire();
      auto write = co_await rwlock.Write();
      co_await Yield();
    }
  };
  ExpectSteady(body, body);
  Notify notify;
  auto wait = [&]() -> Task<> { co_await notify.Wait(); };
  auto wake = [&]() -> Task<> {
    co_await Yield();
    notify.NotifyOne();
  };
  ExpectSteady(wait, wake);
}

// `count` messages through a channel that both tasks wait on.
template <typename Sender, typename Receiver>
void ExpectSteadyChannel(Sender& sender, Receiver& receiver) {
  auto send = [&]() -> Task<> {
    for (int i = 0; i < 20; ++i) {
      if constexpr (IntoFuture<decltype(sender.Send(i))>) {
        auto sent = co_await sender.Send(i);
        EXPECT_TRUE(sent.ok());
      } else {
        (void)sender.Send(i);
        co_await Yield();
      }
    }
  };
  auto receive = [&]() -> Task<> {
    for (int i = 0; i < 20; ++i) {
      auto got = co_await receiver.Recv();
      EXPECT_TRUE(got.ok() && *got == i);
    }
  };
  ExpectSteady(send, receive);
}

TEST(SteadyStateTest, Channels) {
  auto mpsc = MakeMpsc<int>(4);
  ExpectSteadyChannel(mpsc.sender, mpsc.receiver);
  auto mpmc = MakeMpmc<int>(4);
  ExpectSteadyChannel(mpmc.sender, mpmc.receiver);
  auto rendezvous = MakeRendezvous<int>();
  ExpectSteadyChannel(rendezvous.sender, rendezvous.receiver);
  auto unbounded = MakeUnbounded<int>();
  ExpectSteadyChannel(unbounded.sender, unbounded.receiver);
  auto broadcast = MakeBroadcast<int>(32);
  ExpectSteadyChannel(broadcast.sender, broadcast.receiver);
}

TEST(SteadyStateTest, BatchesAndOneshots) {
  auto channel = MakeMpsc<int>(4);
  std::vector<int> in(16);
  std::vector<int> out;
  out.reserve(64);
  auto send = [&]() -> Task<> {
    size_t sent = co_await channel.sender.SendMany(in);
    EXPECT_EQ(sent, in.size());
  };
  auto receive = [&]() -> Task<> {
    for (size_t got = 0; got < in.size();) {
      out.clear();
      got += co_await channel.receiver.RecvMany(&out, 4);
    }
  };
  ExpectSteady(send, receive);
  OneshotChannel<int> pair = MakeOneshot<int>();
  auto answer = [&]() -> Task<> {
    co_await Yield();
    std::move(pair.sender).Send(1);
    co_await Yield();
    pair = MakeOneshot<int>();
  };
  auto wait = [&]() -> Task<> {
    Result<int> got = co_await pair.receiver;
    EXPECT_EQ(*got, 1);
  };
  ExpectSteady(answer, wait);
}

}  // namespace
}  // namespace zokio
