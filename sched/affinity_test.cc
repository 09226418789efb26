// Workers bound to this machine's processors, on machines that are pretended.
#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "future/yield.h"
#include "sched/block_in_place.h"
#include "sched/blocking_pool.h"
#include "sched/cores.h"
#include "sched/scheduler.h"
#include "sched/testing_topology.h"
#include "sched/topology.h"

namespace zokio {
namespace {

using testing::MakePlaced;
using testing::PretendedTopology;
using Cpus = std::vector<int>;

Task<Cpus> WhereAmI() { co_return UsableCpus(); }
Task<> Join(JoinHandle<void> handle) { (void)co_await handle; }
template <typename T>
Task<T> ValueOf(JoinHandle<T> handle) {
  Result<T> result = co_await handle;
  co_return std::move(result).value();
}

Cpus CpusOf(Scheduler& scheduler, int worker) {
  return scheduler.BlockOn(ValueOf(scheduler.SpawnOn(worker, WhereAmI())));
}

TEST(AffinityTest, WithoutItThreadsRunAnywhere) {
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  EXPECT_EQ(CpusOf(*scheduler, 0), UsableCpus());
  EXPECT_EQ(CpusOf(*scheduler, 1), UsableCpus());
  EXPECT_EQ(scheduler->nodes(), 1);
  EXPECT_EQ(scheduler->PlacementReport(), "worker 0: anywhere\nworker 1: anywhere\n");
}

TEST(AffinityTest, EachWorkerIsBoundToItsPlace) {
  const Cpus real = UsableCpus();
  const Topology machine = PretendedTopology(2, 2);
  auto cores = MakePlaced(4, Affinity::kCore, machine);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(CpusOf(*cores, i), Cpus{machine.processors[static_cast<size_t>(i)].cpu});
    EXPECT_EQ(cores->node_of(i), i / 2);
  }
  EXPECT_EQ(cores->nodes(), 2);
  EXPECT_NE(cores->PlacementReport().find("2 nodes (pretended)"), std::string::npos);
  auto nodes = MakePlaced(2, Affinity::kNode, Topology::Flat(real));
  EXPECT_EQ(CpusOf(*nodes, 1), real) << "the node has all";
}

TEST(AffinityTest, WithoutATopologyEachProcessorIsACore) {
  SchedulerOptions options;
  options.affinity = Affinity::kCore;
  auto scheduler = std::move(Scheduler::Create(std::move(options))).value();
  EXPECT_EQ(CpusOf(*scheduler, 0), Cpus{UsableCpus().front()});
  EXPECT_NE(scheduler->PlacementReport().find("nothing is known"), std::string::npos);
}

TEST(AffinityTest, TheTopologyBoundsTheDefaultNumberOfWorkers) {
  EXPECT_EQ(MakePlaced(0, Affinity::kCore, PretendedTopology(1, 1))->workers(), 1);
  EXPECT_EQ(MakePlaced(0, Affinity::kNone, PretendedTopology(1, 1))->workers(), 1);
  EXPECT_EQ(MakePlaced(0, Affinity::kNode, PretendedTopology(8, 64))->workers(), AvailableCores());
}

TEST(AffinityTest, AProcessorThatIsNotThereIsReportedAndHarmless) {
  Topology machine = Topology::Flat({1 << 15});
  auto scheduler = MakePlaced(1, Affinity::kCore, machine);
  EXPECT_EQ(CpusOf(*scheduler, 0), UsableCpus());
  EXPECT_NE(scheduler->PlacementReport().find("worker 0 is not bound: sched_setaffinity"),
            std::string::npos)
      << scheduler->PlacementReport();
}

TEST(AffinityTest, ASpareWorkerStaysOnTheNodeOfTheOneItStandsInFor) {
  const int last = UsableCpus().back();
  Topology machine = Topology::Flat({last, last});
  machine.processors[1].core = 0;
  auto scheduler = MakePlaced(1, Affinity::kCore, machine);
  const Cpus spare = scheduler->BlockOn([&]() -> Task<Cpus> {
    co_return BlockInPlace([&] { return scheduler->BlockOn(WhereAmI()); });
  });
  EXPECT_EQ(spare, Cpus{last});
  EXPECT_EQ(scheduler->Recovery().spare_workers, 1);
}

TEST(AffinityTest, ThreadsOfABlockingPoolAreNotBoundAsTheWorkerThatStartsThem) {
  BlockingPool pool;
  auto scheduler = MakePlaced(1, Affinity::kCore, Topology::Flat({UsableCpus().front()}));
  const Cpus cpus = scheduler->BlockOn([&]() -> Task<Cpus> {
    auto job = pool.Spawn([] { return UsableCpus(); });
    Result<Cpus> there = co_await job;
    co_return std::move(there).value();
  });
  EXPECT_EQ(cpus, UsableCpus());
}

// Two schedulers that share the machine, as actors' dispatchers do.
TEST(AffinityTest, SchedulersWithProcessorsOfTheirOwnWorkTogether) {
  const Cpus real = UsableCpus();
  auto front = MakePlaced(2, Affinity::kCore, Topology::Flat({real.front()}));
  auto back = MakePlaced(1, Affinity::kNode, Topology::Flat({real.back()}));
  constexpr int kRounds = 200;
  const int strays = front->BlockOn([&]() -> Task<int> {
    int count = 0;
    for (int i = 0; i < kRounds; ++i) {
      auto there = back->Spawn(WhereAmI());
      Result<Cpus> cpus = co_await there;
      count += cpus.value() == Cpus{real.back()} ? 0 : 1;
      count += UsableCpus() == Cpus{real.front()} ? 0 : 1;
    }
    co_return count;
  });
  EXPECT_EQ(strays, 0);
}

// Holds a worker from inside a task until it is let go.
struct Held {
  Parker holds, let_go;
  Task<> Hold() {
    holds.Unpark();
    let_go.Park();
    co_return;
  }
};

// Workers 0 and 1 on one node, 2 on another. Worker 1 steals: each time worker 0 and 2 have a task
// each that it may take.
TEST(AffinityTest, ThievesRobTheirNodeFirst) {
  Topology machine = PretendedTopology(2, 2);
  machine.processors.pop_back();
  auto scheduler = MakePlaced(3, Affinity::kNode, machine);
  for (int round = 0; round < 30; ++round) {
    Held thief, near, far;
    std::vector<int> order;
    Parker done;
    const auto take = [&](int from) -> Task<> {
      order.push_back(from);
      if (order.size() == 2) done.Unpark();
      co_return;
    };
    const auto offer = [&](Held* held, int from) -> Task<> {
      co_await held->Hold();                  // until nobody is idle
      scheduler->Spawn(take(from)).Detach();  // put into the ring by the next one
      scheduler->Spawn([]() -> Task<> { co_return; }).Detach();
      co_await held->Hold();
    };
    auto first = scheduler->SpawnOn(1, thief.Hold());
    auto second = scheduler->SpawnOn(0, offer(&near, 0));
    auto third = scheduler->SpawnOn(2, offer(&far, 2));
    for (Held* held : {&thief, &near, &far}) held->holds.Park();
    for (Held* held : {&far, &near}) {
      held->let_go.Unpark();
      held->holds.Park();
    }
    thief.let_go.Unpark();
    done.Park();
    EXPECT_EQ(order, (std::vector<int>{0, 2}));
    near.let_go.Unpark();
    far.let_go.Unpark();
    scheduler->BlockOn(Join(std::move(first)));
    scheduler->BlockOn(Join(std::move(second)));
    scheduler->BlockOn(Join(std::move(third)));
  }
}

// No worker sleeps while another one has work, however far away.
TEST(AffinityTest, WorkIsTakenFromFarNodesToo) {
  auto scheduler = MakePlaced(4, Affinity::kCore, PretendedTopology(4, 1));
  for (int round = 0; round < 100; ++round) {
    scheduler->BlockOn([&]() -> Task<> {
      Parker ran;
      auto child = scheduler->Spawn([&]() -> Task<> {
        ran.Unpark();
        co_return;
      });
      auto in_the_slot = scheduler->Spawn([]() -> Task<> { co_return; });
      ran.Park();  // blocks this worker on purpose
      (void)co_await child;
      (void)co_await in_the_slot;
    });
  }
}

}  // namespace
}  // namespace zokio
