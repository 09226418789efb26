// Signals of the system.
#include "io/signals.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "base/thread.h"
#include "io/internal/signal_table.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Driven;

class SignalsTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(SignalsTest);

TEST_P(SignalsTest, EveryListenerGetsEverySignalItAskedFor) {
  AttachedLoop loop(GetParam());
  Signals both = *Signals::Listen({SIGUSR1, SIGUSR2});
  Signals one = *Signals::Listen({SIGUSR2, SIGUSR2});
  Driven first(both.Next());
  Driven second(one.Next());
  ASSERT_FALSE(first.Poll());
  ASSERT_FALSE(second.Poll());
  ASSERT_EQ(raise(SIGUSR2), 0);
  EXPECT_EQ(*first.Finish(), SIGUSR2);
  EXPECT_EQ(*second.Finish(), SIGUSR2);
  ASSERT_EQ(raise(SIGUSR1), 0);
  ASSERT_EQ(raise(SIGUSR1), 0);  // before it is taken: the same one
  EXPECT_EQ(*Await(both.Next()), SIGUSR1);
  Driven third(both.Next());
  Driven fourth(one.Next());
  EXPECT_FALSE(third.Poll());
  EXPECT_FALSE(fourth.Poll());
}

TEST_P(SignalsTest, ASignalThatComesWhileNobodyWaitsIsKept) {
  AttachedLoop loop(GetParam());
  Signals signals = *Signals::Listen({SIGUSR1, SIGUSR2});
  {
    Driven dropped(signals.Next());
    ASSERT_FALSE(dropped.Poll());
    ASSERT_EQ(raise(SIGUSR2), 0);
    ASSERT_EQ(raise(SIGUSR1), 0);
    testing::TurnUntil([&] { return dropped.woken(); });
  }
  EXPECT_EQ(*Await(signals.Next()), SIGUSR1);
  EXPECT_EQ(*Await(signals.Next()), SIGUSR2);
}

Atomic<int> former_calls{0};

TEST_P(SignalsTest, TheFormerActionComesBack) {
  AttachedLoop loop(GetParam());
  struct sigaction action{};
  action.sa_handler = [](int) { former_calls.fetch_add(1, memory_order_relaxed); };
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  former_calls.store(0, memory_order_relaxed);
  {
    Signals first = *Signals::Listen({SIGUSR1});
    Signals second = *Signals::Listen({SIGUSR1});
    first.Close();
    ASSERT_EQ(raise(SIGUSR1), 0);
    EXPECT_EQ(*Await(second.Next()), SIGUSR1);
    EXPECT_EQ(former_calls.load(memory_order_relaxed), 0);
  }
  ASSERT_EQ(raise(SIGUSR1), 0);
  EXPECT_EQ(former_calls.load(memory_order_relaxed), 1);
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

// A signal that comes while somebody begins to listen has its usual effect or is heard: never
// neither.
TEST(SignalTableTest, NoSignalIsSwallowedWhileListeningBegins) {
  struct sigaction action{};
  action.sa_handler = [](int) { former_calls.fetch_add(1, memory_order_relaxed); };
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  former_calls.store(0, memory_order_relaxed);
  std::vector<int> signals = {SIGUSR1};  // the first caught; the others take their time
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) signals.push_back(signal);
  constexpr int kRounds = 100;
  Parker next_round;
  Parker coming;
  Parker raised;
  Result<Thread> other = Thread::Start("raises", [&] {
    for (int i = 0; i < kRounds; ++i) {
      next_round.Park();
      // Until one comes that has its usual effect no more.
      int before_it;
      do {
        before_it = former_calls.load(memory_order_relaxed);
        raise(SIGUSR1);
        coming.Unpark();
      } while (former_calls.load(memory_order_relaxed) != before_it);
      raised.Unpark();
    }
  });
  ASSERT_TRUE(other.ok());
  int heard = 0;
  for (int i = 0; i < kRounds; ++i) {
    next_round.Unpark();
    coming.Park();  // or has left its token in the last round: then this one listens a bit earlier
    SignalPlace place;
    EXPECT_EQ(OpenSignals(signals, place), 0);
    raised.Park();
    if (TakeSignal(place.index, place.handle) == SIGUSR1) ++heard;
    CloseSignals(place.index);
    close(place.handle);
  }
  other->Join();
  EXPECT_EQ(heard, kRounds);
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

// What a child of fork is sent does not wake its parent.
TEST(SignalTableTest, TheSignalsOfAChildAreItsOwn) {
  SignalPlace place;
  const std::vector<int> signals = {SIGUSR2};
  ASSERT_EQ(OpenSignals(signals, place), 0);
  const pid_t child = fork();
  if (child == 0) _exit(raise(SIGUSR2) == 0 ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);  // it was caught there too
  pollfd readable{place.handle, POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 0), 0);
  raise(SIGUSR2);
  EXPECT_EQ(poll(&readable, 1, 0), 1);
  EXPECT_EQ(TakeSignal(place.index, place.handle), SIGUSR2);
  CloseSignals(place.index);
  close(place.handle);
}

TEST_P(SignalsTest, ClosingWakesAndLeaksNothing) {
  AttachedLoop loop(GetParam());
  const auto fill = [] {
    std::vector<Signals> all;
    while (true) {
      Result<Signals> signals = Signals::Listen({SIGUSR1});
      if (!signals.ok()) {
        EXPECT_EQ(signals.error().code(), ErrorCode::kTooManyFiles);
        return all;
      }
      all.push_back(*std::move(signals));
    }
  };
  EXPECT_EQ(fill().size(), 64u);  // now every place has its counter, for ever
  testing::TurnUntil([&] { return !loop->HasPendingOperations(); });
  const int descriptors = testing::CountDescriptors();
  {
    std::vector<Signals> all = fill();
    Driven waiting(all[0].Next());
    ASSERT_FALSE(waiting.Poll());
    all.clear();
    EXPECT_EQ(waiting.Finish().error().code(), ErrorCode::kClosed);
  }
  testing::TurnUntil([&] { return testing::CountDescriptors() == descriptors; });
}

TEST_P(SignalsTest, WhatCannotBeCaughtIsRefused) {
  EXPECT_EQ(Signals::Listen({SIGUSR1}).error().code(), ErrorCode::kWrongThread);
  AttachedLoop loop(GetParam());
  for (const int signal : {SIGKILL, SIGSTOP, SIGSEGV, 0, -1, 65}) {
    EXPECT_EQ(Signals::Listen({SIGUSR1, signal}).error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(Signals::Listen({}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_P(SignalsTest, CtrlCEndsAWait) {
  AttachedLoop loop(GetParam());
  LocalExecutor executor;
  bool done = false;
  auto wait = [](bool* out) -> Task<void> {
    const Result<void> result = co_await CtrlC();
    *out = result.ok();
  };
  JoinHandle<void> handle = Spawn(executor, wait(&done));
  executor.RunUntilIdle();
  ASSERT_EQ(raise(SIGINT), 0);
  testing::TurnUntil([&] {
    executor.RunUntilIdle();
    return done;
  });
}

}  // namespace
}  // namespace zokio::io
