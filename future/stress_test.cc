// Wakes, joins and one-shots across threads: none lost, none doubled. Run under ThreadSanitizer.
#include <cstdint>
#include <vector>

#include "base/thread.h"
#include "future/atomic_waker.h"
#include "future/join_all.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/select.h"
#include "future/spawn.h"
#include "future/task_scope.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

TEST(StressTest, OneshotsFromAnotherThreadAllArrive) {
  constexpr int kRounds = 20'000;
  LocalExecutor executor;
  std::vector<OneshotSender<int>> senders;
  std::vector<OneshotReceiver<int>> receivers;
  for (int i = 0; i < kRounds; ++i) {
    auto channel = MakeOneshot<int>();
    senders.push_back(std::move(channel.sender));
    receivers.push_back(std::move(channel.receiver));
  }
  Thread sending = *Thread::Start("sender", [&] {
    for (int i = 0; i < kRounds; ++i) {
      // Every seventh sender gives up instead.
      if (i % 7 == 0) {
        auto dropped = std::move(senders[static_cast<size_t>(i)]);
      } else {
        std::move(senders[static_cast<size_t>(i)]).Send(i);
      }
    }
  });
  auto receive = [](std::vector<OneshotReceiver<int>>* all) -> Task<int64_t> {
    int64_t sum = 0;
    for (auto& receiver : *all) {
      Result<int> value = co_await receiver;
      if (value.ok()) sum += *value;
    }
    co_return sum;
  };
  int64_t expected = 0;
  for (int i = 0; i < kRounds; ++i) expected += i % 7 == 0 ? 0 : i;
  EXPECT_EQ(executor.BlockOn(receive(&receivers)), expected);
}

TEST(StressTest, ReceiversDroppedWhileSendersSend) {
  constexpr int kRounds = 20'000;
  auto live = std::make_shared<int>(0);
  std::vector<OneshotSender<std::shared_ptr<int>>> senders;
  std::vector<OneshotReceiver<std::shared_ptr<int>>> receivers;
  for (int i = 0; i < kRounds; ++i) {
    auto channel = MakeOneshot<std::shared_ptr<int>>();
    senders.push_back(std::move(channel.sender));
    receivers.push_back(std::move(channel.receiver));
  }
  Thread sending = *Thread::Start("sender", [&] {
    for (auto& sender : senders) std::move(sender).Send(live);
  });
  for (auto& receiver : receivers) auto dropped = std::move(receiver);
  sending.Join();
  EXPECT_EQ(live.use_count(), 1);
}

// A future that is ready once an atomic reaches a target; the other side wakes it after each step.
struct Counter {
  Atomic<uint32_t> value{0};
  AtomicWaker waker;
};

struct ReachesTarget {
  ReachesTarget(Counter* c, uint32_t t) : counter(c), target(t) {}
  Poll<void> poll(Context& context) {
    counter->waker.Register(context.waker());
    if (counter->value.load(memory_order_acquire) >= target) return kReady;
    return kPending;
  }
  Counter* counter;
  uint32_t target;
};

TEST(StressTest, AWakeStormLosesNone) {
  constexpr uint32_t kSteps = 50'000;
  LocalExecutor executor;
  Counter ours;
  Counter theirs;
  // Each step of the thread waits for our answer to the last one, so one lost wake hangs.
  auto answer = [](Counter* in, Counter* out) -> Task<> {
    for (uint32_t i = 1; i <= kSteps; ++i) {
      co_await ReachesTarget(in, i);
      out->value.store(i, memory_order_release);
      out->waker.Wake();
    }
  };
  Thread other = *Thread::Start("other", [&] {
    LocalExecutor remote;
    auto ask = [](Counter* in, Counter* out) -> Task<> {
      for (uint32_t i = 1; i <= kSteps; ++i) {
        out->value.store(i, memory_order_release);
        out->waker.Wake();
        co_await ReachesTarget(in, i);
      }
    };
    JoinHandle<void> asking = Spawn(remote, ask(&theirs, &ours));
    EXPECT_TRUE(remote.BlockOn(std::move(asking)).ok());
  });
  JoinHandle<void> answering = Spawn(executor, answer(&ours, &theirs));
  EXPECT_TRUE(executor.BlockOn(std::move(answering)).ok());
}

TEST(StressTest, JoinAndCancelFromAnotherThread) {
  constexpr int kRounds = 2'000;
  LocalExecutor executor;
  std::vector<JoinHandle<int>> handles;
  auto body = [](int value) -> Task<int> {
    co_await Yield();
    co_await Yield();
    co_return value;
  };
  for (int i = 0; i < kRounds; ++i) handles.push_back(Spawn(executor, body(1)));
  int ended = 0;
  int cancelled = 0;
  Thread joining = *Thread::Start("joiner", [&] {
    for (size_t i = 0; i < handles.size(); ++i) {
      if (i % 3 == 0) handles[i].Cancel();
      Result<int> result = BlockOn(std::move(handles[i]));
      ++(result.ok() ? ended : cancelled);
    }
  });
  while (executor.live() != 0) executor.RunUntilIdle();
  joining.Join();
  EXPECT_EQ(ended + cancelled, kRounds);
  EXPECT_GE(ended, kRounds - kRounds / 3 - 1);
}

}  // namespace
}  // namespace zokio
