// How loops beside those of the workers end: with their system, or after a scheduler that ended
// first; and what their threads still hold then.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/internal/system_core.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/spawn.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

std::unique_ptr<Scheduler> MakeScheduler() {
  SchedulerOptions options;
  options.workers = 2;
  return Scheduler::Create(std::move(options)).value();
}

std::vector<SpawnOptions> OfEachKind(ActorSystem& system) {
  const ActorPool pool = system.AddPool(2).value();
  return {SpawnOptions(), SpawnOptions().Pinned(), SpawnOptions().In(pool),
          SpawnOptions().Blocking()};
}

struct Serve {
  explicit Serve(OneshotReceiver<int> receiver) : until(std::move(receiver)) {}
  OneshotReceiver<int> until;
};

class Server : public Actor<Server, Serve> {
 public:
  explicit Server(Atomic<int>& served) : served_(served) {}
  Task<void> On(Serve& serve) {
    Result<int> value = co_await serve.until;
    if (value.ok()) served_.fetch_add(1, memory_order_relaxed);
  }

 private:
  Atomic<int>& served_;
};

// Whoever is suspended, on whichever dispatcher, is killed: nobody would wake it.
TEST(DispatcherEndsTest, TheSchedulerMayEndFirst) {
  for (int round = 0; round < 10; ++round) {
    auto scheduler = MakeScheduler();
    Atomic<int> served{0};
    ActorSystem system(*scheduler);
    std::vector<OneshotSender<int>> senders;
    for (const SpawnOptions& options : OfEachKind(system)) {
      auto [sender, receiver] = MakeOneshot<int>();
      senders.push_back(std::move(sender));
      system.SpawnWith<Server>(options, served).value().Tell(Serve(std::move(receiver)));
    }
    ASSERT_TRUE(scheduler->Shutdown(std::chrono::seconds(60)).ok());
    EXPECT_FALSE(system.SpawnWith<Server>(SpawnOptions().Pinned(), served).ok());
    EXPECT_TRUE(system.Shutdown().ok());
    EXPECT_EQ(served.load(memory_order_relaxed), 0);
  }
}

struct Leave {};

class Leaver : public Actor<Leaver, Leave> {
 public:
  explicit Leaver(std::shared_ptr<int> held) : held_(std::move(held)) {}
  Task<bool> On(Leave) {
    JoinHandle<void> left = co_await SpawnChild(SleepLong(held_));
    std::move(left).Detach();
    co_return true;
  }

 private:
  static Task<void> SleepLong(std::shared_ptr<int>) { co_await SleepFor(std::chrono::hours(1)); }

  std::shared_ptr<int> held_;
};

// On the threads of the system itself, where they are not the scheduler's.
TEST(DispatcherEndsTest, WhatHandlersSpawnedAndLeftIsCancelled) {
  auto held = std::make_shared<int>(0);
  auto scheduler = MakeScheduler();
  {
    ActorSystem system(*scheduler);
    for (const SpawnOptions& options : OfEachKind(system)) {
      auto leaver = system.SpawnWith<Leaver>(options, held).value();
      EXPECT_TRUE(BlockOn(leaver.Ask(Leave{})).ok());
    }
    EXPECT_GE(held.use_count(), 9);
  }
  scheduler.reset();
  EXPECT_EQ(held.use_count(), 1);
}

struct Meet {};

// Blocks until so many have come.
class Guest : public Actor<Guest, Meet> {
 public:
  Guest(Atomic<int>& missing, Parker& all_here) : missing_(missing), all_here_(all_here) {}
  void On(Meet) {
    if (missing_.fetch_sub(1, memory_order_acq_rel) == 1) all_here_.Unpark();
    while (missing_.load(memory_order_acquire) > 0) {
      Parker nobody;
      nobody.ParkUntil(Clock::Monotonic().Now() + std::chrono::milliseconds(5));
    }
  }

 private:
  Atomic<int>& missing_;
  Parker& all_here_;
};

// A thread for each that blocks, however many there are.
TEST(DispatcherEndsTest, ManyBlockAtOnce) {
  constexpr int kGuests = 140;
  auto scheduler = MakeScheduler();
  Atomic<int> missing{kGuests};
  Parker all_here;
  ActorSystem system(*scheduler);
  for (int i = 0; i < kGuests; ++i) {
    system.SpawnWith<Guest>(SpawnOptions().Blocking(), missing, all_here).value().Tell(Meet{});
  }
  const bool met = all_here.ParkUntil(Clock::Monotonic().Now() + std::chrono::seconds(30));
  EXPECT_TRUE(met);
  if (!met) missing.store(0, memory_order_release);
}

// Another thread's actor is not the tenant, whenever it is born there.
TEST(DispatcherEndsTest, TheTenantIsWhoWasToBe) {
  internal::SystemCore core(1, {}, Clock::Monotonic(), std::nullopt, {}, BatchOptions(),
                            PlacementOptions());
  internal::ActorLoop& loop = core.loop(0);
  ASSERT_TRUE(loop.TryRent());
  bool other = true;
  Thread::Start("other", [&] { other = loop.TakeTenancy(); }).value().Join();
  EXPECT_FALSE(other);
  EXPECT_TRUE(loop.TakeTenancy());
  EXPECT_FALSE(loop.TakeTenancy());
}

}  // namespace
}  // namespace zokio
