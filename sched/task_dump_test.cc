#include "sched/task_dump.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/spawn.h"
#include "future/task_scope.h"
#include "future/yield.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::MakeScheduler;

// Answers pending to its cancellation until it is let go.
class Unyielding {
 public:
  explicit Unyielding(Atomic<bool>* let_go) : let_go_(let_go) {}
  Poll<void> poll(Context&) { return kPending; }
  Poll<void> poll_cancel(Context& context) {
    if (let_go_->load()) return kReady;
    context.waker().WakeByRef();
    return kPending;
  }

 private:
  Atomic<bool>* let_go_;
};

Task<> Wait(Atomic<int>* started) {
  started->fetch_add(1);
  co_await SleepFor(std::chrono::hours(1));
}

TEST(TaskDumpTest, NamesWaitingTasksAndWhatTheyDo) {
  auto scheduler = MakeScheduler(2);
  Atomic<int> started{0};
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < 3; ++i) {
    handles.push_back(SpawnNamed(scheduler->executor(), "sleeper", Wait(&started)));
  }
  handles.push_back(scheduler->Spawn(Wait(&started)));
  scheduler->BlockOn(
      [](Atomic<int>* count) -> Task<> {
        while (count->load() < 4) co_await Yield();
      },
      &started);
  // The last task may be between its last look and its end.
  TaskDump dump = scheduler->Dump(std::chrono::seconds(60));
  while (dump.tasks.size() != 4 || std::any_of(dump.tasks.begin(), dump.tasks.end(), [](auto& t) {
           return t.activity != TaskActivity::kWaiting;
         })) {
    dump = scheduler->Dump(std::chrono::seconds(60));
  }
  EXPECT_TRUE(dump.silent_workers.empty());
  EXPECT_EQ(dump.not_started, 0u);
  EXPECT_EQ(std::count_if(dump.tasks.begin(), dump.tasks.end(),
                          [](const TaskInfo& task) { return task.name == "sleeper"; }),
            3);
  for (const TaskInfo& task : dump.tasks) EXPECT_FALSE(task.cancelled);
  const std::string text = dump.ToString();
  EXPECT_NE(text.find("\"sleeper\", worker"), std::string::npos) << text;
  EXPECT_NE(text.find(": waiting for zokio::Sleep"), std::string::npos) << text;
  EXPECT_NE(text.find(", spawned at sched/task_dump_test.cc:"), std::string::npos) << text;
}

Task<int> Innermost(OneshotReceiver<int> receiver) { co_return (co_await receiver).value(); }
Task<int> InTheMiddle(OneshotReceiver<int> receiver) {
  co_return 1 + co_await Innermost(std::move(receiver));
}
Task<int> Outermost(OneshotReceiver<int> receiver, Atomic<bool>* started) {
  started->store(true);
  co_return 1 + co_await InTheMiddle(std::move(receiver));
}

TEST(TaskDumpTest, TellsWhatATaskWaitsForAndWhereItsCoroutinesStand) {
  auto scheduler = MakeScheduler(1);
  auto [sender, receiver] = MakeOneshot<int>();
  Atomic<bool> started{false};
  const uint32_t line = std::source_location::current().line() + 1;
  auto handle = SpawnNamed(scheduler->executor(), "deep", Outermost(std::move(receiver), &started));
  TaskDump dump;
  while (dump.tasks.size() != 1 || dump.tasks[0].activity != TaskActivity::kWaiting) {
    dump = scheduler->Dump(std::chrono::seconds(60));
  }
  const TaskInfo& task = dump.tasks[0];
  EXPECT_EQ(task.spawned_at.line(), line);
  EXPECT_NE(task.waits_for.find("OneshotReceiver<int>"), std::string::npos) << task.waits_for;
  ASSERT_EQ(task.suspended_at.size(), 3u);
  EXPECT_NE(task.suspended_at[0], task.suspended_at[1]);
  EXPECT_NE(task.suspended_at[1], task.suspended_at[2]);
  const std::string text = dump.ToString();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
  std::move(sender).Send(40);
  EXPECT_EQ(scheduler->BlockOn([&]() -> Task<int> { co_return (co_await handle).value(); }), 42);
}

// A dump looks at tasks as if it ran them, while others wake them.
TEST(TaskDumpTest, NoWakeIsLostToADump) {
  constexpr int kTrips = 2000;
  auto scheduler = MakeScheduler(2);
  Atomic<bool> done{false};
  auto trip = [](Scheduler* on) -> Task<int> {
    int sum = 0;
    for (int i = 0; i < kTrips; ++i) {
      auto [sender, receiver] = MakeOneshot<int>();
      on->Spawn(
            [](OneshotSender<int> reply) -> Task<> {
              std::move(reply).Send(1);
              co_return;
            },
            std::move(sender))
          .Detach();
      Result<int> answer = co_await receiver;
      sum += answer.value();
    }
    co_return sum;
  };
  std::vector<JoinHandle<int>> trips;
  for (int i = 0; i < 4; ++i) trips.push_back(scheduler->Spawn(MakeTask(trip, scheduler.get())));
  auto all = scheduler->Spawn([&]() -> Task<int> {
    int sum = 0;
    for (auto& handle : trips) sum += (co_await handle).value();
    done.store(true);
    co_return sum;
  });
  while (!done.load()) (void)scheduler->Dump(std::chrono::seconds(60));
  EXPECT_EQ(scheduler->BlockOn([&]() -> Task<int> { co_return (co_await all).value(); }),
            4 * kTrips);
}

