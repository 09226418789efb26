// What becomes of a runtime that cannot be had, is not let go, or has hooks.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "future/event.h"
#include "future/shield.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "gtest/gtest.h"
#include "runtime/descriptor_limit.h"
#include "runtime/runtime.h"
#include "sched/cores.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

// While it lives, this process gets no further descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = dup(0);  // the lowest free one: the limit is about numbers
    close(next);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

RuntimeOptions On(io::BackendChoice backend) {
  RuntimeOptions options;
  options.workers = 2;
  options.io.backend = backend;
  return options;
}

TEST(RuntimeOptionsTest, WorkersAreBoundAsTheSchedulersAre) {
  RuntimeOptions options;
  options.affinity = Affinity::kCore;
  options.topology = std::make_shared<Topology>(Topology::Flat({UsableCpus().back()}));
  options.spare_workers_max = 0;
  options.stuck_poll_stack = false;
  Runtime runtime(options);
  EXPECT_EQ(runtime.workers(), 1) << "as many as the topology has processors";
  const auto cpus = runtime.BlockOn([]() -> Task<std::vector<int>> { co_return UsableCpus(); });
  EXPECT_EQ(cpus, std::vector<int>{UsableCpus().back()});
  EXPECT_TRUE(runtime.Drain().ok());
  EXPECT_TRUE(runtime.Spawn([]() -> Task<> { co_return; }).finished());
}

class RuntimeLifecycleTest : public ::testing::TestWithParam<io::BackendChoice> {};

TEST_P(RuntimeLifecycleTest, CreateSaysWhyThereIsNone) {
  {
    const NoDescriptors exhausted;
    const auto runtime = Runtime::Create(On(GetParam()));
    ASSERT_FALSE(runtime.ok());
    EXPECT_NE(runtime.error().ToString(), "");
    EXPECT_NE(runtime.error().code(), ErrorCode::kUnknown) << runtime.error().ToString();
  }
  auto runtime = Runtime::Create(On(GetParam()));  // nothing was left behind that hinders it
  ASSERT_TRUE(runtime.ok()) << runtime.error().ToString();
  EXPECT_EQ((*runtime)->BlockOn([]() -> Task<int> { co_return 3; }), 3);
}

TEST_P(RuntimeLifecycleTest, TheConstructorDiesWithTheReason) {
  EXPECT_DEATH(
      {
        const NoDescriptors exhausted;
        const Runtime runtime(On(GetParam()));
      },
      "zokio: no runtime: ");
}

TEST_P(RuntimeLifecycleTest, AShutdownThatMustWaitSaysSoAndCanBeAskedAgain) {
  Event begun;
  Event let_go;
  Runtime runtime(On(GetParam()));
  // Cancellation stops at a shield: this task holds the shutdown up for as long as we like.
  auto held = runtime.Spawn([&]() -> Task<> {
    begun.Set();
    co_await Shield(let_go.Wait());
  });
  runtime.BlockOn([&]() -> Task<> { co_await begun.Wait(); });
  const Result<void> early = runtime.Shutdown(1ms);
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code(), ErrorCode::kDeadlineExceeded);
  let_go.Set();
  EXPECT_TRUE(runtime.Shutdown().ok());
}

TEST(DescriptorLimitTest, IsRaisedToWhatTheSystemAllows) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(RaiseDescriptorLimit(), before.rlim_max);
  rlimit after;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(RaiseDescriptorLimit(), before.rlim_max);  // there already
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

struct CountingHooks final : WorkerHooks {
  void OnThreadStart(int) override { started.fetch_add(1); }
  void OnTick(int) override { ticks.fetch_add(1); }
  bool BeforePark(int) override {
    parks.fetch_add(1);
    return false;
  }
  void OnIdle(int) override { idle.fetch_add(1); }
  void OnThreadExit(int) override { exited.fetch_add(1); }

  Atomic<int> started{0};
  Atomic<int> ticks{0};
  Atomic<int> parks{0};
  Atomic<int> idle{0};
  Atomic<int> exited{0};
};

TEST_P(RuntimeLifecycleTest, TheUsersHooksGetTheirTurns) {
  CountingHooks hooks;
  RuntimeOptions options = On(GetParam());
  options.hooks = &hooks;
  {
    Runtime runtime(options);
    runtime.BlockOn([&hooks]() -> Task<> {
      while (hooks.ticks.load() == 0) co_await Yield();  // a busy worker ticks
      // Each sleep parks this worker, and the other one has nothing to do.
      while (hooks.parks.load() == 0 || hooks.idle.load() == 0) co_await SleepFor(1ms);
    });
    EXPECT_EQ(hooks.exited.load(), 0);
  }
  EXPECT_EQ(hooks.started.load(), 2);
  EXPECT_EQ(hooks.exited.load(), 2);
}

INSTANTIATE_TEST_SUITE_P(Backends, RuntimeLifecycleTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         [](const auto& info) {
                           return info.param == io::BackendChoice::kUring ? "io_uring" : "epoll";
                         });

}  // namespace
}  // namespace zokio
