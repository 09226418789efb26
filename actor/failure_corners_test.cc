// Constructors that throw, failures that are handed up, spawns that the end of the system
// overtakes.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/internal/pair_queue.h"
#include "actor/testing.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "future/oneshot.h"
#include "future/spawn.h"
#include "future/testing.h"

namespace zokio {
namespace {

using testing::ManualSystem;

using Log = std::vector<std::string>;

struct Note {
  int value;
};
struct Fail {};
struct Go {};

class Leaf : public Actor<Leaf, Note> {
 public:
  explicit Leaf(Log& log) : log_(log) {}
  ~Leaf() { log_.push_back("leaf gone"); }
  void On(Note) {}
  void Stopping() { log_.push_back("leaf stopping"); }

 private:
  Log& log_;
};

// Has mail, a child here and one elsewhere, and a watcher; and throws.
class Stillborn : public Actor<Stillborn, Note> {
 public:
  Stillborn(Log& log, ActorId* id) {
    *id = self().id();
    self().Tell(Note{1});
    Spawn<Leaf>(log);
    SpawnSpread<Leaf>(log);
    throw std::runtime_error("on purpose");
  }
  void On(Note) { ADD_FAILURE() << "it was never made"; }
  void Started() { ADD_FAILURE() << "it was never made"; }
  void Stopping() { ADD_FAILURE() << "it was never made"; }
};

class Mother : public Actor<Mother, Go, Note> {
 public:
  Mother(Log& log, bool spread) : log_(log), spread_(spread) {}
  void On(Go) {
    ActorId id;
    try {
      spread_ ? SpawnSpread<Stillborn>(log_, &id) : Spawn<Stillborn>(log_, &id);
    } catch (const std::runtime_error&) {
      log_.push_back("thrown");
    }
  }
  void On(Note) { log_.push_back("note"); }

 private:
  Log& log_;
  bool spread_;
};

TEST(StillbornTest, WhatAThrowingConstructorBeganEnds) {
  for (bool spread : {false, true}) {
    ManualSystem system(3);
    Log log;
    auto mother = system->SpawnAt<Mother>(0, log, spread);
    mother.Tell(Go{});
    mother.Tell(Go{});
    mother.Tell(Note{1});
    system.Run();
    EXPECT_EQ(std::count(log.begin(), log.end(), "thrown"), 2);
    EXPECT_EQ(std::count(log.begin(), log.end(), "leaf gone"), 4);
    EXPECT_EQ(std::count(log.begin(), log.end(), "note"), 1) << "the mother goes on";
    EXPECT_EQ(system->Stats().dead_letters, 2u) << "what it had told itself";
    system.Shutdown();
  }
}

TEST(StillbornTest, ARootSpawnedFromOutsideEnds) {
  ManualSystem system(2);
  Log log;
  ActorId id;
  EXPECT_THROW(system->Spawn<Stillborn>(log, &id), std::runtime_error);
  system.Run();
  EXPECT_EQ(std::count(log.begin(), log.end(), "leaf gone"), 2);
  ActorRef<Stillborn>(id).Tell(Note{2});
  system.Run();
  EXPECT_EQ(system->Stats().dead_letters, 2u);
}

// Fails by a message; counts what it handled since it was made.
class Worker : public Actor<Worker, Note, Fail> {
 public:
  Worker(Log& log, std::string name) : log_(log), name_(std::move(name)) {}
  void On(Note note) {
    log_.push_back(name_ + " " + std::to_string(note.value) + "/" + std::to_string(++handled_));
  }
  void On(Fail) { throw std::runtime_error("on purpose"); }

 private:
  Log& log_;
  std::string name_;
  int handled_ = 0;
};

// Hands every failure up.
class Middle : public Actor<Middle, Note, Fail> {
 public:
  static constexpr Supervision kChildren = Supervision().With(Directive::kEscalate);
  Middle(Log& log, bool spread) {
    const std::string name = "w";
    worker_ =
        spread ? SpawnSpread<Worker>(std::ref(log), name) : Spawn<Worker>(std::ref(log), name);
  }
  template <typename M>
  void On(M message) {
    worker_.Tell(message);
  }

 private:
  ActorRef<Worker> worker_;
};

class Resumer : public Actor<Resumer, Note, Fail> {
 public:
  static constexpr Supervision kChildren = Supervision().With(Directive::kResume);
  Resumer(Log& log, bool spread) { middle_ = Spawn<Middle>(std::ref(log), spread); }
  template <typename M>
  void On(M message) {
    middle_.Tell(message);
  }

 private:
  ActorRef<Middle> middle_;
};

TEST(EscalationTest, AResumeReachesWhoFailed) {
  for (bool spread : {false, true}) {
    ManualSystem system(2);
    Log log;
    auto top = system->SpawnAt<Resumer>(0, log, spread);
    top.Tell(Note{1});
    top.Tell(Fail{});
    top.Tell(Note{2});
    top.Tell(Fail{});
    top.Tell(Note{3});
    system.Run();
    EXPECT_EQ(log, (Log{"w 1/1", "w 2/2", "w 3/3"}));
  }
}

// Supervises by nothing but its own decision.
class Decider : public Actor<Decider, Note, Fail> {
 public:
  explicit Decider(Log& log) { worker_ = Spawn<Worker>(std::ref(log), std::string("w")); }
  Directive OnFailure(ActorId, const Failure&) { return Directive::kRestart; }
  template <typename M>
  void On(M message) {
    worker_.Tell(message);
  }

