// Locks and channels across threads: mutual exclusion, no message lost or doubled, no waiter left.
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "base/thread.h"
#include "future/broadcast.h"
#include "future/condvar.h"
#include "future/event.h"
#include "future/latch.h"
#include "future/local_executor.h"
#include "future/mpmc.h"
#include "future/mpsc.h"
#include "future/mutex.h"
#include "future/rendezvous.h"
#include "future/rwlock.h"
#include "future/select.h"
#include "future/semaphore.h"
#include "future/unbounded.h"
#include "future/watch.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

// Runs `make(thread, task)` tasks on `threads` threads, each with an executor of its own.
template <typename Make>
void OnThreads(int threads, int tasks, Make make) {
  std::vector<Thread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.push_back(*Thread::Start("stress", [=] {
      LocalExecutor executor;
      std::vector<JoinHandle<void>> handles;
      for (int task = 0; task < tasks; ++task)
        handles.push_back(Spawn(executor, make(thread, task)));
      for (auto& handle : handles) EXPECT_TRUE(executor.BlockOn(std::move(handle)).ok());
    }));
  }
  for (Thread& thread : running) thread.Join();
}

TEST(SyncStressTest, AsyncMutexExcludes) {
  static constexpr int kRounds = 2'000;
  struct State {
    AsyncMutex mutex;
    int64_t plain = 0;  // a race here is what ThreadSanitizer would report
  } state;
  OnThreads(3, 2, [&state](int, int) -> Task<> {
    auto body = [](State* s) -> Task<> {
      for (int i = 0; i < kRounds; ++i) {
        AsyncMutex::Guard guard = co_await s->mutex.Lock();
        ++s->plain;
        if (i % 16 == 0) co_await Yield();
      }
    };
    return body(&state);
  });
  EXPECT_EQ(state.plain, 3 * 2 * kRounds);
}

TEST(SyncStressTest, LocksWithdrawnAtRandomLeaveNoTrace) {
  static constexpr int kRounds = 2'000;
  struct State {
    AsyncMutex mutex;
    RwLock rwlock;
    Semaphore semaphore{2};
    int64_t plain = 0;
    int64_t written = 0;
  } state;
  OnThreads(3, 2, [&state](int thread, int task) -> Task<> {
    auto body = [](State* s, Random random) -> Task<> {
      for (int i = 0; i < kRounds; ++i) {
        // Each wait races with a yield, so about half of them are dropped while queued or granted.
        switch (random.Below(3)) {
          case 0: {
            auto first = co_await Select(s->mutex.Lock(), Yield());
            if (first.index() == 0) ++s->plain;
            break;
          }
          case 1: {
            auto first = co_await Select(s->rwlock.Write(), Yield());
            if (first.index() == 0) ++s->written;
            break;
          }
          default: {
            auto first = co_await Select(s->rwlock.Read(), Yield());
            auto second = co_await Select(s->semaphore.Acquire(random.Below(2) + 1), Yield());
          }
        }
      }
    };
    return body(&state, Random(static_cast<uint64_t>(thread * 10 + task)));
  });
  EXPECT_TRUE(state.mutex.TryLock());
  EXPECT_TRUE(state.rwlock.TryWrite());
  EXPECT_EQ(state.semaphore.available(), 2u);
}

TEST(SyncStressTest, EventsAndLatchesMayDieAsTheyOpen) {
  static constexpr int kRounds = 3'000;
  struct Gate {
    Event event;
    Latch latch{1};
  };
  auto channel = MakeMpsc<Gate*>(4);
  Thread opener = *Thread::Start("opener", [&channel] {
    auto body = [](MpscReceiver<Gate*> receiver) -> Task<> {
      while (true) {
        Result<Gate*> gate = co_await receiver.Recv();
        if (!gate.ok()) co_return;
        (*gate)->latch.CountDown();
        (*gate)->event.Set();
      }
    };
    BlockOn(body(std::move(channel.receiver)));
  });
  auto body = [](MpscSender<Gate*> sender) -> Task<> {
    for (int i = 0; i < kRounds; ++i) {
      auto gate = std::make_unique<Gate>();
      Result<void> sent = co_await sender.Send(gate.get());
      EXPECT_TRUE(sent.ok());
      co_await gate->latch.Wait();
      co_await gate->event.Wait();
      // The other thread may still be inside Set.
    }
  };
  BlockOn(body(std::move(channel.sender)));
  opener.Join();
}

// Every sender sends 1 ... n; the receiver checks the order of each and that nothing is missing.
struct Item {
  Item(uint32_t from, uint32_t n) : sender(from), number(n), owned(std::make_unique<uint32_t>(n)) {}
  uint32_t sender;
  uint32_t number;
  std::unique_ptr<uint32_t> owned;  // leaks and double frees show
};

