#include "sched/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/random.h"
#include "base/thread.h"
#include "future/testing.h"

namespace zokio {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::CountingWaker;

class StoppedClock : public Clock {
 public:
  Instant Now() const override { return now; }
  Instant now{seconds(1000)};
};

struct Timed {
  CountingWaker counter;
  TimerEntry entry;
  void Set(TimerWheel& wheel, Instant deadline) {
    entry.deadline = deadline;
    entry.waker = counter.Make();
    wheel.Set(&entry);
  }
};

TEST(TimerWheelTest, FiresAfterItsDeadlineAndAtMostOneTickLater) {
  for (nanoseconds delay : {nanoseconds(1), nanoseconds(40'000), nanoseconds(milliseconds(1)),
                            nanoseconds(milliseconds(777)), nanoseconds(seconds(61)),
                            nanoseconds(hours(5)), nanoseconds(hours(1000))}) {
    StoppedClock clock;
    TimerWheel wheel(clock);
    Timed timed;
    Instant deadline = clock.now + delay;
    timed.Set(wheel, deadline);
    EXPECT_EQ(wheel.size(), 1u);
    wheel.Advance(deadline - nanoseconds(1));
    EXPECT_FALSE(timed.entry.fired.load());
    EXPECT_EQ(timed.counter.wakes(), 0);
    EXPECT_EQ(wheel.Advance(deadline + TimerWheel::kTick), 1);
    EXPECT_TRUE(timed.entry.fired.load());
    EXPECT_EQ(timed.counter.wakes(), 1);
    EXPECT_EQ(timed.counter.clones(), 0);
    EXPECT_EQ(wheel.size(), 0u);
    EXPECT_EQ(wheel.NextDeadline(), kNever);
  }
}

TEST(TimerWheelTest, ADeadlineThatPassedFiresAtTheNextTurn) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  Timed timed;
  timed.Set(wheel, clock.now - seconds(3));
  EXPECT_LE(wheel.NextDeadline(), clock.now);
  EXPECT_EQ(wheel.Advance(clock.now), 1);
}

TEST(TimerWheelTest, NeverStaysLinkedAndCanBeCancelled) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  Timed timed;
  timed.Set(wheel, kNever);
  clock.now += hours(24 * 365 * 10);
  EXPECT_EQ(wheel.Advance(clock.now), 0);
  EXPECT_FALSE(timed.entry.fired.load());
  wheel.Cancel(&timed.entry);
  EXPECT_EQ(timed.counter.clones(), 0);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheelTest, CancelTakesItOutAndDropsTheWaker) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  Timed timed;
  timed.Set(wheel, clock.now + milliseconds(3));
  wheel.Cancel(&timed.entry);
  wheel.Cancel(&timed.entry);
  EXPECT_EQ(timed.counter.clones(), 0);
  clock.now += seconds(1);
  EXPECT_EQ(wheel.Advance(clock.now), 0);
  EXPECT_EQ(timed.counter.wakes(), 0);
  EXPECT_EQ(wheel.NextDeadline(), kNever);
}

TEST(TimerWheelTest, UpdateWakerReplacesItUntilItFired) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  Timed timed;
  CountingWaker other;
  timed.Set(wheel, clock.now + milliseconds(3));
  {
    Waker waker = other.Make();
    EXPECT_FALSE(wheel.UpdateWaker(&timed.entry, waker));
  }
  EXPECT_EQ(timed.counter.clones(), 0);
  EXPECT_EQ(other.clones(), 1);
  clock.now += milliseconds(4);
  EXPECT_EQ(wheel.Advance(clock.now), 1);
  EXPECT_EQ(timed.counter.wakes(), 0);
  EXPECT_EQ(other.wakes(), 1);
  Waker late = other.Make();
  EXPECT_TRUE(wheel.UpdateWaker(&timed.entry, late));
}