TEST(TaskDumpTest, AWorkerInsideALongPollIsNamed) {
  auto scheduler = MakeScheduler(2);
  Parker release;
  Parker inside;
  auto handle = scheduler->SpawnOn(
      1,
      [](Parker* entered, Parker* wait) -> Task<> {
        entered->Unpark();
        wait->Park();  // blocks its worker
        co_return;
      },
      &inside, &release);
  inside.Park();
  TaskDump dump = scheduler->Dump(std::chrono::milliseconds(20));
  EXPECT_EQ(std::count(dump.silent_workers.begin(), dump.silent_workers.end(), 1), 1);
  EXPECT_NE(dump.ToString().find("worker 1: no answer"), std::string::npos);
  release.Unpark();
  scheduler->BlockOn([](JoinHandle<void> end) -> Task<> { (void)co_await end; }, std::move(handle));
  dump = scheduler->Dump(std::chrono::seconds(60));
  EXPECT_TRUE(dump.silent_workers.empty());
}

// Tasks that ran on worker 0 first, so that it answers for them while worker 1 is inside a poll.
TEST(TaskDumpTest, TellsWhatRunsFromWhatIsQueued) {
  auto scheduler = MakeScheduler(2);
  Parker holder_runs, go_on, last_runs, release;
  auto to_running = MakeOneshot<int>();
  auto to_queued = MakeOneshot<int>();
  Atomic<int> waiting{0};
  auto holder = scheduler->SpawnOn(1, [&]() -> Task<> {
    holder_runs.Unpark();
    go_on.Park();
    std::move(to_running.sender).Send(1);  // it is in this worker's slot now
    co_return;
  });
  holder_runs.Park();
  auto running = SpawnNamed(scheduler->executor(), "running", MakeTask([&]() -> Task<> {
                              waiting.fetch_add(1);
                              (void)co_await to_running.receiver;
                              std::move(to_queued.sender).Send(2);
                              last_runs.Unpark();
                              release.Park();  // with the other one in the slot behind it
                            }));
  auto queued = SpawnNamed(scheduler->executor(), "queued", MakeTask([&]() -> Task<> {
                             waiting.fetch_add(1);
                             (void)co_await to_queued.receiver;
                           }));
  scheduler->BlockOn([&]() -> Task<> {
    while (waiting.load() < 2) co_await Yield();
  });
  go_on.Unpark();
  last_runs.Park();
  const TaskDump dump = scheduler->Dump(std::chrono::milliseconds(20));
  release.Unpark();
  std::map<std::string, TaskActivity> found;
  for (const TaskInfo& task : dump.tasks) found[task.name] = task.activity;
  EXPECT_EQ(found.size(), 2u) << dump.ToString();
  EXPECT_EQ(found["running"], TaskActivity::kRunning);
  EXPECT_EQ(found["queued"], TaskActivity::kReady);
  scheduler->BlockOn([&]() -> Task<> {
    (void)co_await holder;
    (void)co_await running;
    (void)co_await queued;
  });
}

const TaskInfo* Named(const TaskDump& dump, const std::string& name) {
  const auto found = std::find_if(dump.tasks.begin(), dump.tasks.end(),
                                  [&](const TaskInfo& task) { return task.name == name; });
  return found == dump.tasks.end() ? nullptr : &*found;
}

Task<> Parent(Atomic<int>* started) {
  co_await WithScope(
      [](TaskScope& scope, Atomic<int>* count) -> Task<> {
        scope.SpawnNamed("in a scope", Wait(count));
        count->fetch_add(1);
        co_await SleepFor(std::chrono::hours(1));
      },
      started);
}
Task<> Grandparent(Scheduler* on, Atomic<int>* started) {
  SpawnNamed(on->executor(), "parent", Parent(started)).Detach();
  auto batch = on->SpawnBatch(1, [&](size_t) { return Wait(started); });
  started->fetch_add(1);
  co_await SleepFor(std::chrono::hours(1));
}

