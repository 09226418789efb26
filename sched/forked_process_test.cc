// Schedulers in processes that forked: from outside, from inside a poll, at any moment.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/thread.h"
#include "future/yield.h"
#include "mem/stack_pool.h"
#include "sched/block_in_place.h"
#include "sched/internal/thread_stack.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::MakeScheduler;
using testing::Twice;

using namespace std::chrono_literals;

// Runs `body` in a child of this process; returns its exit status.
template <typename Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // one that hangs is ended
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(ForkedProcessTest, AnInheritedSchedulerSaysThatItHasNoThreads) {
  auto scheduler = MakeScheduler(2);
  EXPECT_EQ(scheduler->BlockOn(Twice(1)), 2);
  const int status = InChild([&] {
    Result<int> result = scheduler->TryBlockOn(Twice(1));
    if (result.ok() || result.error().code() != ErrorCode::kUnsupported) return 1;
    if (result.error().ToString().find("fork") == std::string::npos) return 2;
    auto handle = scheduler->Spawn(Twice(1));
    if (!handle.finished()) return 3;
    if (scheduler->Shutdown(1s).ok()) return 4;
    if (!scheduler->Dump().tasks.empty()) return 5;
    scheduler.reset();  // returns: there is nobody to wait for
    return 0;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(scheduler->BlockOn(Twice(3)), 6) << "the parent's goes on";
}

// ThreadSanitizer starts no threads in a child of a process that has threads.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZOKIO_TEST_UNDER_TSAN 1
#endif
#endif
#ifndef ZOKIO_TEST_UNDER_TSAN
TEST(ForkedProcessTest, TheChildMayHaveASchedulerOfItsOwn) {
  auto scheduler = MakeScheduler(2);
  EXPECT_EQ(scheduler->BlockOn(Twice(1)), 2);
  EXPECT_EQ(InChild([] { return MakeScheduler(2)->BlockOn(Twice(21)) == 42 ? 0 : 1; }), 0);
}
#endif

TEST(ForkedProcessDeathTest, BlockOnInTheChildIsACheckThatSaysWhy) {
  auto scheduler = MakeScheduler(1);
  EXPECT_EQ(InChild([&] {
              if (freopen("/dev/null", "w", stderr) == nullptr) return 1;
              (void)scheduler->BlockOn(Twice(1));
              return 0;
            }),
            128 + SIGABRT);
}

TEST(ForkedProcessTest, AChildForkedInAPollIsNoWorker) {
  auto scheduler = MakeScheduler(2);
  const int status = scheduler->BlockOn([&]() -> Task<int> {
    co_await Yield();
    co_return InChild([&] {
      Result<int> result = scheduler->TryBlockOn(Twice(1));
      if (result.ok() || result.error().code() != ErrorCode::kUnsupported) return 1;
      auto handle = scheduler->Spawn(Twice(1));
      if (!handle.finished()) return 2;
      if (!scheduler->SpawnOn(0, Twice(1)).finished()) return 3;
      if (scheduler->Shutdown(1s).ok() || scheduler->Drain(1s).ok()) return 4;
      if (BlockInPlace([] { return 5; }) != 5) return 5;
#ifndef ZOKIO_TEST_UNDER_TSAN
      if (MakeScheduler(2)->BlockOn(Twice(21)) != 42) return 6;
#endif
      return 0;
    });
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(scheduler->BlockOn(Twice(3)), 6) << "the parent's goes on";
}

// What goes on in the child as if it were the worker says so, instead of waiting for others that
// are not there.
TEST(ForkedProcessDeathTest, APollThatGoesOnInTheChildIsACheck) {
  for (const int how : {0, 1, 2}) {
    auto scheduler = MakeScheduler(2);
    const pid_t child = scheduler->BlockOn([&]() -> Task<pid_t> {
      const auto fork_quietly = [] {
        const pid_t pid = fork();
        if (pid == 0) {
          alarm(60);
          if (freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
        }
        return pid;
      };
      const pid_t pid = how == 2 ? BlockInPlace(fork_quietly) : fork_quietly();
      if (how == 1) co_await Yield();
      co_return pid;
    });
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << how << " " << status;
  }
}

// A thread that waits for the answer of another one holds a lock that the child inherits.
#ifndef ZOKIO_TEST_UNDER_TSAN
TEST(ForkedProcessTest, TheChildHasASchedulerOfItsOwnWhoeverAskedForAStack) {
  auto scheduler = MakeScheduler(1);  // prepares the stacks of threads
  scheduler->BlockOn(Twice(1));
  Atomic<bool> stop{false};
  Thread asking = Thread::Start("asks", [&] {
                    while (!stop.load()) (void)internal::StackOfThread(getpid(), 1ms);
                  }).value();
  for (int round = 0; round < 30; ++round) {
    EXPECT_EQ(InChild([] { return MakeScheduler(1)->BlockOn(Twice(21)) == 42 ? 0 : 1; }), 0);
  }
  stop.store(true);
}
#endif

// A thread that takes and gives back stacks holds their pool's lock again and again.
TEST(ForkedProcessTest, TheChildTakesStacksFromAPoolThatOthersUsed) {
  StackPoolOptions options;
  options.stack_size = 16 << 10;
  auto pool = std::move(StackPool::Create(options)).value();
  Atomic<bool> stop{false};
  Thread using_it = Thread::Start("stacks", [&] {
                      char* stacks[64];
                      while (!stop.load()) pool->PutBatch(stacks, pool->GetBatch(stacks, 64));
                    }).value();
  for (int round = 0; round < 30; ++round) {
    EXPECT_EQ(InChild([&] {
                const StackSpan stack = pool->Get();
                if (!stack) return 1;
                stack.begin[stack.size - 1] = 'x';
                pool->Put(stack);
                return 0;
              }),
              0);
  }
  stop.store(true);
}

}  // namespace
}  // namespace zokio