TEST(ChannelStressTest, MpscKeepsEachSendersOrder) {
  static constexpr uint32_t kItems = 3'000;
  for (size_t capacity : {1u, 3u, 64u}) {
    auto channel = MakeMpsc<Item>(capacity);
    auto send = [](MpscSender<Item> sender, uint32_t id) -> Task<> {
      std::vector<Item> batch;
      for (uint32_t i = 1; i <= kItems;) {
        if (i % 7 != 0) {
          Result<void> sent = co_await sender.Send(Item(id, i++));
          EXPECT_TRUE(sent.ok());
          continue;
        }
        batch.clear();
        for (int k = 0; k < 5 && i <= kItems; ++k) batch.push_back(Item(id, i++));
        size_t sent = co_await sender.SendMany(batch);
        EXPECT_EQ(sent, batch.size());
      }
    };
    auto receive = [](MpscReceiver<Item> receiver) -> Task<> {
      std::vector<uint32_t> last(2);
      std::vector<Item> batch;
      while (true) {
        size_t count = co_await receiver.RecvMany(&batch, 9);
        if (count == 0) break;
        for (Item& item : batch) {
          EXPECT_EQ(item.number, ++last[item.sender]);
          EXPECT_EQ(*item.owned, item.number);
        }
        batch.clear();
      }
      for (uint32_t n : last) EXPECT_EQ(n, kItems);
    };
    // Moved out of the thread's closure, which lives until it is joined.
    auto first = std::make_shared<MpscSender<Item>>(channel.sender);
    auto second = std::make_shared<MpscSender<Item>>(std::move(channel.sender));
    Thread a = *Thread::Start("a", [&send, first] { BlockOn(send(std::move(*first), 0)); });
    Thread b = *Thread::Start("b", [&send, second] { BlockOn(send(std::move(*second), 1)); });
    BlockOn(receive(std::move(channel.receiver)));
  }
}

TEST(ChannelStressTest, MpscClosedWhileSendersSend) {
  static constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    auto live = std::make_shared<int>(0);
    auto channel = MakeMpsc<std::shared_ptr<int>>(4);
    Atomic<int> sent{0};
    auto send = [&sent](MpscSender<std::shared_ptr<int>> sender,
                        std::shared_ptr<int> value) -> Task<> {
      std::vector<std::shared_ptr<int>> batch;
      while (true) {
        Result<void> one = co_await sender.Send(value);
        if (!one.ok()) break;
        sent.fetch_add(1, memory_order_relaxed);
        batch.assign(3, value);
        size_t count = co_await sender.SendMany(batch);
        sent.fetch_add(static_cast<int>(count), memory_order_relaxed);
        if (count != 3) break;
      }
    };
    auto first = std::make_shared<MpscSender<std::shared_ptr<int>>>(channel.sender);
    auto second = std::make_shared<MpscSender<std::shared_ptr<int>>>(std::move(channel.sender));
    Thread a = *Thread::Start("a", [&, first] { BlockOn(send(std::move(*first), live)); });
    Thread b = *Thread::Start("b", [&, second] { BlockOn(send(std::move(*second), live)); });
    auto receive = [round](MpscReceiver<std::shared_ptr<int>> receiver) -> Task<int> {
      int got = 0;
      for (int i = 0;; ++i) {
        if (i == round) receiver.Close();
        Result<std::shared_ptr<int>> one = co_await receiver.Recv();
        if (!one.ok()) break;
        ++got;
      }
      co_return got;
    };
    int got = BlockOn(receive(std::move(channel.receiver)));
    a.Join();
    b.Join();
    // Every Send that succeeded was received, and nothing else.
    EXPECT_EQ(got, sent.load());
    EXPECT_EQ(live.use_count(), 1);
  }
}

TEST(ChannelStressTest, MpscSendsWithdrawnAtRandom) {
  static constexpr uint32_t kItems = 5'000;
  auto channel = MakeMpsc<Item>(2);
  Atomic<uint32_t> sent{0};
  auto send = [&sent](MpscSender<Item> sender, uint32_t id) -> Task<> {
    for (uint32_t i = 1; i <= kItems; ++i) {
      auto first = co_await Select(sender.Send(Item(id, i)), Yield());
      if (first.index() == 0) sent.fetch_add(1, memory_order_relaxed);
    }
  };
  auto receive = [](MpscReceiver<Item> receiver) -> Task<uint32_t> {
    std::vector<uint32_t> last(3);
    uint32_t count = 0;
    while (true) {
      auto first = co_await Select(receiver.Recv(), Yield());
      if (first.index() != 0) continue;
      Result<Item> item = std::move(std::get<0>(first));
      if (!item.ok()) co_return count;
      EXPECT_GT(item->number, std::exchange(last[item->sender], item->number));
      ++count;
    }
  };
  uint32_t count = 0;
  {
    std::vector<Thread> senders;
    for (uint32_t id = 0; id < 3; ++id) {
      auto end = std::make_shared<MpscSender<Item>>(channel.sender);
      senders.push_back(
          *Thread::Start("sender", [&send, id, end] { BlockOn(send(std::move(*end), id)); }));
    }
    {
      [[maybe_unused]] auto last = std::move(channel.sender);
    }
    count = BlockOn(receive(std::move(channel.receiver)));
    for (Thread& thread : senders) thread.Join();
  }
  EXPECT_EQ(count, sent.load());
}

