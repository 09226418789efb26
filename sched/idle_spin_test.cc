// Spin or sleep: what a SpinLearner makes of waits, and that workers spin when they are to and
// never otherwise. Costs are virtual, events are counted: no test depends on how long things take.
#include "sched/idle_spin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "base/random.h"
#include "sched/cores.h"
#include "sched/cpu_quota.h"
#include "sched/driver.h"
#include "sched/internal/spin_learner.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using internal::SpinLearner;

constexpr int64_t kCostNs = 20'000;

SpinLearner Learned(int64_t cost_ns = kCostNs) {
  SpinLearner learner;
  for (int i = 0; i < 200; ++i) learner.NoteSleepCost(Duration(cost_ns));
  return learner;
}

int64_t Loss(int64_t wait_ns, int64_t limit_ns) {
  return wait_ns <= limit_ns ? wait_ns : limit_ns + kCostNs;
}

// What the learner pays for these waits, over what the best fixed limit does.
double OverBest(const std::function<int64_t(int)>& wait_ns) {
  constexpr int kWaits = 20'000;
  SpinLearner learner = Learned();
  int64_t learned = 0;
  int64_t fixed[5] = {};
  for (int i = 0; i < kWaits; ++i) {
    const int64_t wait = wait_ns(i);
    learned += Loss(wait, learner.Limit().count());
    learner.NoteWait(Duration(wait));
    for (int j = 0; j < 5; ++j) fixed[j] += Loss(wait, kCostNs * j * j / 8);
  }
  return static_cast<double>(learned) / static_cast<double>(*std::min_element(fixed, fixed + 5));
}

