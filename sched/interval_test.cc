#include "sched/interval.h"

#include <gtest/gtest.h>

#include <vector>

#include "future/testing.h"
#include "sched/timer_wheel.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;

class StoppedClock : public Clock {
 public:
  Instant Now() const override { return now; }
  Instant now{std::chrono::seconds(1000)};
};

// A wheel under virtual time and a context that names it.
class IntervalTest : public ::testing::Test {
 protected:
  // Polls `tick` until it is ready; time jumps to the wheel's deadline while it waits.
  Instant Drive(Interval::TickFuture tick) {
    Waker waker = counter_.Make();
    Context context(waker, environment_);
    while (true) {
      Poll<Instant> poll = tick.poll(context);
      if (poll.ready()) return poll.value();
      clock_.now = std::max(clock_.now, wheel_.NextDeadline());
      wheel_.Advance(clock_.now);
    }
  }

  StoppedClock clock_;
  TimerWheel wheel_{clock_};
  testing::CountingWaker counter_;
  PollEnvironment environment_{.executor = nullptr, .timer = &wheel_, .budget = kPollBudget};
};

TEST_F(IntervalTest, TicksAtItsPeriodFromTheFirstPollOn) {
  Instant start = clock_.now;
  Interval interval(milliseconds(10));
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(Drive(interval.Tick()), start + i * milliseconds(10));
    EXPECT_GE(clock_.now, start + i * milliseconds(10));
    EXPECT_LE(clock_.now, start + i * milliseconds(10) + TimerWheel::kTick);
  }
}

TEST_F(IntervalTest, BurstDeliversMissedTicksAtOnce) {
  Instant start = clock_.now;
  Interval interval(start, milliseconds(10), MissedTicks::kBurst);
  clock_.now += milliseconds(35);
  for (int i = 0; i <= 3; ++i) EXPECT_EQ(Drive(interval.Tick()), start + i * milliseconds(10));
  EXPECT_EQ(clock_.now, start + milliseconds(35)) << "none of them waited";
  EXPECT_EQ(Drive(interval.Tick()), start + milliseconds(40));
}

TEST_F(IntervalTest, DelayStartsAnewAfterALateTick) {
  Instant start = clock_.now;
  Interval interval(start, milliseconds(10), MissedTicks::kDelay);
  clock_.now += milliseconds(35);
  EXPECT_EQ(Drive(interval.Tick()), start);
  EXPECT_EQ(Drive(interval.Tick()), start + milliseconds(45));
}

TEST_F(IntervalTest, SkipKeepsToTheSchedule) {
  Instant start = clock_.now;
  Interval interval(start, milliseconds(10), MissedTicks::kSkip);
  clock_.now += milliseconds(35);
  EXPECT_EQ(Drive(interval.Tick()), start);
  EXPECT_EQ(interval.skipped(), 3u);
  EXPECT_EQ(Drive(interval.Tick()), start + milliseconds(40));
}

TEST_F(IntervalTest, ADroppedTickLeavesNoTimerAndLosesNoTick) {
  Instant start = clock_.now;
  Interval interval(milliseconds(10));
  {
    Interval::TickFuture dropped = interval.Tick();
    Waker waker = counter_.Make();
    Context context(waker, environment_);
    EXPECT_TRUE(dropped.poll(context).pending());
    EXPECT_EQ(wheel_.size(), 1u);
  }
  EXPECT_EQ(wheel_.size(), 0u);
  EXPECT_EQ(counter_.clones(), 0);
  EXPECT_EQ(Drive(interval.Tick()), start + milliseconds(10));
}

TEST(IntervalDeathTest, APeriodOfNothingIsACheck) {
  EXPECT_DEATH(Interval interval(Duration::zero()), "period must be positive");
}

}  // namespace
}  // namespace zokio
