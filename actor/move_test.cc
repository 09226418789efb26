// Actors that move between loops: what is promised of order, control and ends holds meanwhile.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/ended.h"
#include "actor/testing.h"
#include "base/atomic.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "future/yield.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using testing::ManualSystem;

struct Number {
  uint32_t sender;
  uint64_t value;
};
struct Total {};
struct Fail {};
struct Where {};

// Takes numbers that each sender counts up.
class Nomad : public Actor<Nomad, Number, Total, Fail, Where> {
 public:
  explicit Nomad(Atomic<int>& disorder) : disorder_(disorder) {}
  void On(Number number) {
    if (number.value != next_[number.sender]++) disorder_.fetch_add(1, memory_order_relaxed);
    ++total_;
  }
  uint64_t On(Total) { return total_; }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  uintptr_t On(Where) { return reinterpret_cast<uintptr_t>(internal::ActorLoop::Current()); }

 private:
  Atomic<int>& disorder_;
  uint64_t next_[8] = {};
  uint64_t total_ = 0;
};

struct Go {};

// Tells two numbers a turn, and sends one of each ten.
class Caller : public Actor<Caller, Go> {
 public:
  Caller(ActorRef<Nomad> to, uint32_t self, uint64_t count) : to_(to), self_(self), count_(count) {}
  Task<void> On(Go) {
    for (int i = 0; i < 2 && sent_ < count_; ++i) {
      if (sent_ % 10 == 9) {
        auto result = co_await to_.Send(Number{self_, sent_++});
        (void)result;
      } else {
        to_.Tell(Number{self_, sent_++});
      }
    }
    if (sent_ < count_) self().Tell(Go{});
  }

 private:
  ActorRef<Nomad> to_;
  const uint32_t self_;
  const uint64_t count_;
  uint64_t sent_ = 0;
};

// Loops in orders that seeds draw; the actor is told to move, and told things, between any two
// steps of any loop.
TEST(MoveTest, OrderHoldsInEveryInterleavingOfLoops) {
  constexpr uint32_t kLoops = 3;
  constexpr uint64_t kEach = 40;
  uint64_t moved = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    ManualSystem system(kLoops, ActorSystemOptions(), seed);
    Random random(seed);
    Atomic<int> disorder{0};
    auto nomad = system->SpawnAt<Nomad>(0, disorder);
    for (uint32_t i = 0; i < kLoops; ++i) {
      system->SpawnAt<Caller>(i, nomad, i, kEach).Tell(Go{});
    }
    uint64_t outside = 0;
    do {
      if (random.Below(4) == 0) system->Move(nomad, random.Below(kLoops));
      if (outside < kEach && random.Below(2) == 0) nomad.Tell(Number{7, outside++});
    } while (system.RunOne());
    while (outside < kEach) nomad.Tell(Number{7, outside++});
    Result<uint64_t> total = system.Await(nomad.Ask(Total{}));
    ASSERT_TRUE(total.ok()) << "seed " << seed;
    EXPECT_EQ(*total, (kLoops + 1) * kEach) << "seed " << seed;
    EXPECT_EQ(disorder.load(memory_order_relaxed), 0) << "seed " << seed;
    EXPECT_EQ(system->Stats().dead_letters, 0u);
    moved += system->Stats().moved;
  }
  EXPECT_GT(moved, 150u) << "it does move";
}

TEST(MoveTest, ItLivesWhereItWasToldTo) {
  ManualSystem system(3);
  Atomic<int> disorder{0};
  auto nomad = system->SpawnAt<Nomad>(0, disorder);
  for (uint32_t loop : {2u, 1u, 1u, 0u, 9u}) {
    system->Move(nomad, loop);
    system.Run();
    const std::vector<ActorInfo> all = system.Await(system->Inspect());
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].loop, loop == 9 ? 0 : loop) << "nine is no loop of this system";
  }
  EXPECT_EQ(system->Stats().moved, 3u);
}

struct Sleep {};

// Has a timer, or a handler that waits, or a child.
class Settled : public Actor<Settled, Go, Sleep, Total> {
 public:
  explicit Settled(Atomic<int>& disorder) : disorder_(disorder) {}
  void On(Go) { child_ = Spawn<Nomad>(disorder_); }
  void On(Sleep) { TellAfter(std::chrono::milliseconds(5), Total{}); }
  void On(Total) {}

 private:
  Atomic<int>& disorder_;
  ActorRef<Nomad> child_;
};

