// What workers do when there is nothing to do: hooks, sleep, no processor time.
#include <dirent.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;

Task<int> Add(int a, int b) { co_return a + b; }

class RecordingHooks : public WorkerHooks {
 public:
  void OnThreadStart(int) override { starts.fetch_add(1); }
  void OnTick(int) override { ticks.fetch_add(1); }
  bool BeforePark(int) override {
    before_parks.fetch_add(1);
    return false;
  }
  void OnIdle(int) override {
    idles.fetch_add(1);
    idle.Unpark();
  }
  void OnThreadExit(int) override { exits.fetch_add(1); }
  Atomic<int> starts{0}, ticks{0}, before_parks{0}, idles{0}, exits{0};
  Parker idle;
};

TEST(SchedulerTest, HooksHaveTheirTurns) {
  RecordingHooks hooks;
  SchedulerOptions options;
  options.workers = 1;
  options.hooks = &hooks;
  options.idle_period = milliseconds(1);
  auto scheduler = std::move(Scheduler::Create(options)).value();
  scheduler->BlockOn([]() -> Task<> {
    for (int i = 0; i < 1000; ++i) co_await Yield();
  });
  hooks.idle.Park();
  ASSERT_TRUE(scheduler->Shutdown().ok());
  EXPECT_EQ(hooks.starts.load(), 1);
  EXPECT_EQ(hooks.exits.load(), 1);
  EXPECT_GE(hooks.ticks.load(), 10);
  EXPECT_GE(hooks.before_parks.load(), 1);
  EXPECT_GE(hooks.idles.load(), 1);
}

// Wakes up late: an Unpark that comes during a timed park is taken only once its time is over.
class LateDriver : public Driver {
 public:
  explicit LateDriver(Parker* parked) : parked_(parked) {}
  int Poll() override { return 0; }
  void Park(Instant deadline) override {
    parked_->Unpark();
    if (deadline == kNever) {
      parker_.Park();
      return;
    }
    while (Clock::Monotonic().Now() < deadline) parker_.ParkUntil(deadline);
  }
  void Unpark() override { parker_.Unpark(); }

 private:
  Parker parker_;
  Parker* parked_;
};

// Found by a hang: the park that ended the idle period had taken the token of a shutdown with it,
// and the worker went back to sleep without looking.
TEST(SchedulerTest, AnUnparkAtTheEndOfTheIdlePeriodIsNotLost) {
  RecordingHooks hooks;
  Parker parked;
  SchedulerOptions options;
  options.workers = 1;
  options.hooks = &hooks;
  options.idle_period = milliseconds(20);
  options.driver = [&](int) -> Result<std::unique_ptr<Driver>> {
    return std::unique_ptr<Driver>(std::make_unique<LateDriver>(&parked));
  };
  auto scheduler = std::move(Scheduler::Create(options)).value();
  parked.Park();
  EXPECT_TRUE(scheduler->Shutdown().ok());
}

// What one look at the threads of a scheduler sees.
struct ThreadsSeen {
  bool all_asleep = true;
  int threads = 0;
  int64_t switches = 0;  // a thread that was awake between two looks has made one
  std::vector<uint64_t> counts;

  bool operator==(const ThreadsSeen&) const = default;
};

int64_t NumberIn(const std::string& status, const char* key) {
  const size_t at = status.find(key);
  return at == std::string::npos ? 0 : std::atoll(status.c_str() + at + std::strlen(key));
}

// The threads of this process whose names begin with `name`.
ThreadsSeen LookAt(const Scheduler& scheduler, const std::string& name) {
  ThreadsSeen seen;
  DIR* dir = opendir("/proc/self/task");
  if (dir == nullptr) return seen;
  while (dirent* entry = readdir(dir)) {
    std::ifstream file(std::string("/proc/self/task/") + entry->d_name + "/status");
    const std::string status((std::istreambuf_iterator<char>(file)), {});
    if (status.find("Name:\t" + name) != 0) continue;
    ++seen.threads;
    seen.all_asleep = seen.all_asleep && status.find("State:\tS") != std::string::npos;
    seen.switches += NumberIn(status, "\nvoluntary_ctxt_switches:") +
                     NumberIn(status, "\nnonvoluntary_ctxt_switches:");
  }
  closedir(dir);
  for (const WorkerStats& stats : scheduler.Stats()) {
    for (const uint64_t count : {stats.polls, stats.parks, stats.spins, stats.wakes, stats.searches,
                                 stats.ticks, stats.timers_fired}) {
      seen.counts.push_back(count);
    }
  }
  return seen;
}

// All its threads, the watchdog's too, sleep through a window of time: no park ends, nothing is
// polled or searched, and the kernel has switched to none of them. How soon they all sleep is the
// machine's affair, so there are some windows; who wakes up now and then does so in each.
TEST(SchedulerTest, A1_AnIdleSchedulerDoesNotWakeUp) {
  SchedulerOptions options;
  options.workers = 2;
  options.thread_name = "idle";
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  // Everybody was awake and has a task that waits.
  auto waiting = scheduler->Spawn([]() -> Task<> { co_await SleepFor(std::chrono::hours(1)); });
  scheduler->BlockOn([&]() -> Task<> {
    std::vector<JoinHandle<int>> handles;
    for (int i = 0; i < 100; ++i) handles.push_back(scheduler->Spawn(Add(i, i)));
    for (auto& handle : handles) (void)co_await handle;
  });
  Parker nobody;
  constexpr int kWindows = 100;
  constexpr int kThreads = 3;  // two workers and a watchdog
  ThreadsSeen before = LookAt(*scheduler, "idle");
  int window = 0;
  for (; window < kWindows; ++window) {
    nobody.ParkUntil(Clock::Monotonic().Now() + milliseconds(500));
    const ThreadsSeen after = LookAt(*scheduler, "idle");
    if (after.threads == kThreads && after.all_asleep && after == before) break;
    before = after;
  }
  EXPECT_LT(window, kWindows);
}

}  // namespace
}  // namespace zokio