TEST(TimerWheelTest, EqualDeadlinesFireInTheOrderInWhichTheyWereSet) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  struct Recorder {
    std::vector<int>* order;
    int number;
    TimerEntry entry;
    static void Wake(void* data) {
      auto* self = static_cast<Recorder*>(data);
      self->order->push_back(self->number);
    }
    static Waker Clone(void* data);
    static void Drop(void*) {}
  };
  static constexpr WakerVtable kVtable{[](void* data) { return Waker(nullptr, data); },
                                       &Recorder::Wake, &Recorder::Wake, &Recorder::Drop};
  std::vector<int> order;
  std::vector<std::unique_ptr<Recorder>> recorders;
  Instant deadline = clock.now + milliseconds(300);
  for (int i = 0; i < 100; ++i) {
    recorders.push_back(std::make_unique<Recorder>());
    recorders.back()->order = &order;
    recorders.back()->number = i;
    recorders.back()->entry.deadline = deadline;
    recorders.back()->entry.waker = Waker(&kVtable, recorders.back().get());
    wheel.Set(&recorders.back()->entry);
  }
  clock.now = deadline + TimerWheel::kTick;
  EXPECT_EQ(wheel.Advance(clock.now), 100);
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// More are due at once than fire under one lock; what fires first cancels one that is due as well,
// and sets one that is late already and one for later.
TEST(TimerWheelTest, WhatFiresMayCancelAndSetOthersOfItsTick) {
  constexpr int kTimers = 100;
  struct Meddler {
    TimerWheel* wheel;
    TimerEntry* victim;
    Timed late, later;
    Instant deadline;
    static void Wake(void* data) {
      auto* self = static_cast<Meddler*>(data);
      self->wheel->Cancel(self->victim);
      self->late.Set(*self->wheel, self->deadline - milliseconds(1));
      self->later.Set(*self->wheel, self->deadline + 63 * TimerWheel::kTick);
    }
  };
  static constexpr WakerVtable kVtable{[](void* data) { return Waker(nullptr, data); },
                                       &Meddler::Wake, &Meddler::Wake, [](void*) {}};
  StoppedClock clock;
  TimerWheel wheel(clock);
  const Instant deadline = clock.now + milliseconds(10);
  std::vector<std::unique_ptr<Timed>> timers;
  for (int i = 0; i < kTimers; ++i) timers.push_back(std::make_unique<Timed>());
  Meddler meddler;
  meddler.wheel = &wheel;
  meddler.victim = &timers[kTimers / 2]->entry;
  meddler.deadline = deadline;
  TimerEntry first;
  first.deadline = deadline;
  first.waker = Waker(&kVtable, &meddler);
  wheel.Set(&first);
  for (auto& timer : timers) timer->Set(wheel, deadline);

  clock.now = deadline + TimerWheel::kTick;
  EXPECT_EQ(wheel.Advance(clock.now), 1 + kTimers - 1 + 1);
  for (int i = 0; i < kTimers; ++i) {
    EXPECT_EQ(timers[static_cast<size_t>(i)]->counter.wakes(), i == kTimers / 2 ? 0 : 1) << i;
  }
  EXPECT_EQ(meddler.late.counter.wakes(), 1);
  EXPECT_EQ(meddler.later.counter.wakes(), 0);
  EXPECT_EQ(wheel.size(), 1u);
  EXPECT_EQ(wheel.Advance(deadline + 64 * TimerWheel::kTick), 1);
  EXPECT_EQ(meddler.later.counter.wakes(), 1);
  EXPECT_EQ(wheel.NextDeadline(), kNever);
}

