// One system that weathers storm after storm: nothing is lost, nothing grows. For a second by
// default; ZOKIO_SOAK_S says for how long:
//
//   ZOKIO_SOAK_S=600 bazel run --config=opt //actor:storm_test -- --gtest_filter='Soak*'
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "actor/supervision.h"
#include "actor/testing/job_storm.h"
#include "actor/testing/storm.h"
#include "base/check.h"
#include "base/clock.h"

namespace zokio::testing {
namespace {

// Sanitizers keep what was freed for a while.
constexpr uint64_t kGrowthMax = (kSanitized ? 512u : 8u) << 20;
constexpr uint64_t kWarmUpRounds = kSanitized ? 1 : 10;

struct Forever {
  static constexpr Supervision kPolicy =
      Supervision().Restarts(1'000'000, std::chrono::hours(1)).With(Strategy::kRestForOne);
};
struct AFewTimes {
  static constexpr Supervision kPolicy = Supervision().Restarts(200, std::chrono::hours(1));
};

Duration SoakTime() {
  const char* value = std::getenv("ZOKIO_SOAK_S");
  return std::chrono::seconds(value != nullptr ? std::atoi(value) : 1);
}

uint64_t ResidentBytes() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  ZOKIO_CHECK(file != nullptr, "no /proc");
  unsigned long pages = 0;
  ZOKIO_CHECK(std::fscanf(file, "%*u %lu", &pages) == 1, "no resident pages");
  std::fclose(file);
  return uint64_t{pages} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

int64_t OpenDescriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open));
}

struct Totals {
  uint64_t sent = 0;
  uint64_t made = 0;
  uint64_t dead = 0;
  uint64_t errors = 0;
};

// A crowd comes, fails and is gone, all of it.
template <typename Policy>
void Weather(RealHouse& house, uint64_t seed, Totals& totals) {
  ActorSystem& system = house.system();
  const uint64_t dead_before = system.Stats().dead_letters;
  JobStorm storm(seed, 20, 1000);
  const uint64_t sent = storm.jobs_each * JobStorm::kSenders;
  JobCrowd<Policy> crowd(house, storm);
  ASSERT_TRUE(house.Complete(storm.senders_done));
  const auto known = [&] { return storm.begun.load() + system.Stats().dead_letters - dead_before; };
  const bool accounted = house.Until([&] {
    (void)house.Await(system.Inspect());  // time passes there
    return known() >= sent;
  });
  if (!accounted) totals.errors += sent - known();
  for (const auto& worker : crowd.workers) worker.Poison();
  ASSERT_TRUE(house.Complete(storm.notices)) << storm.notices.left() << " were not told";
  crowd.Stop();
  house.AwaitEnd(crowd.parent);
  for (const auto& watcher : crowd.watchers) house.AwaitEnd(watcher);
  for (const auto& sender : crowd.senders) house.AwaitEnd(sender);
  totals.sent += sent;
  totals.made += storm.made.load();
  totals.dead += system.Stats().dead_letters - dead_before;
  totals.errors += storm.disorders.load() + storm.late_answers.load();
  EXPECT_EQ(storm.living.load(), 0);
  for (const auto& of_watcher : storm.told) {
    for (const auto& count : of_watcher) EXPECT_EQ(count.load(), 1u);
  }
}

TEST(SoakTest, StormsLoseNothingAndLeaveNothing) {
  RealHouse house;
  Totals totals;
  uint64_t resident = 0;
  int64_t descriptors = 0;
  const Instant end = Clock::Monotonic().Now() + SoakTime();
  uint64_t round = 0;
  for (; round < 2 * kWarmUpRounds || Clock::Monotonic().Now() < end; ++round) {
    if (round == kWarmUpRounds) {
      resident = ResidentBytes();
      descriptors = OpenDescriptors();
    }
    Weather<Forever>(house, 2 * round, totals);
    Weather<AFewTimes>(house, 2 * round + 1, totals);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(OpenDescriptors(), descriptors);
  const uint64_t now = ResidentBytes();
  EXPECT_LE(now, resident + std::max<uint64_t>(resident / 10, kGrowthMax));
  EXPECT_LT(totals.errors * 100'000, totals.sent) << "0.001 %";
  std::printf(
      "%llu rounds: %llu messages, %llu actors made, %llu dead letters, %llu errors; "
      "%.1f MB after the warm-up, %.1f MB now\n",
      static_cast<unsigned long long>(round), static_cast<unsigned long long>(totals.sent),
      static_cast<unsigned long long>(totals.made), static_cast<unsigned long long>(totals.dead),
      static_cast<unsigned long long>(totals.errors), static_cast<double>(resident) / 1e6,
      static_cast<double>(now) / 1e6);
}

}  // namespace
}  // namespace zokio::testing
