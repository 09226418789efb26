// Storms: supervised actors that fail at random, everywhere they can, under a seed step by step and
// on a scheduler.
#include "actor/testing/storm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "actor/supervision.h"
#include "actor/testing/job_storm.h"

namespace zokio::testing {
namespace {

constexpr Supervision kAlways = Supervision().Restarts(1'000'000, std::chrono::hours(1));

struct OneForOne {
  static constexpr Supervision kPolicy = kAlways;
};
struct AllForOne {
  static constexpr Supervision kPolicy = kAlways.With(Strategy::kAllForOne);
};
struct RestForOneLater {
  static constexpr Supervision kPolicy =
      kAlways.With(Strategy::kRestForOne)
          .Backoff(std::chrono::microseconds(20), std::chrono::microseconds(200));
};
struct FewRestarts {
  static constexpr Supervision kPolicy = Supervision().Restarts(3, std::chrono::hours(1));
};

void ExpectOneNoticeEach(const JobStorm& storm) {
  for (const auto& of_watcher : storm.told) {
    for (const auto& count : of_watcher) EXPECT_EQ(count.load(), 1u);
  }
}

// Whatever fails is made anew: no message is lost.
template <typename Policy, typename House>
void RestartsLoseNothing(House&& house, uint64_t seed, uint64_t jobs) {
  SCOPED_TRACE(seed);
  JobStorm storm(seed, 30, jobs);
  JobCrowd<Policy> crowd(house, storm);
  ASSERT_TRUE(house.Complete(storm.begun_all)) << storm.begun_all.left() << " jobs are lost";
  for (const auto& worker : crowd.workers) worker.Poison();
  ASSERT_TRUE(house.Complete(storm.notices)) << storm.notices.left() << " were not told";
  ASSERT_TRUE(house.Complete(storm.senders_done));
  crowd.Stop();
  house.Shutdown();
  EXPECT_EQ(storm.begun.load(), storm.jobs_each * JobStorm::kSenders);
  EXPECT_EQ(storm.disorders.load(), 0u);
  EXPECT_EQ(storm.late_answers.load(), 0u);
  EXPECT_EQ(storm.living.load(), 0);
  EXPECT_GT(storm.made.load(), JobStorm::kWorkers) << "a calm";
  ExpectOneNoticeEach(storm);
}

TEST(StormTest, RestartsLoseNothingUnderAnySeed) {
  for (uint64_t seed = 1; seed <= (kSanitized ? 2 : 10); ++seed) {
    RestartsLoseNothing<OneForOne>(ManualHouse(seed), seed, 300);
    RestartsLoseNothing<AllForOne>(ManualHouse(seed), seed, 300);
    RestartsLoseNothing<RestForOneLater>(ManualHouse(seed), seed, 300);
  }
}

TEST(StormTest, RestartsLoseNothingOnAScheduler) {
  RestartsLoseNothing<OneForOne>(RealHouse(), 1, 2000);
  RestartsLoseNothing<AllForOne>(RealHouse(), 2, 1000);
  RestartsLoseNothing<RestForOneLater>(RealHouse(), 3, 1000);
}

// After too many failures the parent ends: what is not begun by then is a dead letter.
template <typename House>
void LimitsAccountForAll(House&& house, uint64_t seed) {
  SCOPED_TRACE(seed);
  JobStorm storm(seed, 30, 500);
  JobCrowd<FewRestarts> crowd(house, storm);
  ASSERT_TRUE(house.Complete(storm.notices)) << storm.notices.left() << " were not told";
  ASSERT_TRUE(house.Complete(storm.senders_done));
  house.AwaitEnd(crowd.parent);
  crowd.Stop();
  house.Shutdown();
  const uint64_t dead = house.system().Stats().dead_letters;
  EXPECT_GT(dead, 0u);
  // Beside the jobs, the leaves' one message may come too late for them.
  EXPECT_GE(storm.begun.load() + dead, storm.jobs_each * JobStorm::kSenders);
  EXPECT_LE(storm.begun.load() + dead, storm.jobs_each * JobStorm::kSenders + storm.leaves.load());
  EXPECT_EQ(storm.disorders.load(), 0u);
  EXPECT_EQ(storm.late_answers.load(), 0u);
  EXPECT_EQ(storm.living.load(), 0);
  ExpectOneNoticeEach(storm);
}

TEST(StormTest, LimitsAccountForEveryMessage) {
  for (uint64_t seed = 1; seed <= (kSanitized ? 3 : 10); ++seed)
    LimitsAccountForAll(ManualHouse(seed), seed);
  for (uint64_t seed = 1; seed <= 3; ++seed) LimitsAccountForAll(RealHouse(), seed);
}

}  // namespace
}  // namespace zokio::testing