TEST(MoveTest, WhoIsNotIdleStaysUntilItIs) {
  ManualSystem system(2);
  Atomic<int> disorder{0};
  auto parent = system->SpawnAt<Settled>(0, disorder);
  parent.Tell(Go{});
  system->Move(parent, 1);
  system.Run();
  EXPECT_EQ(system->Stats().moved, 0u);
  auto timed = system->SpawnAt<Settled>(0, disorder);
  timed.Tell(Sleep{});
  system->Move(timed, 1);
  system.Run();
  EXPECT_EQ(system->Stats().moved, 0u);
  system.Advance(std::chrono::milliseconds(10));
  timed.Tell(Total{});
  system.Run();
  EXPECT_EQ(system->Stats().moved, 1u);
}

struct Bear {};

class Keeper : public Actor<Keeper, Bear, Terminated> {
 public:
  static constexpr Supervision kChildren = Supervision().Restarts(20, std::chrono::seconds(10));

  Keeper(Atomic<int>& disorder, int& ended) : disorder_(disorder), ended_(ended) {}
  ActorRef<Nomad> On(Bear) {
    auto child = Spawn<Nomad>(std::ref(disorder_));
    Watch(child);
    return child;
  }
  void On(Terminated) { ++ended_; }

 private:
  Atomic<int>& disorder_;
  int& ended_;
};

TEST(MoveTest, AChildIsSupervisedWhereverItLives) {
  for (bool end_parent : {false, true}) {
    ManualSystem system(3);
    Atomic<int> disorder{0};
    int ended = 0;
    auto keeper = system->SpawnAt<Keeper>(0, disorder, ended);
    ActorRef<Nomad> child = system.Await(keeper.Ask(Bear{})).value();
    for (uint32_t loop : {1u, 0u, 2u}) {
      child.Tell(Number{0, 0});
      system->Move(child, loop);
      system.Run();
      child.Tell(Fail{});
      child.Tell(Number{1, 0});
      EXPECT_EQ(system.Await(child.Ask(Total{})).value(), 1u) << "made anew";
      child.Tell(Fail{});
      system.Run();
    }
    EXPECT_EQ(system->Stats().moved, 3u);
    if (end_parent) {
      keeper.Stop();
    } else {
      child.Stop();
    }
    system.Run();
    EXPECT_FALSE(system.Await(child.Ask(Total{})).ok());
    EXPECT_EQ(ended, end_parent ? 0 : 1);
  }
}

// Between every two steps: a stop reaches it wherever it is, and the system may end.
TEST(MoveTest, AnEndReachesWhoIsOnItsWay) {
  for (int steps = 0; steps < 14; ++steps) {
    for (bool shutdown : {false, true}) {
      ManualSystem system(2);
      Atomic<int> disorder{0};
      auto nomad = system->SpawnAt<Nomad>(0, disorder);
      system.Run();
      system->Move(nomad, 1);
      nomad.Tell(Number{0, 0});
      for (int i = 0; i < steps; ++i) system.RunOne();
      if (shutdown) {
        system.Shutdown();
        continue;
      }
      nomad.Stop();
      system.Run();
      EXPECT_TRUE(system.Await(system->Inspect()).empty()) << steps;
      EXPECT_FALSE(system.Await(nomad.Ask(Total{})).ok());
    }
  }
}

TEST(MoveStress, OrderHoldsFromLoopsAndThreads) {
  SchedulerOptions scheduler_options;
  scheduler_options.workers = 3;
  auto scheduler = Scheduler::Create(std::move(scheduler_options)).value();
  ActorSystem system(*scheduler);
  constexpr uint64_t kEach = 3000;
  Atomic<int> disorder{0};
  auto nomad = system.Spawn<Nomad>(disorder);
  for (uint32_t i = 0; i < 3; ++i) system.SpawnAt<Caller>(i, nomad, i, kEach).Tell(Go{});
  std::vector<Thread> threads;
  for (uint32_t i = 3; i < 5; ++i) {
    threads.push_back(Thread::Start("outside", [&, i] {
                        for (uint64_t v = 0; v < kEach; ++v) nomad.Tell(Number{i, v});
                      }).value());
  }
  uint64_t total = 0;
  for (uint32_t loop = 0; total != 5 * kEach; ++loop) {
    system.Move(nomad, loop % 3);
    total = BlockOn(nomad.Ask(Total{})).value();
  }
  threads.clear();
  EXPECT_EQ(disorder.load(memory_order_acquire), 0);
  EXPECT_EQ(system.Stats().dead_letters, 0u);
  EXPECT_GT(system.Stats().moved, 0u);
}

}  // namespace
}  // namespace zokio
