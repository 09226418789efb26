// The task's state word under the model checker: spawn, wake, run, cancel, join and detach from
// several threads. A task is in at most one queue, runs on one thread at a time, ends once, and its
// block is freed by exactly one owner.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/executor.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/task_wait.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

// One worker, one task: whatever is queued, is queued once, and is run by the worker alone.
class OneTaskExecutor final : public Executor {
 public:
  void Schedule(TaskHeader* task) override {
    seen_.store(task, memory_order_release);
    ZOKIO_CHECK(queued_.exchange(task, memory_order_acq_rel) == nullptr, "queued once at a time");
    work_.Unpark();
  }
  bool Adopt(TaskHeader*) override { return true; }
  void Disown(TaskHeader*) override { ended_.store(true, memory_order_release); }

  // The worker's thread: until the task ended.
  void Run() {
    PollEnvironment environment;
    environment.executor = this;
    while (!ended_.load(memory_order_acquire)) {
      if (!RunQueued(environment)) work_.Park();
    }
  }
  bool RunQueued(PollEnvironment& environment) {
    TaskHeader* task = queued_.exchange(nullptr, memory_order_acq_rel);
    if (task == nullptr) return false;
    RunTask(task, environment);
    return true;
  }

  // The one task, once it was scheduled.
  TaskHeader* seen() const { return seen_.load(memory_order_acquire); }

 private:
  Atomic<TaskHeader*> seen_{nullptr};
  Atomic<TaskHeader*> queued_{nullptr};
  Atomic<bool> ended_{false};
  Parker work_;
};

// The waker of a thread that waits for a handle.
struct ThreadWaker {
  Parker parker;

  Waker Make() { return Waker(&kVtable, this); }
  static Waker Clone(void* data) { return Waker(&kVtable, data); }
  static void Wake(void* data) { static_cast<ThreadWaker*>(data)->parker.Unpark(); }
  static void Drop(void*) {}
  static constexpr WakerVtable kVtable{&Clone, &Wake, &Wake, &Drop};
};

template <typename T>
Result<T> Join(JoinHandle<T>& handle, ThreadWaker& thread) {
  PollEnvironment environment;
  environment.budget = kPollBudget;
  Waker waker = thread.Make();
  Context context(waker, environment);
  while (true) {
    auto poll = handle.poll(context);
    if (poll.ready()) return std::move(poll).value();
    thread.parker.Park();
  }
}

Task<int> AddOne(OneshotReceiver<int> receiver) {
  Result<int> value = co_await receiver;
  co_return value.ok() ? *value + 1 : -1;
}

// A worker that runs one task which waits for a value; `use` gets the handle, a sender sends.
template <typename Use>
void WithTask(Use use, bool send) {
  auto executor = std::make_unique<OneTaskExecutor>();
  auto thread = std::make_unique<ThreadWaker>();
  auto channel = MakeOneshot<int>();
  JoinHandle<int> handle = Spawn(*executor, AddOne(std::move(channel.receiver)));
  Thread worker = Thread::Start("worker", [&] { executor->Run(); }).value();
  Thread sender;
  if (send) {
    auto* end = new OneshotSender<int>(std::move(channel.sender));
    sender = Thread::Start("sender", [end] {
               std::move(*end).Send(6);
               delete end;
             }).value();
  }
  use(std::move(handle), *thread);
  sender.Join();
  worker.Join();
}

