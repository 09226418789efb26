// Polls that really block, in read(2) on a pipe: they are found and named, and everything else goes
// on without them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "base/parker.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/spawn.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/fiber.h"
#include "sched/fork.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZOKIO_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZOKIO_TEST_SANITIZED 1
#endif
#endif
#ifdef ZOKIO_TEST_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// What a thread blocks on until it is let go.
class Gate {
 public:
  Gate() { ZOKIO_CHECK(pipe(fds_) == 0, "pipe"); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() {
    close(fds_[0]);
    close(fds_[1]);
  }
  void Block() {
    char byte;
    while (read(fds_[0], &byte, 1) != 1) {
    }
  }
  void Release() { ZOKIO_CHECK(write(fds_[1], "x", 1) == 1, "write"); }

 private:
  int fds_[2];
};

// Reports are counted, and may be waited for.
struct Reports {
  std::unique_ptr<Scheduler> Make(int workers, Duration limit = 20ms, int spares = 16) {
    SchedulerOptions options;
    options.workers = workers;
    options.stuck_poll_limit = limit;
    options.spare_workers_max = spares;
    options.on_stuck_poll = [this](const StuckPoll&) {
      count.fetch_add(1);
      came.Unpark();
    };
    return std::move(Scheduler::Create(std::move(options))).value();
  }
  void WaitFor(int n) {
    while (count.load() < n) came.Park();
  }
  Atomic<int> count{0};
  Parker came;
};

Task<> BlockOnGate(Gate* gate) {
  gate->Block();
  co_return;
}
Task<int> Number(int n) { co_return n; }
Task<> Join(JoinHandle<void> handle) { (void)co_await handle; }

TEST(RecoveryTest, AStuckPollIsNamedWithItsStack) {
  Reports reports;
  auto scheduler = reports.Make(1);
  Gate gate;
  auto stuck = SpawnNamed(scheduler->executor(), "reads a pipe", BlockOnGate(&gate));
  reports.WaitFor(1);
  const std::vector<StuckPoll> polls = scheduler->StuckPolls();
  const RecoveryStats stats = scheduler->Recovery();  // before a busy machine makes others late
  gate.Release();
  scheduler->BlockOn(Join(std::move(stuck)));
  ASSERT_EQ(polls.size(), 1u);
  EXPECT_EQ(polls[0].worker, 0);
  EXPECT_EQ(polls[0].task_name, "reads a pipe");
  EXPECT_NE(polls[0].task_id, 0u);
  EXPECT_GE(polls[0].lasted, 20ms);
  EXPECT_TRUE(polls[0].replaced);
  EXPECT_FALSE(polls[0].io_waits);
  const std::string text = polls[0].ToString();
  EXPECT_NE(text.find("\"reads a pipe\" spawned at sched/recovery_test.cc:"), std::string::npos)
      << text;
  if (!kSanitized) {
    EXPECT_NE(polls[0].stack.find("read"), std::string::npos) << polls[0].stack;
  }
  EXPECT_EQ(stats.stuck_polls, 1u);
  EXPECT_GE(scheduler->Stats()[0].stuck_polls, 1u);
  EXPECT_EQ(stats.replaced, 1u);
  EXPECT_EQ(stats.spare_workers, 1);
}

// Blocks with less of the fiber's stack left than a signal's frame takes.
[[gnu::noinline]] void BlockDeepDown(Gate* gate, const char* top, ptrdiff_t depth) {
  volatile char here[256];
  here[0] = 0;
  if (top - const_cast<const char*>(here) < depth) {
    BlockDeepDown(gate, top, depth);
    here[1] = 0;  // after the call, so that this frame is kept
  } else {
    gate->Block();
  }
}

TEST(RecoveryTest, TheStackOfAFiberThatHasNoneLeftIsToldToo) {
  Reports reports;
  auto scheduler = reports.Make(1);
  Gate gate;
  auto stuck = scheduler->Spawn([&]() -> Task<> {
    (void)co_await RunFiber([&](Fiber&) {
      const char top = 0;
      BlockDeepDown(&gate, &top, ptrdiff_t{kSanitized ? 24 : 61} << 10);  // of 64 KiB
    });
  });
  reports.WaitFor(1);
  const std::vector<StuckPoll> polls = scheduler->StuckPolls();
  gate.Release();
  scheduler->BlockOn(Join(std::move(stuck)));
  ASSERT_EQ(polls.size(), 1u);
  if (!kSanitized) {
    EXPECT_NE(polls[0].stack.find("read"), std::string::npos) << polls[0].stack;
  }
}

// A spare worker that is not needed any more runs what its timers wake, but nothing for ever.
TEST(RecoveryTest, ATaskThatYieldsForEverLeavesASpareWorker) {
  Reports reports;
  auto scheduler = reports.Make(1);
  Gate gate;
  Atomic<bool> stop{false};
  Parker turned;
  auto stuck = scheduler->Spawn(BlockOnGate(&gate));
  reports.WaitFor(1);
  auto endless = scheduler->Spawn([&]() -> Task<> {
    for (int turns = 1; !stop.load(); ++turns) {
      if (turns % 1000 == 0) turned.Unpark();
      co_await Yield();
    }
  });
  turned.Park();  // on the spare worker
  gate.Release();
  scheduler->BlockOn(Join(std::move(stuck)));
  // Back on the worker that was asked for: the spare one polls no more.
  uint64_t spare_polls = 0;
  do {
    const std::vector<WorkerStats> stats = scheduler->Stats();
    ASSERT_GE(stats.size(), 2u);
    spare_polls = stats[1].polls;
    turned.Park();
    turned.Park();
  } while (scheduler->Stats()[1].polls != spare_polls);
  stop.store(true);
  scheduler->BlockOn(Join(std::move(endless)));
}

// The only worker blocks with a task in its slot, others in its batch and ring, and timers.
TEST(RecoveryTest, QueueSlotAndTimersOfAStuckWorkerGoOnElsewhere) {
  constexpr int kTasks = 400;  // more than ring and batch hold
  Reports reports;
  auto scheduler = reports.Make(1);
  Gate gate;
  Atomic<int> ran{0};
  Atomic<int> slept{0};
  auto sleeper = [](Atomic<int>* count) -> Task<> {
    co_await SleepFor(30ms);
    count->fetch_add(1);
  };
  auto run = [](Atomic<int>* count) -> Task<> {
    count->fetch_add(1);
    co_return;
  };
  std::vector<JoinHandle<void>> handles;
  JoinHandle<void> stuck = scheduler->Spawn([&]() -> Task<> {
    for (int i = 0; i < 10; ++i) handles.push_back(scheduler->Spawn(sleeper, &slept));
    co_await Yield();  // their timers are set
    for (int i = 0; i < kTasks; ++i) handles.push_back(scheduler->Spawn(run, &ran));
    gate.Block();
  });
  reports.WaitFor(1);
  scheduler->BlockOn([&]() -> Task<> {
    for (JoinHandle<void>& handle : handles) (void)co_await handle;
  });
  EXPECT_EQ(ran.load(), kTasks);
  EXPECT_EQ(slept.load(), 10);
  EXPECT_FALSE(stuck.finished());
  gate.Release();
  scheduler->BlockOn(Join(std::move(stuck)));
}

// What the stuck poll itself wakes, spawns and sets before it returns is not lost either.
TEST(RecoveryTest, AStuckPollStillWakesAndSpawns) {
  Reports reports;
  auto scheduler = reports.Make(1);
  Gate first;
  Gate second;
  auto channel = MakeOneshot<int>();
  auto waiting = scheduler->Spawn(
      [](OneshotReceiver<int> receiver) -> Task<int> { co_return (co_await receiver).value(); },
      std::move(channel.receiver));
  std::optional<JoinHandle<int>> child;
  Parker spawned;
  auto stuck = scheduler->Spawn([&]() -> Task<> {
    first.Block();
    std::move(channel.sender).Send(7);
    child = scheduler->Spawn(Number(8));
    spawned.Unpark();
    second.Block();
    co_await SleepFor(1ms);  // set in the wheel that somebody else cares for
    co_await Yield();
  });
  reports.WaitFor(1);
  first.Release();
  spawned.Park();
  const int sum = scheduler->BlockOn(
      [](JoinHandle<int> a, JoinHandle<int> b) -> Task<int> {
        const int x = (co_await a).value();
        const int y = (co_await b).value();
        co_return x + y;
      },
      std::move(waiting), *std::move(child));
  EXPECT_EQ(sum, 15);
  second.Release();
  scheduler->BlockOn(Join(std::move(stuck)));
}

// Pushing tasks is the one thing that keeps the watchdog out: it has to come again.
TEST(RecoveryTest, APollThatSpawnsAllTheTimeIsReportedToo) {
  Reports reports;
  auto scheduler = reports.Make(1, 2ms);
  for (int round = 0; round < 30; ++round) {
    const bool reported = scheduler->BlockOn([&]() -> Task<bool> {
      const int before = reports.count.load();
      const Instant give_up = Clock::Monotonic().Now() + 5s;
      while (reports.count.load() == before) {
        if (Clock::Monotonic().Now() > give_up) co_return false;
        for (int i = 0; i < 20; ++i) scheduler->Spawn(Number(i)).Detach();
      }
      co_return true;
    });
    ASSERT_TRUE(reported) << "round " << round;
  }
}

TEST(RecoveryTest, AllWorkersMayBeStuckAtOnceAndComeBack) {
  constexpr int kStuck = 5;
  Reports reports;
  auto scheduler = reports.Make(2);
  Gate gate;
  for (int round = 1; round <= 3; ++round) {
    std::vector<JoinHandle<void>> stuck;
    for (int i = 0; i < kStuck; ++i) stuck.push_back(scheduler->Spawn(BlockOnGate(&gate)));
    reports.WaitFor(kStuck * round);
    EXPECT_EQ(scheduler->BlockOn(Number(round)), round);
    for (int i = 0; i < kStuck; ++i) gate.Release();
    for (JoinHandle<void>& handle : stuck) scheduler->BlockOn(Join(std::move(handle)));
  }
  // Those that came back are used again; at most one is started for each that is stuck at once.
  EXPECT_LE(scheduler->Recovery().spare_workers, kStuck);
  EXPECT_EQ(scheduler->Recovery().replaced, 3u * kStuck);
}

TEST(RecoveryTest, TasksBoundToAStuckWorkerWaitForIt) {
  Reports reports;
  auto scheduler = reports.Make(1);
  Gate gate;
  auto stuck = scheduler->Spawn(BlockOnGate(&gate));
  reports.WaitFor(1);
  auto bound = scheduler->SpawnOn(0, Number(3));
  EXPECT_EQ(scheduler->BlockOn(Number(4)), 4);
  EXPECT_FALSE(bound.finished());
  gate.Release();
  EXPECT_EQ(scheduler->BlockOn(
                [](JoinHandle<int> handle) -> Task<int> { co_return (co_await handle).value(); },
                std::move(bound)),
            3);
  scheduler->BlockOn(Join(std::move(stuck)));
}

TEST(RecoveryTest, WithoutSpareWorkersItIsOnlyReported) {
  Reports reports;
  auto scheduler = reports.Make(1, 5ms, /*spares=*/0);
  Gate gate;
  auto stuck = SpawnNamed(scheduler->executor(), "stuck", BlockOnGate(&gate));
  reports.WaitFor(1);
  EXPECT_FALSE(scheduler->StuckPolls().at(0).replaced);
  EXPECT_EQ(scheduler->Recovery().replaced, 0u);
  auto waiting = scheduler->Spawn(Number(1));
  gate.Release();
  EXPECT_EQ(scheduler->BlockOn(Number(2)), 2);
  scheduler->BlockOn(Join(std::move(stuck)));
  const std::vector<StuckPoll> polls = scheduler->StuckPolls();
  // On a busy machine another poll may have been late as well.
  EXPECT_EQ(std::count_if(polls.begin(), polls.end(),
                          [](const StuckPoll& poll) { return poll.task_name == "stuck"; }),
            1)
      << "once for each poll";
}

Task<uint64_t> Fib(uint64_t n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await Fork(Fib(n - 1), Fib(n - 2));
  co_return a + b;
}

TEST(RecoveryTest, ALongForkJoinIsNotStuck) {
  Reports reports;
  auto scheduler = reports.Make(2, 250ms);
  // One poll, but for the turns that it gives to others while there are any. A machine that keeps a
  // thread from its core for so long is no defect: it would not do so each time.
  bool undisturbed = false;
  for (int round = 0; round < 5 && !undisturbed; ++round) {
    const uint64_t before = scheduler->Recovery().stuck_polls;
    scheduler->BlockOn([]() -> Task<> {
      const Instant end = Clock::Monotonic().Now() + 400ms;
      while (Clock::Monotonic().Now() < end) {
        const uint64_t answer = co_await Fib(15);
        EXPECT_EQ(answer, 610u);
      }
    });
    undisturbed = scheduler->Recovery().stuck_polls == before;
  }
  EXPECT_TRUE(undisturbed);
}

TEST(RecoveryTest, ShutdownWaitsForAStuckPollAndEndsTheRest) {
  for (int round = 0; round < 3; ++round) {
    Reports reports;
    auto scheduler = reports.Make(2, 2ms);
    Gate gate;
    scheduler->Spawn(BlockOnGate(&gate)).Detach();
    scheduler->Spawn([]() -> Task<> { co_await SleepFor(1h); }).Detach();
    reports.WaitFor(1);
    Result<void> early = scheduler->Shutdown(1ms);
    ASSERT_FALSE(early.ok());
    gate.Release();
    EXPECT_TRUE(scheduler->Shutdown().ok());
  }
}

TEST(BlockInPlaceTest, TheWorkersTasksGoOnMeanwhile) {
  SchedulerOptions options;
  options.workers = 1;
  options.stuck_poll_limit = Duration::zero();  // nobody watches
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  Gate gate;
  const int sum = scheduler->BlockOn([&]() -> Task<int> {
    JoinHandle<void> opener = scheduler->Spawn([&]() -> Task<> {
      co_await SleepFor(1ms);
      gate.Release();
    });
    const int answer = BlockInPlace([&] {
      gate.Block();
      return scheduler->BlockOn(Number(20));  // may wait for the scheduler: it is not in its way
    });
    (void)co_await opener;
    co_return answer + 1;
  });
  EXPECT_EQ(sum, 21);
  EXPECT_EQ(scheduler->Recovery().in_place, 1u);
  EXPECT_EQ(scheduler->Recovery().stuck_polls, 0u);
}

// The spare worker is never out of work, and yet nothing that waits at the blocked one is left out.
TEST(BlockInPlaceTest, WhatWaitsAtTheWorkerRunsWhoeverElseIsBusy) {
  constexpr int kTasks = 40;  // more than the slot and a batch hold
  SchedulerOptions options;
  options.workers = 1;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  Atomic<int> begun{0};
  Atomic<bool> end{false};
  auto busy = [](Atomic<int>* count, Atomic<bool>* stop) -> Task<> {
    count->fetch_add(1);
    while (!stop->load()) co_await Yield();
  };
  const int seen = scheduler->BlockOn([&]() -> Task<int> {
    std::vector<JoinHandle<void>> handles;
    for (int i = 0; i < kTasks; ++i) {
      const Priority priority = i % 4 == 0 ? Priority::kImmediate : Priority::kNormal;
      handles.push_back(scheduler->Spawn(priority, busy, &begun, &end));
    }
    const int all_begun = BlockInPlace([&] {
      Parker parker;
      const Instant give_up = Clock::Monotonic().Now() + 10s;
      while (begun.load() < kTasks && Clock::Monotonic().Now() < give_up) {
        parker.ParkUntil(Clock::Monotonic().Now() + 100us);
      }
      return begun.load();
    });
    end.store(true);
    for (JoinHandle<void>& handle : handles) (void)co_await handle;
    co_return all_begun;
  });
  EXPECT_EQ(seen, kTasks);
}

TEST(BlockInPlaceDeathTest, AFiberMustNotWaitInIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        SchedulerOptions options;
        options.workers = 1;
        auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
        scheduler->BlockOn([]() -> Task<> {
          (void)co_await RunFiber([](Fiber& fiber) {
            BlockInPlace([&] { fiber.Await(Yield()); });
            return 0;
          });
        });
      },
      "a fiber waited inside BlockInPlace");
}

