#include "tools/testing/virtual_clock.h"

#include <chrono>

#include "gtest/gtest.h"

namespace zokio::testing {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// What a user of the clock may look like: true at most once in a second.
class OncePerSecond {
 public:
  explicit OncePerSecond(const Clock& clock) : clock_(clock) {}
  bool Take() {
    const Instant now = clock_.Now();
    if (now < next_) return false;
    next_ = now + seconds(1);
    return true;
  }

 private:
  const Clock& clock_;
  Instant next_{};
};

TEST(VirtualClockTest, TimeStandsStillUntilItIsMoved) {
  VirtualClock clock;
  const Instant start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(seconds(5));
  EXPECT_EQ(clock.Now(), start + seconds(5));
  clock.AdvanceTo(start + seconds(7));
  EXPECT_EQ(clock.Now(), start + seconds(7));
}

TEST(VirtualClockTest, DrivesWhatTakesAClock) {
  VirtualClock clock;
  OncePerSecond limit(clock);
  EXPECT_TRUE(limit.Take());
  EXPECT_FALSE(limit.Take());
  clock.Advance(seconds(1) - nanoseconds(1));
  EXPECT_FALSE(limit.Take());
  clock.Advance(nanoseconds(1));
  EXPECT_TRUE(limit.Take());
}

TEST(VirtualClockTest, AStepEndsALoopAfterTheSameTurns) {
  VirtualClock clock(nanoseconds(10));
  const Instant deadline = clock.Now() + nanoseconds(100);
  int turns = 0;
  while (clock.Now() < deadline) ++turns;
  EXPECT_EQ(turns, 9);
}

TEST(VirtualClockDeathTest, TimeThatGoesBackIsCaught) {
  EXPECT_DEATH(VirtualClock().Advance(nanoseconds(-1)), "time never goes back");
  EXPECT_DEATH(VirtualClock().AdvanceTo(VirtualClock::kStart - seconds(1)), "never goes back");
}

}  // namespace
}  // namespace zokio::testing
