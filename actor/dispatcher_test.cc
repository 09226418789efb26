// Dispatchers: what is promised of order, supervision and ends holds on each of them.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/ended.h"
#include "base/atomic.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<Scheduler> TwoWorkers() {
  SchedulerOptions options;
  options.workers = 2;
  return Scheduler::Create(std::move(options)).value();
}

enum class Kind { kShared, kPinned, kRing, kPool, kBlocking };
constexpr Kind kKinds[] = {Kind::kShared, Kind::kPinned, Kind::kRing, Kind::kPool, Kind::kBlocking};

SpawnOptions OptionsOf(Kind kind, ActorPool pool) {
  switch (kind) {
    case Kind::kShared:
      return SpawnOptions();
    case Kind::kPinned:
      return SpawnOptions().Pinned();
    case Kind::kRing:
      return SpawnOptions().Ring(16);
    case Kind::kPool:
      return SpawnOptions().In(pool);
    case Kind::kBlocking:
      return SpawnOptions().Blocking();
  }
  return SpawnOptions();
}

struct Number {
  uint32_t sender;
  uint64_t value;
};
struct Total {};
struct Fail {};

// Takes numbers that each sender counts up.
class Sink : public Actor<Sink, Number, Total, Fail> {
 public:
  explicit Sink(Atomic<int>& disorder) : disorder_(disorder) {}
  void On(Number number) {
    if (number.value != next_[number.sender]++) disorder_.fetch_add(1, memory_order_relaxed);
    ++total_;
  }
  uint64_t On(Total) { return total_; }
  void On(Fail) { throw std::runtime_error("on purpose"); }

 private:
  Atomic<int>& disorder_;
  uint64_t next_[8] = {};
  uint64_t total_ = 0;
};

struct Wait {};
struct Go {
  uint32_t self;
};

class Source : public Actor<Source, Go> {
 public:
  Source(ActorRef<Sink> to, uint64_t count) : to_(to), count_(count) {}
  Task<bool> On(Go go) {
    for (uint64_t i = 0; i < count_; ++i) {
      if (i % 3 != 0) {
        to_.Tell(Number{go.self, i});
        continue;
      }
      auto sent = co_await to_.Send(Number{go.self, i});
      if (!sent.ok()) co_return false;
    }
    co_return true;
  }

 private:
  ActorRef<Sink> to_;
  const uint64_t count_;
};

// From actors on every dispatcher and from a thread to an actor on each.
TEST(DispatcherTest, OrderHoldsFromEachToEach) {
  constexpr uint64_t kEach = 400;
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  const ActorPool pool = system.AddPool(2).value();
  for (Kind to : kKinds) {
    Atomic<int> disorder{0};
    auto sink = system.SpawnWith<Sink>(OptionsOf(to, pool), disorder).value();
    std::vector<ActorRef<Source>> sources;
    for (Kind from : kKinds) {
      sources.push_back(system.SpawnWith<Source>(OptionsOf(from, pool), sink, kEach).value());
    }
    Thread thread = Thread::Start("outside", [&] {
                      for (uint64_t i = 0; i < kEach; ++i) sink.Tell(Number{7, i});
                    }).value();
    const bool sent = scheduler->BlockOn(
        [](std::vector<ActorRef<Source>> all) -> Task<bool> {
          uint32_t self = 0;
          for (auto& source : all) {
            Result<bool> sent = co_await source.Ask(Go{self++});
            if (!sent.ok() || !*sent) co_return false;
          }
          co_return true;
        },
        sources);
    EXPECT_TRUE(sent);
    thread.Join();
    EXPECT_EQ(BlockOn(sink.Ask(Total{})).value(), 6 * kEach);
    EXPECT_EQ(disorder.load(memory_order_acquire), 0);
    sink.Stop();
    for (auto& source : sources) source.Stop();
  }
}

// Held up in a handler while its ring of eight fills.
template <Overflow policy>
class Basin : public Actor<Basin<policy>, Wait, Number> {
 public:
  static constexpr MailboxOptions kMailbox{4, policy};

  Basin(Parker& waits, Parker& goes_on, std::vector<uint64_t>& values)
      : waits_(waits), goes_on_(goes_on), values_(values) {}
  void On(Wait) {
    waits_.Unpark();
    goes_on_.Park();
  }
  void On(Number number) { values_.push_back(number.value); }

 private:
  Parker& waits_;
  Parker& goes_on_;
  std::vector<uint64_t>& values_;
};