// Who looks at a waiting task holds it like one that runs it; a wake meanwhile is not lost.
TEST(TaskModel, InspectedWhileItRunsAndIsWoken) {
  const model::Report report = model::Explore({.name = "task, inspected"}, [] {
    auto executor = std::make_unique<OneTaskExecutor>();
    auto channel = MakeOneshot<int>();
    auto sender = std::make_unique<OneshotSender<int>>(std::move(channel.sender));
    JoinHandle<int> handle = Spawn(*executor, AddOne(std::move(channel.receiver)));
    TaskHeader* task = executor->seen();
    PollEnvironment environment;
    environment.executor = executor.get();
    executor->RunQueued(environment);  // it waits
    Thread worker = Thread::Start("worker", [&] { executor->Run(); }).value();
    Thread waker = Thread::Start("waker", [&] { std::move(*sender).Send(6); }).value();
    TaskWait wait;
    if (InspectTaskWait(task, &wait)) {
      ZOKIO_CHECK(wait.coroutines.size() == 1, "one coroutine waits");
    }
    ThreadWaker thread;
    Result<int> value = Join(handle, thread);
    ZOKIO_CHECK(value.ok() && *value == 7, "the task's result");
    waker.Join();
    worker.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(TaskModel, SpawnWakeJoin) {
  const model::Report report = model::Explore({.name = "task, spawn, wake, join"}, [] {
    WithTask(
        [](JoinHandle<int> handle, ThreadWaker& thread) {
          Result<int> value = Join(handle, thread);
          ZOKIO_CHECK(value.ok() && *value == 7, "the task's result");
        },
        true);
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(TaskModel, DroppingTheHandleCancels) {
  const model::Report report = model::Explore({.name = "task, handle dropped"}, [] {
    WithTask([](JoinHandle<int> handle, ThreadWaker&) { auto dropped = std::move(handle); }, false);
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// All interleavings of the next two take minutes (they hold): those within two preemptions here,
// and a sample of those of weak memory.
void ProveWithinTwoPreemptionsAndSample(const char* name, void (*body)()) {
  const model::Report bounded = model::Explore(
      {.name = name, .mode = model::Mode::kBounded, .preemptions_max = 2, .stale_reads = false},
      body);
  EXPECT_TRUE(bounded.Proven()) << bounded;
  const model::Report sample = model::Explore(
      {.name = name, .mode = model::Mode::kPct, .schedules_max = 10'000, .pct_depth = 4}, body);
  EXPECT_TRUE(sample.Passed()) << sample;
}

// A wake and a cancellation at once.
TEST(TaskModel, CancelRacesWithAWake) {
  ProveWithinTwoPreemptionsAndSample("task, cancel and wake", [] {
    WithTask([](JoinHandle<int> handle, ThreadWaker&) { auto dropped = std::move(handle); }, true);
  });
}

TEST(TaskModel, DetachRacesWithTheEnd) {
  const model::Report report = model::Explore({.name = "task, detached"}, [] {
    WithTask([](JoinHandle<int> handle, ThreadWaker&) { std::move(handle).Detach(); }, true);
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(TaskModel, CancelThenJoinTellsWhichCameFirst) {
  ProveWithinTwoPreemptionsAndSample("task, cancel, then join", [] {
    WithTask(
        [](JoinHandle<int> handle, ThreadWaker& thread) {
          handle.Cancel();
          Result<int> value = Join(handle, thread);
          ZOKIO_CHECK(value.ok() ? *value == 7 : value.error().code() == ErrorCode::kCancelled,
                      "the result or the cancellation");
        },
        true);
  });
}

// A thread that sleeps in BlockOn is woken by whoever makes its future ready, or its task.
TEST(LocalExecutorModel, BlockOnIsWokenFromAnotherThread) {
  const model::Report report = model::Explore(
      {.name = "local executor", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        auto executor = std::make_unique<LocalExecutor>();
        auto channel = MakeOneshot<int>();
        auto* end = new OneshotSender<int>(std::move(channel.sender));
        Thread sender = Thread::Start("sender", [end] {
                          std::move(*end).Send(6);
                          delete end;
                        }).value();
        JoinHandle<int> handle = Spawn(*executor, AddOne(std::move(channel.receiver)));
        Result<int> value = executor->BlockOn(std::move(handle));
        ZOKIO_CHECK(value.ok() && *value == 7, "the task's result");
        sender.Join();
      });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
