// Notify, Barrier, AsyncCondVar, OnceCell and Shared across threads: nobody is left waiting. Run
// under ThreadSanitizer.
#include <cstdint>
#include <vector>

#include "base/atomic.h"
#include "base/thread.h"
#include "future/barrier.h"
#include "future/condvar.h"
#include "future/local_executor.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/once_cell.h"
#include "future/oneshot.h"
#include "future/select.h"
#include "future/shared.h"
#include "future/task.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

constexpr int kThreads = 3;

// Runs `make(thread)` on threads of their own.
template <typename Make>
void OnThreads(Make make) {
  std::vector<Thread> running;
  for (int thread = 0; thread < kThreads; ++thread) {
    running.push_back(*Thread::Start("stress", [=] { BlockOn(make(thread)); }));
  }
  for (Thread& thread : running) thread.Join();
}

TEST(MeetingStressTest, RoundsOfABarrier) {
  static constexpr int kRounds = 1'000;
  struct State {
    Barrier barrier{kThreads};
    int64_t plain[kThreads] = {};
    Atomic<int> leaders{0};
  } state;
  OnThreads([&state](int thread) {
    return [](State* s, int mine) -> Task<> {
      for (int round = 1; round <= kRounds; ++round) {
        s->plain[mine] = round;
        bool leads = co_await s->barrier.Arrive();
        if (leads) s->leaders.fetch_add(1, memory_order_relaxed);
        for (int64_t other : s->plain) EXPECT_EQ(other, round);
        co_await s->barrier.Arrive();
      }
    }(&state, thread);
  });
  EXPECT_EQ(state.leaders.load(), kRounds);
}

TEST(MeetingStressTest, TokensThroughACondVar) {
  static constexpr int kTokens = 2'000;
  struct State {
    AsyncMutex mutex;
    AsyncCondVar changed;
    int tokens = 0;
    int taken = 0;
  } state;
  OnThreads([&state](int thread) {
    return [](State* s, bool produces) -> Task<> {
      for (int i = 0; i < kTokens; ++i) {
        AsyncMutex::Guard guard = co_await s->mutex.Lock();
        if (produces) {
          s->tokens += kThreads - 1;
          s->changed.NotifyAll();
        } else {
          while (s->tokens == 0) co_await s->changed.Wait(guard);
          --s->tokens;
          ++s->taken;
        }
      }
    }(&state, thread == 0);
  });
  EXPECT_EQ(state.tokens, 0);
  EXPECT_EQ(state.taken, (kThreads - 1) * kTokens);
}

// One notifies while the others wait; waits that lose against a yield pass theirs on.
TEST(MeetingStressTest, NotificationsWithdrawnAtRandom) {
  static constexpr int kWaits = 1'000;
  struct State {
    Notify notify;
    Atomic<int> waiting{kThreads - 1};
  } state;
  OnThreads([&state](int thread) {
    return [](State* s, bool notifies) -> Task<> {
      if (notifies) {
        while (s->waiting.load(memory_order_acquire) != 0) {
          s->notify.NotifyOne();
          co_await Yield();
        }
        co_return;
      }
      for (int i = 0; i < kWaits; ++i) {
        auto first = co_await Select(s->notify.Wait(), Yield());
        (void)first;
      }
      co_await s->notify.Wait();
      s->waiting.fetch_sub(1, memory_order_acq_rel);
    }(&state, thread == 0);
  });
  EXPECT_EQ(state.waiting.load(), 0);
}

TEST(MeetingStressTest, ACellIsMadeOnce) {
  static constexpr int kRounds = 300;
  struct State {
    Barrier barrier{kThreads};
    OnceCell<int> cells[kRounds];
    Atomic<int> made{0};
  } state;
  OnThreads([&state](int) {
    return [](State* s) -> Task<> {
      for (OnceCell<int>& cell : s->cells) {
        co_await s->barrier.Arrive();
        int* value = co_await cell.GetOrInit([s] {
          s->made.fetch_add(1, memory_order_relaxed);
          return [](Atomic<int>* count) -> Task<int> {
            co_await Yield();
            co_return count->load(memory_order_relaxed);
          }(&s->made);
        });
        EXPECT_GE(*value, 1);
      }
    }(&state);
  });
  EXPECT_EQ(state.made.load(), kRounds);
}

TEST(MeetingStressTest, AwaitersOfASharedOneComeAndGo) {
  static constexpr int kRounds = 500;
  using SharedReceiver = SharedFuture<OneshotReceiver<int>>;
  std::vector<OneshotSender<int>> senders;
  std::vector<SharedReceiver> answers;
  senders.reserve(kRounds);
  answers.reserve(kRounds);
  for (int i = 0; i < kRounds; ++i) {
    auto channel = MakeOneshot<int>();
    senders.push_back(std::move(channel.sender));
    answers.push_back(Shared(std::move(channel.receiver)));
  }
  OnThreads([&](int thread) {
    return [](std::vector<SharedReceiver> mine, std::vector<OneshotSender<int>>* to_send,
              bool sends) -> Task<> {
      int number = 0;
      for (SharedReceiver& answer : mine) {
        if (sends) std::move((*to_send)[static_cast<size_t>(number)]).Send(number);
        // A copy that is dropped, perhaps while it drives.
        auto first = co_await Select(answer, Yield());
        (void)first;
        const Result<int>& value = co_await answer;
        EXPECT_EQ(*value, number);
        ++number;
      }
    }(answers, &senders, thread == 0);
  });
}

}  // namespace
}  // namespace zokio