// What is handled of 100 numbers, and how many of them were dead letters.
template <Overflow policy>
std::vector<uint64_t> FloodRing(uint64_t* dead) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  Parker waits;
  Parker goes_on;
  std::vector<uint64_t> values;
  auto basin =
      system.SpawnWith<Basin<policy>>(SpawnOptions().Ring(8), waits, goes_on, values).value();
  basin.Tell(Wait{});
  waits.Park();
  for (uint64_t i = 0; i < 100; ++i) basin.Tell(Number{0, i});
  basin.Poison();  // no bound loses what the system says
  goes_on.Unpark();
  BlockOn(Ended(basin));
  *dead = system.Stats().dead_letters;
  return values;
}

std::vector<uint64_t> FromTo(uint64_t first, uint64_t end) {
  std::vector<uint64_t> values;
  for (uint64_t i = first; i < end; ++i) values.push_back(i);
  return values;
}

TEST(RingMailboxTest, ThePolicySaysWhatOverflowBecomes) {
  uint64_t dead = 0;
  EXPECT_EQ(FloodRing<Overflow::kWait>(&dead), FromTo(0, 100));
  EXPECT_EQ(dead, 0u);
  EXPECT_EQ(FloodRing<Overflow::kToDeadLetters>(&dead), FromTo(0, 4));
  EXPECT_EQ(dead, 96u);
  EXPECT_EQ(FloodRing<Overflow::kFail>(&dead), FromTo(0, 4));
  EXPECT_EQ(dead, 96u);
  EXPECT_EQ(FloodRing<Overflow::kDropOldest>(&dead), FromTo(96, 100));
  EXPECT_EQ(dead, 96u);
}

TEST(RingMailboxTest, ARingHasAPowerOfTwoSlots) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  Atomic<int> disorder{0};
  const auto refused = system.SpawnWith<Sink>(SpawnOptions().Ring(12), disorder);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
}

struct Begin {};

// Its children live where they were told to; a failed one is made anew.
class Parent : public Actor<Parent, Begin, Terminated> {
 public:
  static constexpr Supervision kChildren = Supervision().Restarts(10, seconds(10));

  Parent(std::vector<SpawnOptions> homes, Atomic<int>& disorder, Atomic<int>& ended)
      : homes_(std::move(homes)), disorder_(disorder), ended_(ended) {}
  Result<std::vector<ActorRef<Sink>>> On(Begin) {
    std::vector<ActorRef<Sink>> children;
    for (const SpawnOptions& home : homes_) {
      Result<ActorRef<Sink>> child = SpawnWith<Sink>(home, std::ref(disorder_));
      if (!child.ok()) return child.error();
      Watch(*child);
      children.push_back(*child);
    }
    return children;
  }
  void On(Terminated) { ended_.fetch_add(1, memory_order_acq_rel); }

 private:
  std::vector<SpawnOptions> homes_;
  Atomic<int>& disorder_;
  Atomic<int>& ended_;
};

TEST(DispatcherTest, SupervisionAndEndsReachEach) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  const ActorPool pool = system.AddPool(1).value();
  Atomic<int> disorder{0};
  Atomic<int> ended{0};
  std::vector<SpawnOptions> homes;
  for (Kind kind : kKinds) homes.push_back(OptionsOf(kind, pool));
  auto parent = system.Spawn<Parent>(homes, disorder, ended);
  std::vector<ActorRef<Sink>> children = BlockOn(parent.Ask(Begin{})).value();
  ASSERT_EQ(children.size(), 5u);
  for (auto& child : children) {
    child.Tell(Number{0, 0});
    child.Tell(Fail{});
    child.Tell(Number{1, 0});
    // Made anew: it has forgotten the first number, and has the second, which waited.
    EXPECT_EQ(BlockOn(child.Ask(Total{})).value(), 1u);
  }
  EXPECT_EQ(system.Stats().failures, 5u);
  children[1].Stop();
  BlockOn(Ended(children[1]));
  parent.Poison();
  BlockOn(Ended(parent));
  // Children end before their parent.
  for (auto& child : children) EXPECT_FALSE(BlockOn(child.Ask(Total{})).ok());
  EXPECT_EQ(disorder.load(memory_order_acquire), 0);
}

struct Release {};

// Blocks its thread until another of its kind comes to release it.
class Blocker : public Actor<Blocker, Wait, Release> {
 public:
  Blocker(Parker& parker, Atomic<int>& passed) : parker_(parker), passed_(passed) {}
  void On(Wait) {
    parker_.Park();
    passed_.fetch_add(1, memory_order_acq_rel);
  }
  void On(Release) { parker_.Unpark(); }

