// What workers do when there is nothing to do: hooks, sleep, no processor time.
#include <dirent.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
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

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZOKIO_TEST_UNDER_TSAN 1
#endif
#endif
#ifdef ZOKIO_TEST_UNDER_TSAN
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif

std::unique_ptr<Scheduler> Make(int workers) {
  SchedulerOptions options;
  options.workers = workers;
  return std::move(Scheduler::Create(options)).value();
}

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

// Nanoseconds of processor time that the threads of this process used so far.
int64_t ProcessCpuNs() {
  int64_t sum = 0;
  DIR* dir = opendir("/proc/self/task");
  if (dir == nullptr) return -1;
  while (dirent* entry = readdir(dir)) {
    if (entry->d_name[0] == '.') continue;
    std::string path = std::string("/proc/self/task/") + entry->d_name + "/schedstat";
    if (FILE* file = fopen(path.c_str(), "r")) {
      long long ns = 0;
      if (fscanf(file, "%lld", &ns) == 1) sum += ns;
      fclose(file);
    }
  }
  closedir(dir);
  return sum;
}

TEST(SchedulerTest, A1_AnIdleSchedulerUsesNoProcessorTime) {
  if (FILE* file = fopen("/proc/self/schedstat", "r")) {
    fclose(file);
  } else {
    GTEST_SKIP() << "this kernel has no schedstat";
  }
  auto scheduler = Make(2);
  // Everybody was awake and has a task that waits.
  Parker until;
  auto waiting = scheduler->Spawn([&]() -> Task<> { co_await SleepFor(std::chrono::hours(1)); });
  scheduler->BlockOn([&]() -> Task<> {
    std::vector<JoinHandle<int>> handles;
    for (int i = 0; i < 100; ++i) handles.push_back(scheduler->Spawn(Add(i, i)));
    for (auto& handle : handles) (void)co_await handle;
  });
  // The workers go to sleep by themselves; how soon is the kernel's affair.
  until.ParkUntil(Clock::Monotonic().Now() + milliseconds(50));
  ASSERT_GE(ProcessCpuNs(), 0);
  // The least of three windows: on a busy machine the kernel charges a sleeper for others' work. A
  // worker that is awake spends in every window.
  int64_t least_ns = INT64_MAX;
  for (int window = 0; window < 3 && least_ns >= 1'000'000; ++window) {
    int64_t before = ProcessCpuNs();
    until.ParkUntil(Clock::Monotonic().Now() + std::chrono::seconds(2));
    least_ns = std::min(least_ns, ProcessCpuNs() - before);
  }
  // ThreadSanitizer's runtime has a thread of its own that wakes now and then.
  EXPECT_LT(least_ns, kThreadSanitizer ? 10'000'000 : 1'000'000);
}

}  // namespace
}  // namespace zokio