template <typename Channel>
void ManyToMany(Channel channel, int items) {
  Atomic<int64_t> sum{0};
  Atomic<int64_t> expected{0};
  using Sender = decltype(channel.sender);
  using Receiver = decltype(channel.receiver);
  auto send = [&](Sender sender) -> Task<> {
    for (int i = 1; i <= items; ++i) {
      auto sent = co_await sender.Send(i);  // by itself: g++-12 cannot type it inside EXPECT_TRUE
      EXPECT_TRUE(sent.ok());
      expected.fetch_add(i, memory_order_relaxed);
    }
  };
  auto receive = [&](Receiver receiver) -> Task<> {
    while (true) {
      auto first = co_await Select(receiver.Recv(), Yield());
      if (first.index() != 0) continue;
      if (!std::get<0>(first).ok()) co_return;
      sum.fetch_add(*std::get<0>(first), memory_order_relaxed);
    }
  };
  std::vector<Thread> threads;
  for (int i = 0; i < 2; ++i) {
    auto sender = std::make_shared<Sender>(channel.sender);
    auto receiver = std::make_shared<Receiver>(channel.receiver);
    threads.push_back(
        *Thread::Start("send", [&send, sender] { BlockOn(send(std::move(*sender))); }));
    threads.push_back(*Thread::Start(
        "receive", [&receive, receiver] { BlockOn(receive(std::move(*receiver))); }));
  }
  {
    [[maybe_unused]] auto sender = std::move(channel.sender);
    [[maybe_unused]] auto receiver = std::move(channel.receiver);
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(sum.load(), expected.load());
  EXPECT_EQ(expected.load(), int64_t{2} * items * (items + 1) / 2);
}

TEST(ChannelStressTest, MpmcLosesNothing) { ManyToMany(MakeMpmc<int>(3), 10'000); }
TEST(ChannelStressTest, RendezvousLosesNothing) { ManyToMany(MakeRendezvous<int>(), 3'000); }

TEST(ChannelStressTest, UnboundedLosesNothing) {
  static constexpr int kItems = 50'000;
  auto channel = MakeUnbounded<std::unique_ptr<int>>();
  std::vector<Thread> threads;
  for (int i = 0; i < 3; ++i) {
    auto end = std::make_shared<UnboundedSender<std::unique_ptr<int>>>(channel.sender);
    threads.push_back(*Thread::Start("send", [end] {
      auto sender = std::move(*end);
      for (int k = 1; k <= kItems; ++k) EXPECT_TRUE(sender.Send(std::make_unique<int>(k)).ok());
    }));
  }
  {
    [[maybe_unused]] auto last = std::move(channel.sender);
  }
  auto receive = [](UnboundedReceiver<std::unique_ptr<int>> receiver) -> Task<int64_t> {
    int64_t sum = 0;
    std::vector<std::unique_ptr<int>> batch;
    while (co_await receiver.RecvMany(&batch, 32) != 0) {
      for (auto& item : batch) sum += *item;
      batch.clear();
    }
    co_return sum;
  };
  EXPECT_EQ(BlockOn(receive(std::move(channel.receiver))), int64_t{3} * kItems * (kItems + 1) / 2);
  for (Thread& thread : threads) thread.Join();
}

TEST(ChannelStressTest, BroadcastAndWatchReachTheirEnd) {
  static constexpr int kItems = 20'000;
  auto broadcast = MakeBroadcast<int>(64);
  auto watch = MakeWatch<int>(0);
  std::vector<Thread> threads;
  for (int i = 0; i < 2; ++i) {
    auto from = std::make_shared<BroadcastReceiver<int>>(broadcast.receiver);
    auto latest = std::make_shared<WatchReceiver<int>>(watch.receiver);
    threads.push_back(*Thread::Start("receive", [from, latest] {
      auto body = [](BroadcastReceiver<int> receiver) -> Task<> {
        int64_t seen = 0;
        int last = 0;
        while (true) {
          Result<int> value = co_await receiver.Recv();
          if (value.ok()) {
            EXPECT_GT(*value, std::exchange(last, *value));
            ++seen;
          } else if (value.error().code() == ErrorCode::kOutOfRange) {
            seen += static_cast<int64_t>(receiver.missed());
          } else {
            break;
          }
        }
        EXPECT_EQ(seen, kItems);
      };
      BlockOn(body(std::move(*from)));
      auto follow = [](WatchReceiver<int> receiver) -> Task<> {
        while ((co_await receiver.Changed()).ok()) {
        }
        EXPECT_EQ(*receiver.Get(), kItems);
      };
      BlockOn(follow(std::move(*latest)));
    }));
  }
  for (int i = 1; i <= kItems; ++i) {
    broadcast.sender.Send(i);
    watch.sender.Send(i);
  }
  {
    [[maybe_unused]] auto a = std::move(broadcast.sender);
    [[maybe_unused]] auto b = std::move(watch.sender);
  }
  for (Thread& thread : threads) thread.Join();
}

}  // namespace
}  // namespace zokio