TEST(TaskDumpTest, ATreeOfWhoSpawnedWhomWhereThatIsRecorded) {
  SchedulerOptions options;
  options.workers = 2;
  options.record_spawns = true;
  auto scheduler = std::move(Scheduler::Create(options)).value();
  Atomic<int> started{0};
  SpawnNamed(scheduler->executor(), "grandparent", Grandparent(scheduler.get(), &started)).Detach();
  TaskDump dump;
  while (started.load() < 4 || dump.tasks.size() != 4 ||
         std::any_of(dump.tasks.begin(), dump.tasks.end(),
                     [](auto& t) { return t.activity != TaskActivity::kWaiting; })) {
    dump = scheduler->Dump(std::chrono::seconds(60));
  }
  const TaskInfo* grandparent = Named(dump, "grandparent");
  const TaskInfo* parent = Named(dump, "parent");
  const TaskInfo* child = Named(dump, "in a scope");
  ASSERT_TRUE(grandparent != nullptr && parent != nullptr && child != nullptr) << dump.ToString();
  EXPECT_EQ(grandparent->parent, 0u);
  EXPECT_EQ(parent->parent, grandparent->id);
  EXPECT_EQ(child->parent, parent->id);
  const TaskInfo* of_batch = Named(dump, "");
  ASSERT_NE(of_batch, nullptr);
  EXPECT_EQ(of_batch->parent, grandparent->id);
  const std::string text = dump.ToString();
  EXPECT_NE(text.find("\n  task " + std::to_string(parent->id) + " \"parent\""), std::string::npos)
      << text;
  EXPECT_NE(text.find("\n    task " + std::to_string(child->id) + " \"in a scope\""),
            std::string::npos)
      << text;
}

Task<> SpawnsTheNext(Scheduler* on, int left) {
  if (left > 0) on->Spawn(SpawnsTheNext(on, left - 1)).Detach();
  co_await SleepFor(std::chrono::hours(1));
}

// Each task is a child of the one before: a tree may be as deep as there are tasks.
TEST(TaskDumpTest, TheTextOfADeepTreeGrowsWithItsTasks) {
  SchedulerOptions options;
  options.workers = 1;
  options.record_spawns = true;
  auto scheduler = std::move(Scheduler::Create(options)).value();
  constexpr size_t kTasks = 2000;
  scheduler->Spawn(SpawnsTheNext(scheduler.get(), kTasks - 1)).Detach();
  TaskDump dump;
  while (dump.tasks.size() != kTasks) dump = scheduler->Dump(std::chrono::seconds(60));
  for (TaskInfo& task : dump.tasks) {
    task.spawned_by.clear();
    task.suspended_at.clear();
  }
  EXPECT_LT(dump.ToString().size(), kTasks * 300);
}

// `caller`: where the call of this function returns to.
[[gnu::noinline]] JoinHandle<void> SpawnWait(Scheduler& on, Atomic<int>* started,
                                             const void** caller) {
  *caller = __builtin_return_address(0);
  return on.Spawn(Wait(started));
}

TEST(TaskDumpTest, AnUnnamedTaskTellsTheCallsThatSpawnedItWhereThatIsRecorded) {
  SchedulerOptions options;
  options.workers = 1;
  options.record_spawns = true;
  auto recording = std::move(Scheduler::Create(options)).value();
  auto plain = MakeScheduler(1);
  for (Scheduler* scheduler : {recording.get(), plain.get()}) {
    Atomic<int> started{0};
    const void* caller = nullptr;
    auto handle = SpawnWait(*scheduler, &started, &caller);
    TaskDump dump;
    while (dump.tasks.size() != 1) dump = scheduler->Dump(std::chrono::seconds(60));
    const std::vector<const void*>& calls = dump.tasks[0].spawned_by;
    if (scheduler == plain.get()) {
      EXPECT_TRUE(calls.empty());
    } else {
      EXPECT_EQ(std::count(calls.begin(), calls.end(), caller), 1) << dump.ToString();
      EXPECT_NE(dump.ToString().find("\n  spawned by\n"), std::string::npos);
    }
    handle.Cancel();
    while (!dump.tasks.empty()) dump = scheduler->Dump(std::chrono::seconds(60));
  }
}

TEST(TaskDumpTest, ShutdownNamesTheTasksThatBlockIt) {
  auto scheduler = MakeScheduler(2);
  Atomic<bool> let_go{false};
  Atomic<int> started{0};
  auto stubborn = [](Atomic<bool>* flag, Atomic<int>* count) -> Task<> {
    count->fetch_add(1);
    Unyielding future(flag);
    co_await future;
  };
  SpawnNamed(scheduler->executor(), "stubborn", MakeTask(stubborn, &let_go, &started)).Detach();
  scheduler->Spawn(Wait(&started)).Detach();
  scheduler->BlockOn(
      [](Atomic<int>* count) -> Task<> {
        while (count->load() < 2) co_await Yield();
      },
      &started);
  TaskDump blocking;
  Result<void> ended = scheduler->Shutdown(std::chrono::milliseconds(20), &blocking);
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code(), ErrorCode::kDeadlineExceeded);
  const auto named = std::find_if(blocking.tasks.begin(), blocking.tasks.end(),
                                  [](const TaskInfo& task) { return task.name == "stubborn"; });
  ASSERT_NE(named, blocking.tasks.end()) << blocking.ToString();
  EXPECT_TRUE(named->cancelled);
  let_go.store(true);
  EXPECT_TRUE(scheduler->Shutdown().ok());
}

}  // namespace
}  // namespace zokio