TEST(SpinLearnerTest, TheCostIsTheMedianOfWhatWasMeasured) {
  SpinLearner learner;
  EXPECT_EQ(learner.sleep_cost().count(), SpinLearner::kFirstCostNs);
  for (int i = 0; i < 1000; ++i) {
    learner.NoteSleepCost(i % 10 == 9 ? std::chrono::milliseconds(3) : Duration(8'000));
  }
  EXPECT_NEAR(static_cast<double>(learner.sleep_cost().count()), 8'000, 2'000);
}

TEST(SpinLearnerTest, NoCostIsBelievedBeyondItsBounds) {
  EXPECT_EQ(Learned(1'000'000'000).sleep_cost().count(), SpinLearner::kCostMaxNs);
  EXPECT_EQ(Learned(1).sleep_cost().count(), SpinLearner::kCostMinNs);
}

TEST(SpinLearnerTest, ItBeginsByNotSpinning) { EXPECT_EQ(SpinLearner().Limit().count(), 0); }

// The three loads: waits much shorter than a sleep, around it, much longer.
TEST(SpinLearnerTest, WithinFivePercentOfTheBestFixedLimit) {
  Random random(7);
  EXPECT_LE(OverBest([](int) { return 700; }), 1.05);
  EXPECT_LE(OverBest([](int) { return 1'000'000; }), 1.05);
  EXPECT_LE(OverBest([&](int) { return static_cast<int64_t>(random.Below(15'000)); }), 1.05);
}

// Whatever the waits: never more than a spin of twice a sleep's cost and the sleep.
TEST(SpinLearnerTest, ThreeTimesASleepIsTheMost) {
  Random random(11);
  for (int spread : {1'000, 30'000, 100'000, 1'000'000}) {
    EXPECT_LE(OverBest([&](int) {
                return static_cast<int64_t>(random.Below(static_cast<uint32_t>(spread)));
              }),
              1.5)
        << spread;
  }
  SpinLearner learner = Learned();
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_LE(learner.Limit(), 2 * learner.sleep_cost());
    // Always the wait that is a little too long for it.
    learner.NoteWait(learner.Limit() + Duration(1));
  }
}

// Two that wake each other: what one waits for is the other's wake-up, unless that one spins.
TEST(SpinLearnerTest, TwoThatWakeEachOtherLearnToSpin) {
  SpinLearner learners[2] = {Learned(), Learned()};
  bool slept[2] = {true, true};
  int spun = 0;
  for (int hop = 0; hop < 4'000; ++hop) {
    SpinLearner& me = learners[hop % 2];
    const bool other_slept = slept[1 - hop % 2];
    const int64_t wait = 500 + (other_slept ? kCostNs : 0);
    slept[hop % 2] = wait > me.Limit().count();
    spun += !slept[hop % 2];
    me.NoteWait(Duration(wait));
  }
  EXPECT_GT(spun, 3'800);
}

TEST(SpinLearnerTest, TrialsInVainGetRare) {
  SpinLearner learner = Learned();
  int spins = 0;
  for (int i = 0; i < 100'000; ++i) {
    spins += learner.Limit().count() != 0;
    learner.NoteWait(Duration(5 * kCostNs / 2));  // too long, and nothing makes it shorter
  }
  EXPECT_GT(spins, 0);
  EXPECT_LT(spins, 1'000);
}

TEST(SpinLearnerTest, AfterAnInterruptionItRests) {
  SpinLearner learner = Learned();
  for (int i = 0; i < 100; ++i) learner.NoteWait(Duration(500));
  EXPECT_GT(learner.Limit().count(), 0);
  const auto rest = [&] {
    learner.NoteInterruption();
    uint32_t waits = 0;
    for (; learner.Limit().count() == 0; ++waits) learner.NoteWait(Duration(500));
    return waits;
  };
  EXPECT_EQ(rest(), SpinLearner::kRestMin);
  EXPECT_EQ(rest(), 2 * SpinLearner::kRestMin);
  for (uint32_t i = 0; i <= 4 * SpinLearner::kRestMin; ++i) learner.NoteWait(Duration(500));
  EXPECT_EQ(rest(), SpinLearner::kRestMin);
}

TEST(SpinLearnerTest, WhoIsWokenFromItsOwnProcessorDoesNotSpin) {
  SpinLearner learner = Learned();
  for (int i = 0; i < 1'000; ++i) {
    learner.NoteSharedProcessor();
    EXPECT_EQ(learner.Limit().count(), 0);
  }
}

// Counts what its worker asks of it, and tells when the worker parks or is in the midst of a spin.
class CountingDriver final : public Driver {
 public:
  struct Seen {
    Atomic<uint64_t> looks{0};
    Parker idle;
  };
  CountingDriver(Seen* seen, bool tells) : seen_(seen), tells_(tells) {}
  int Poll() override { return 0; }
  void Park(Instant deadline) override {
    seen_->idle.Unpark();
    parker_.ParkUntil(deadline);
  }
  void Unpark() override { parker_.Unpark(); }
  bool TellsUnparks() const override { return tells_; }
  bool Unparked() const override {
    // The first look is before the spin.
    if (seen_->looks.fetch_add(1, memory_order_relaxed) > 0) seen_->idle.Unpark();
    return parker_.HasToken();
  }

 private:
  Parker parker_;
  Seen* const seen_;
  const bool tells_;
};

Task<int> Add(int a, int b) { co_return a + b; }

struct Counts {
  uint64_t looks;
  WorkerStats stats;
};

// A hundred tasks from outside, one after the other, the first to workers of which one is idle.
Counts RunWith(IdleSpin spin, int workers = 1, bool tells = true) {
  CountingDriver::Seen seen;
  SchedulerOptions options;
  options.workers = workers;
  options.idle_spin = spin;
  options.stuck_poll_limit = Duration::zero();
  options.driver = [&](int) -> Result<std::unique_ptr<Driver>> {
    return std::unique_ptr<Driver>(std::make_unique<CountingDriver>(&seen, tells));
  };
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  seen.idle.Park();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(scheduler->BlockOn(Add(i, 1)), i + 1);
  // Found by a hang: a spin took the unpark that told of the end, and did not look whether it was.
  EXPECT_TRUE(scheduler->Drain(std::chrono::hours(1)).ok());
  EXPECT_TRUE(scheduler->Shutdown().ok());
  Counts counts{seen.looks.load(), {}};
  for (const WorkerStats& stats : scheduler->Stats()) counts.stats += stats;
  return counts;
}

TEST(IdleSpinTest, NeverDoesNotLookOnce) {
  const Counts counts = RunWith(IdleSpin::Never());
  EXPECT_EQ(counts.looks, 0u);
  EXPECT_EQ(counts.stats.spins, 0u);
}

// A spin of an hour always ends with work, so nothing is left to sleep for: neither tasks from
// outside nor a shutdown may need a park to be seen.
TEST(IdleSpinTest, WhoSpinsLongEnoughNeverSleeps) {
  const Counts counts = RunWith(IdleSpin::For(std::chrono::hours(1)));
  EXPECT_EQ(counts.stats.spins > 0, CpuQuota() >= 1);
  EXPECT_EQ(counts.stats.spin_hits, counts.stats.spins);
}

TEST(IdleSpinTest, NobodySpinsWhereWorkersOutnumberTheProcessors) {
  const int workers = static_cast<int>(UsableCpus().size()) + 1;
  const Counts counts = RunWith(IdleSpin::For(std::chrono::hours(1)), workers);
  EXPECT_EQ(counts.looks, 0u);
  EXPECT_EQ(counts.stats.spins, 0u);
}

TEST(IdleSpinTest, ADriverThatCannotTellIsNotAsked) {
  const Counts counts = RunWith(IdleSpin::For(std::chrono::hours(1)), 1, /*tells=*/false);
  EXPECT_EQ(counts.looks, 0u);
  EXPECT_GT(counts.stats.parks, 0u);
}

TEST(IdleSpinTest, AdaptiveWorkersDoTheWork) {
  const Counts counts = RunWith(IdleSpin::Adaptive());
  EXPECT_EQ(counts.stats.completed, 100u);
  EXPECT_LE(counts.stats.spin_hits, counts.stats.spins);
}

}  // namespace
}  // namespace zokio
