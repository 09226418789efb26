// Tasks that are bound to a memory node, and those that begin on one.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "base/thread.h"
#include "base/thread_local.h"
#include "future/sleep.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"
#include "sched/testing_topology.h"

namespace zokio {
namespace {

using std::chrono::microseconds;
using testing::MakePlaced;
using testing::PlacedOptions;
using testing::PretendedTopology;

struct WorkerNumberTag;
using WorkerNumber = ThreadLocal<int, WorkerNumberTag>;

// Workers know their number by this.
class Numbering final : public WorkerHooks {
 public:
  void OnThreadStart(int worker) override { WorkerNumber::Get() = worker; }
};

Task<> Nothing() { co_return; }
Task<> Join(JoinHandle<void> handle) { (void)co_await handle; }
Task<> JoinAll(std::vector<JoinHandle<void>> handles) {
  for (auto& handle : handles) (void)co_await handle;
}

TEST(SpawnOnNodeTest, TasksNeverLeaveTheirNode) {
  Numbering numbering;
  SchedulerOptions options = PlacedOptions(4, Affinity::kCore, PretendedTopology(2, 2));
  options.hooks = &numbering;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  std::vector<JoinHandle<int>> handles;
  for (int i = 0; i < 40; ++i) {
    const int node = i % 2;
    const auto is_home = [on = scheduler.get(), node] {
      return on->node_of(WorkerNumber::Get()) == node;
    };
    handles.push_back(scheduler->SpawnOnNode(node, testing::CountStrays(is_home, 60)));
  }
  auto noise = scheduler->Spawn([]() -> Task<> {
    for (int i = 0; i < 1000; ++i) co_await Yield();
  });
  const int strays = scheduler->BlockOn([&]() -> Task<int> {
    int sum = 0;
    for (auto& handle : handles) sum += (co_await handle).value();
    (void)co_await noise;
    co_return sum;
  });
  EXPECT_EQ(strays, 0);
}

// Each task holds its worker until all run: so each worker of the node must have been woken.
TEST(SpawnOnNodeTest, AllWorkersOfTheNodeTakePart) {
  auto scheduler = MakePlaced(4, Affinity::kNode, PretendedTopology(2, 2));
  for (int round = 0; round < 100; ++round) {
    Atomic<int> running{0};
    Parker all_run;
    Parker let_go[2];
    std::vector<JoinHandle<void>> handles;
    for (Parker& mine : let_go) {
      handles.push_back(scheduler->SpawnOnNode(1, [&]() -> Task<> {
        if (running.fetch_add(1) + 1 == 2) all_run.Unpark();
        mine.Park();
        co_return;
      }));
    }
    all_run.Park();
    for (Parker& one : let_go) one.Unpark();
    scheduler->BlockOn(JoinAll(std::move(handles)));
  }
}

TEST(SpawnOnNodeTest, ASpareWorkerServesTheNodeOfTheOneItStandsInFor) {
  auto scheduler = MakePlaced(2, Affinity::kCore, PretendedTopology(2, 1));
  for (int node : {1, 0}) {
    scheduler->BlockOn(Join(scheduler->SpawnOn(node, [&]() -> Task<> {
      BlockInPlace([&] { scheduler->BlockOn(Join(scheduler->SpawnOnNode(node, Nothing()))); });
      co_return;
    })));
  }
}

// One worker: tasks bound to it, to its node and to nothing must all get their turns.
TEST(SpawnOnNodeTest, NoKindOfBindingStarvesAnother) {
  auto scheduler = MakePlaced(1, Affinity::kNode, PretendedTopology(1, 1));
  const auto spawn = [&](int kind, auto make) {
    if (kind == 0) return scheduler->Spawn(make);
    return kind == 1 ? scheduler->SpawnOn(0, make) : scheduler->SpawnOnNode(0, make);
  };
  for (int hog = 0; hog < 3; ++hog) {
    Atomic<bool> stop{false};
    std::vector<JoinHandle<void>> handles;
    const auto spin = [&]() -> Task<> {
      while (!stop.load()) co_await Yield();
    };
    handles.push_back(spawn(hog, spin));
    handles.push_back(spawn(hog, spin));
    for (int other = 0; other < 3; ++other) {
      scheduler->BlockOn(Join(spawn(other, [&]() -> Task<> {
        for (int i = 0; i < 10; ++i) co_await Yield();
      })));
    }
    stop.store(true);
    scheduler->BlockOn(JoinAll(std::move(handles)));
  }
}

TEST(SpawnOnNodeTest, ATaskThatYieldsAloneKeepsNobodyOut) {
  auto scheduler = MakePlaced(1, Affinity::kNode, PretendedTopology(1, 1));
  for (const bool on_node : {false, true}) {
    Atomic<bool> stop{false};
    Parker spins, ran;
    auto hog = scheduler->Spawn([&]() -> Task<> {
      for (int i = 0; !stop.load(); ++i) {
        if (i == 100) spins.Unpark();
        co_await Yield();
      }
    });
    spins.Park();
    const auto run = [&]() -> Task<> {
      ran.Unpark();
      co_return;
    };
    auto bound = on_node ? scheduler->SpawnOnNode(0, run) : scheduler->SpawnOn(0, run);
    ran.Park();
    stop.store(true);
    scheduler->BlockOn(Join(std::move(hog)));
    scheduler->BlockOn(Join(std::move(bound)));
  }
}

TEST(SpawnOnNodeTest, WithoutAffinityThereIsOneNode) {
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  scheduler->BlockOn(Join(scheduler->SpawnOnNode(0, Nothing())));
}

TEST(SpawnOnNodeTest, ShutdownEndsThemAtAnyPoint) {
  for (int round = 0; round < 30; ++round) {
    auto scheduler = MakePlaced(2, Affinity::kNode, PretendedTopology(2, 1));
    auto held = std::make_shared<int>(0);
    for (int i = 0; i < 10; ++i) {
      scheduler
          ->SpawnOnNode(
              i % 2,
              [](std::shared_ptr<int>) -> Task<> { co_await SleepFor(std::chrono::hours(1)); },
              held)
          .Detach();
    }
    EXPECT_TRUE(scheduler->Shutdown().ok());
    EXPECT_EQ(held.use_count(), 1);
  }
}

TEST(SpawnOnNodeDeathTest, ANodeWithoutWorkersIsACheck) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto scheduler = MakePlaced(1, Affinity::kNode, PretendedTopology(2, 1));
        scheduler->SpawnOnNode(1, Nothing()).Detach();
      },
      "no worker on it");
}

TEST(OutsidePlacementTest, WhatComesFromOutsideRunsUnderEachPolicy) {
  for (const auto policy : {OutsidePlacement::kNearest, OutsidePlacement::kRoundRobin,
                            OutsidePlacement::kLeastLoaded}) {
    SchedulerOptions options = PlacedOptions(3, Affinity::kNode, PretendedTopology(2, 2));
    options.outside_placement = policy;
    auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
    Atomic<int> ran{0};
    std::vector<Thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.push_back(Thread::Start("spawns", [&] {
                          std::vector<JoinHandle<void>> handles;
                          for (int k = 0; k < 500; ++k) {
                            handles.push_back(scheduler->Spawn([&]() -> Task<> {
                              ran.fetch_add(1);
                              co_return;
                            }));
                          }
                          scheduler->BlockOn(JoinAll(std::move(handles)));
                        }).value());
    }
    threads.clear();
    EXPECT_EQ(ran.load(), 1000);
  }
}

}  // namespace
}  // namespace zokio