 private:
  Parker& parker_;
  Atomic<int>& passed_;
};

TEST(DispatcherTest, WhoBlocksHoldsUpNobodyElse) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  constexpr int kCount = 6;  // more than there are workers
  std::vector<std::unique_ptr<Parker>> parkers;
  Atomic<int> passed{0};
  std::vector<ActorRef<Blocker>> blockers;
  for (int i = 0; i < kCount; ++i) {
    parkers.push_back(std::make_unique<Parker>());
    blockers.push_back(
        system.SpawnWith<Blocker>(SpawnOptions().Blocking(), *parkers.back(), passed).value());
    blockers.back().Tell(Wait{});
  }
  // While all of them block, others of each kind run.
  for (int i = 0; i < kCount; ++i) {
    auto free = system.SpawnWith<Blocker>(SpawnOptions().Blocking(), *parkers[i], passed).value();
    EXPECT_TRUE(BlockOn(free.Ask(Release{})).ok());
    auto shared = system.Spawn<Blocker>(*parkers[i], passed);
    EXPECT_TRUE(BlockOn(shared.Ask(Release{})).ok());
    free.Stop();
    shared.Stop();
  }
  for (auto& blocker : blockers) {
    EXPECT_TRUE(BlockOn(blocker.Ask(Release{})).ok());
    blocker.Stop();
    BlockOn(Ended(blocker));
  }
  EXPECT_EQ(passed.load(memory_order_acquire), kCount);
}

struct Where {};
struct Later {};

class Compass : public Actor<Compass, Where, Later, Go> {
 public:
  explicit Compass(Parker* rang = nullptr) : rang_(rang) {}
  uintptr_t On(Where) { return reinterpret_cast<uintptr_t>(internal::ActorLoop::Current()); }
  bool On(Later) {
    TellAfter(milliseconds(1), Go{0});
    return true;
  }
  void On(Go) { rang_->Unpark(); }

 private:
  Parker* rang_;
};

uintptr_t LoopOf(ActorRef<Compass> compass) { return BlockOn(compass.Ask(Where{})).value(); }

TEST(DispatcherTest, ALoopServesTheNextTenantOnceItsOwnHasEnded) {
  for (Kind kind : {Kind::kPinned, Kind::kBlocking}) {
    auto scheduler = TwoWorkers();
    ActorSystem system(*scheduler);
    const SpawnOptions options = OptionsOf(kind, ActorPool(0));
    auto first = system.SpawnWith<Compass>(options).value();
    auto second = system.SpawnWith<Compass>(options).value();
    const uintptr_t home = LoopOf(first);
    EXPECT_NE(home, LoopOf(second));
    auto near = system.SpawnWith<Compass>(SpawnOptions().Near(second.id())).value();
    EXPECT_EQ(LoopOf(near), LoopOf(second));
    first.Stop();
    BlockOn(Ended(first));
    auto third = system.SpawnWith<Compass>(options).value();
    EXPECT_EQ(LoopOf(third), home);
    EXPECT_EQ(system.SpawnWith<Compass>(SpawnOptions().Near(first.id())).error().code(),
              ErrorCode::kClosed);
  }
}

TEST(DispatcherTest, EachHasTimersAndIsInspected) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  const ActorPool pool = system.AddPool(1).value();
  Parker rang;
  for (Kind kind : kKinds) {
    auto compass = system.SpawnWith<Compass>(OptionsOf(kind, pool), &rang).value();
    EXPECT_TRUE(BlockOn(compass.Ask(Later{})).ok());
    rang.Park();
  }
  const std::vector<ActorInfo> all = scheduler->BlockOn(system.Inspect());
  EXPECT_EQ(all.size(), 5u);
}

TEST(DispatcherTest, NothingIsBegunOnceTheSystemEnds) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler);
  const ActorPool pool = system.AddPool(1).value();
  Atomic<int> disorder{0};
  for (Kind kind : kKinds)
    ASSERT_TRUE(system.SpawnWith<Sink>(OptionsOf(kind, pool), disorder).ok());
  ASSERT_TRUE(system.Shutdown().ok());
  EXPECT_EQ(system.AddPool(1).error().code(), ErrorCode::kShutdown);
  EXPECT_EQ(system.SpawnWith<Sink>(SpawnOptions().Pinned(), disorder).error().code(),
            ErrorCode::kShutdown);
  EXPECT_EQ(system.SpawnWith<Sink>(SpawnOptions().In(ActorPool(9)), disorder).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(system.AddPool(0).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace zokio