 private:
  ActorRef<Worker> worker_;
};

TEST(EscalationTest, ADecisionAloneRestartsWithTheArguments) {
  ManualSystem system;
  Log log;
  auto decider = system->Spawn<Decider>(log);
  decider.Tell(Note{1});
  decider.Tell(Fail{});
  decider.Tell(Note{2});
  system.Run();
  EXPECT_EQ(log, (Log{"w 1/1", "w 2/1"}));
}

// Spawns into the other loop while the system is told to end.
class Sower : public Actor<Sower, Go> {
 public:
  Sower(ActorSystem& system, ActorRef<Leaf> gone, Log& log)
      : system_(system), gone_(gone), log_(log) {}
  void On(Go) {
    system_.SpawnAt<Leaf>(1, log_);
    gone_.Tell(Note{1});
    Thread::Start("shutdown", [this] { (void)system_.Shutdown(Duration(0)); }).value().Join();
  }

 private:
  ActorSystem& system_;
  ActorRef<Leaf> gone_;
  Log& log_;
};

TEST(ShutdownTest, ASpawnThatIsOnItsWayIsBegunAndStopped) {
  LocalExecutor first;
  LocalExecutor second;
  Log log;
  ActorSystemOptions options;
  // Runs when the second loop comes to a dead letter: after it looked at what the first has sent.
  options.on_dead_letter = [&](const DeadLetter&) { first.RunUntilIdle(); };
  std::vector<Executor*> executors = {&first, &second};
  std::optional<ActorSystem> system(std::in_place, executors, options);
  auto run = [&] {
    while (first.RunUntilIdle() + second.RunUntilIdle() != 0) continue;
  };
  auto gone = system->SpawnAt<Leaf>(1, log);
  auto sower = system->SpawnAt<Sower>(0, *system, gone, log);
  gone.Stop();
  run();
  log.clear();
  gone.Tell(Note{1});
  sower.Tell(Go{});
  second.RunUntilIdle();
  run();
  EXPECT_EQ(log, (Log{"leaf stopping", "leaf gone"}));
  system.reset();
}

struct Hold {
  explicit Hold(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

// Keeps a timer, and cancels it when it dies.
class Holder : public Actor<Holder, Hold, Note> {
 public:
  ~Holder() { timer_.Cancel(); }
  void Started() { timer_ = TellEvery(std::chrono::hours(1), Note{1}); }
  Task<void> On(Hold& hold) { (void)co_await hold.receiver; }
  void On(Note) {}

 private:
  ActorTimer timer_;
};

TEST(ShutdownTest, WhoInspectsALoopThatEndsGetsAnAnswer) {
  testing::VirtualTimer timer;
  LocalExecutor first(&timer);
  LocalExecutor second(&timer);
  LocalExecutor outside(&timer);
  std::vector<Executor*> executors = {&first, &second};
  std::optional<ActorSystem> system(std::in_place, executors);
  auto run_loops = [&] {
    while (first.RunUntilIdle() + second.RunUntilIdle() != 0) continue;
  };
  auto [sender, receiver] = MakeOneshot<int>();
  system->SpawnAt<Holder>(0).Tell(Hold(std::move(receiver)));
  run_loops();
  EXPECT_FALSE(system->Shutdown(Duration(0)).ok());
  run_loops();
  auto inspected = Spawn(outside, system->Inspect());
  outside.RunUntilIdle();
  first.RunUntilIdle();
  outside.RunUntilIdle();  // the first loop has answered, the second is asked
  EXPECT_TRUE(std::move(sender).Send(1));
  first.RunUntilIdle();  // is empty, and so are all: the second does not come to its question
  run_loops();
  EXPECT_TRUE(system->Shutdown().ok());
  outside.RunUntilIdle();
  ASSERT_TRUE(inspected.finished());
  EXPECT_EQ(outside.BlockOn(std::move(inspected)).value().size(), 1u);
}

TEST(ShutdownTest, AnActorThatIsNotEndedMayStillCancelItsTimer) {
  testing::VirtualTimer timer;
  std::optional<LocalExecutor> executor(std::in_place, &timer);
  std::vector<Executor*> executors = {&*executor};
  ActorSystem system(executors);
  auto [sender, receiver] = MakeOneshot<int>();
  system.Spawn<Holder>().Tell(Hold(std::move(receiver)));
  executor->RunUntilIdle();
  executor.reset();  // before the system
  EXPECT_TRUE(system.Shutdown().ok());
}

struct Node {
  Node* next = nullptr;
  int number = 0;
};

TEST(PairQueueTest, EachNodeIsFetchedAheadOnce) {
  internal::PairQueue<Node> queue(64);
  std::vector<Node> nodes(16);
  for (int i = 0; i < 16; ++i) {
    nodes[static_cast<size_t>(i)].number = i;
    queue.Stage(&nodes[static_cast<size_t>(i)]);
  }
  queue.Publish();
  queue.Observe();
  int taken = 0;
  int ahead = 4;
  queue.TakeObserved([&](Node* node) { EXPECT_EQ(node->number, taken++); },
                     [&](Node* node) { EXPECT_EQ(node->number, ahead++); });
  EXPECT_EQ(taken, 16);
  EXPECT_EQ(ahead, 16);
}

}  // namespace
}  // namespace zokio