// Against a sorted map: sleeping to NextDeadline each time, as a worker does, every timer fires not
// early and within a tick of its deadline.
TEST(TimerWheelTest, AgreesWithASortedMapOnRandomTimers) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    StoppedClock clock;
    TimerWheel wheel(clock);
    Random random(seed);
    std::vector<std::unique_ptr<Timed>> timers;
    std::multimap<Instant, Timed*> model;
    auto add = [&] {
      timers.push_back(std::make_unique<Timed>());
      // Delays over all scales, from nanoseconds to a month.
      uint32_t bits = random.Below(52);
      nanoseconds delay(static_cast<int64_t>(random.Next() & ((uint64_t{1} << bits) - 1)));
      timers.back()->Set(wheel, clock.now + delay);
      model.emplace(clock.now + delay, timers.back().get());
    };
    for (int i = 0; i < 500; ++i) add();
    int turns = 0;
    while (!model.empty()) {
      ++turns;
      ASSERT_LT(turns, 100'000);
      Instant next = wheel.NextDeadline();
      ASSERT_NE(next, kNever);
      Instant first = model.begin()->first;
      ASSERT_LE(next, first + TimerWheel::kTick) << "it would sleep too long";
      clock.now = std::max(clock.now, next);
      wheel.Advance(clock.now);
      while (!model.empty() && model.begin()->second->entry.fired.load()) {
        ASSERT_LE(model.begin()->first, clock.now) << "fired early";
        model.erase(model.begin());
      }
      for (auto it = model.begin(); it != model.end() && it->first + TimerWheel::kTick <= clock.now;
           ++it) {
        ASSERT_TRUE(it->second->entry.fired.load()) << "late by more than a tick";
      }
      if (turns < 300 && random.Below(3) == 0) add();
      if (!model.empty() && random.Below(4) == 0) {
        auto victim = std::next(model.begin(), random.Below(static_cast<uint32_t>(model.size())));
        wheel.Cancel(&victim->second->entry);
        model.erase(victim);
      }
    }
    EXPECT_EQ(wheel.size(), 0u);
    for (auto& timed : timers) EXPECT_EQ(timed->counter.clones(), 0);
    EXPECT_LT(turns, 6000) << "waking for nothing too often";
  }
}

TEST(TimerWheelTest, OneLongTimerCostsFewTurns) {
  StoppedClock clock;
  TimerWheel wheel(clock);
  Timed timed;
  timed.Set(wheel, clock.now + hours(24 * 300));
  int turns = 0;
  while (!timed.entry.fired.load()) {
    clock.now = wheel.NextDeadline();
    wheel.Advance(clock.now);
    ++turns;
  }
  EXPECT_LE(turns, 8);
}

TEST(TimerWheelDeathTest, AWheelWithTimersInItMustNotDie) {
  auto timed = std::make_unique<Timed>();
  EXPECT_DEATH(
      {
        StoppedClock clock;
        TimerWheel wheel(clock);
        timed->Set(wheel, clock.now + hours(1));
      },
      "with timers in it");
}

// Entries are set by the owner and cancelled, updated and freed by other threads while they fire:
// whoever saw the cancel return, or `fired`, frees the entry at once.
TEST(TimerWheelStressTest, OtherThreadsCancelWhileTheOwnerFires) {
  constexpr int kRounds = 300;
  constexpr size_t kEntries = 64;
  constexpr size_t kCancellers = 2;
  TimerWheel wheel;
  CountingWaker counter;
  int64_t set = 0;
  int64_t fired = 0;
  Atomic<int64_t> cancelled{0};
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<TimerEntry>> entries;
    for (size_t i = 0; i < kEntries; ++i) {
      entries.push_back(std::make_unique<TimerEntry>());
      entries[i]->deadline = wheel.Now() + microseconds(5 * i);
      entries[i]->waker = counter.Make();
      wheel.Set(entries[i].get());
      ++set;
    }
    std::vector<Thread> cancellers;
    Atomic<size_t> ended{0};
    for (size_t c = 0; c < kCancellers; ++c) {
      cancellers.push_back(std::move(Thread::Start("canceller", [&, c] {
                             for (size_t i = kEntries; i-- > 0;) {
                               if (i % kCancellers != c) continue;
                               Waker replacement = counter.Make();
                               (void)wheel.UpdateWaker(entries[i].get(), replacement);
                               if (!entries[i]->fired.load(memory_order_acquire)) {
                                 wheel.Cancel(entries[i].get());
                               }
                               if (!entries[i]->fired.load()) cancelled.fetch_add(1);
                               entries[i].reset();
                             }
                             ended.fetch_add(1);
                           })).value());
    }
    while (ended.load() < kCancellers) fired += wheel.Advance(wheel.Now());
  }
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_EQ(fired + cancelled.load(), set);
  EXPECT_EQ(counter.clones(), 0);
  EXPECT_EQ(counter.wakes(), fired);
}

}  // namespace
}  // namespace zokio