TEST(BlockInPlaceTest, OutsideAWorkerItJustCalls) {
  EXPECT_EQ(BlockInPlace([] { return 5; }), 5);
  int value = 1;
  int& same = BlockInPlace([&]() -> int& { return value; });
  EXPECT_EQ(&same, &value);
}

TEST(BlockInPlaceTest, ABlockedCallIsNotReportedAsStuck) {
  Reports reports;
  auto scheduler = reports.Make(1, 60ms);
  Gate gate;
  bool undisturbed = false;
  for (int round = 0; round < 5 && !undisturbed; ++round) {  // a busy machine may make polls late
    const uint64_t before = scheduler->Recovery().stuck_polls;
    scheduler->BlockOn([&]() -> Task<> {
      JoinHandle<void> opener = scheduler->Spawn([&]() -> Task<> {
        co_await SleepFor(100ms);
        gate.Release();
      });
      BlockInPlace([&] { gate.Block(); });
      (void)co_await opener;
    });
    undisturbed = scheduler->Recovery().stuck_polls == before;
  }
  EXPECT_TRUE(undisturbed);
}

// Everything at once: blocking in place and by mistake, sleeping, waking, spawning.
TEST(RecoveryStressTest, NoTaskIsLostWhileWorkersComeAndGo) {
  constexpr int kTasks = 14;  // fewer than threads, or they would wait for each other
  constexpr int kSteps = 20;
  Reports reports;
  auto scheduler = reports.Make(2, 1ms);
  auto step = [](Scheduler* on, int seed) -> Task<int> {
    Gate gate;
    int done = 0;
    for (int i = 0; i < kSteps; ++i) {
      auto opener = on->Spawn(
          [](Gate* to_open) -> Task<> {
            co_await Yield();
            to_open->Release();
          },
          &gate);
      switch ((seed + i) % 4) {
        case 0:
          BlockInPlace([&] { gate.Block(); });
          break;
        case 1:
          co_await SleepFor(10us);
          gate.Block();
          break;
        case 2:
          gate.Block();
          break;
        default:
          co_await Yield();
          BlockInPlace([&] { gate.Block(); });
      }
      (void)co_await opener;
      ++done;
    }
    co_return done;
  };
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < kTasks; ++i) handles.push_back(scheduler->Spawn(step, scheduler.get(), i));
  const int sum = scheduler->BlockOn([&]() -> Task<int> {
    int total = 0;
    for (JoinHandle<int>& handle : handles) total += (co_await handle).value();
    co_return total;
  });
  EXPECT_EQ(sum, kTasks * kSteps);
}

}  // namespace
}  // namespace zokio
