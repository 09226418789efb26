// The life of actors: hooks, children, stops, watches, shutdown.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using testing::ManualSystem;

struct Work {
  int value;
};
struct Fail {};
struct SpawnChild {
  bool spread;
};

using Log = std::vector<std::string>;

class Node : public Actor<Node, Work, Fail, SpawnChild, Terminated> {
 public:
  Node(Log& log, std::string name) : log_(log), name_(std::move(name)) {}
  ~Node() { log_.push_back(name_ + " destroyed"); }
  void Started() { log_.push_back(name_ + " started"); }
  void Stopping() { log_.push_back(name_ + " stopping"); }
  void On(Work work) {
    log_.push_back(name_ + " " + std::to_string(work.value));
    if (work.value < 0) Stop();
  }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  void On(SpawnChild message) {
    auto child = message.spread ? SpawnSpread<Node>(log_, name_ + ".child")
                                : Spawn<Node>(log_, name_ + ".child");
    Watch(child);
    child.Tell(Work{1});
  }
  void On(Terminated) { log_.push_back(name_ + " saw an end"); }

 private:
  Log& log_;
  std::string name_;
};

TEST(LifecycleTest, HooksRunInOrderAroundTheMessages) {
  ManualSystem system;
  Log log;
  auto node = system->Spawn<Node>(log, "a");
  node.Tell(Work{1});
  node.Tell(Work{-1});
  node.Tell(Work{2});
  system.Run();
  EXPECT_EQ(log, (Log{"a started", "a 1", "a -1", "a stopping", "a destroyed"}));
  EXPECT_EQ(system->Stats().dead_letters, 1u);
}

TEST(LifecycleTest, PoisonIsTakenInTurnAStopBeforeTheMail) {
  ManualSystem system;
  Log log;
  auto node = system->Spawn<Node>(log, "a");
  node.Tell(Work{1});
  node.Poison();
  node.Tell(Work{2});
  system.Run();
  EXPECT_EQ(log, (Log{"a started", "a 1", "a stopping", "a destroyed"}));
  log.clear();
  auto other = system->Spawn<Node>(log, "b");
  other.Tell(Work{1});
  other.Stop();
  system.Run();
  EXPECT_EQ(log, (Log{"b started", "b stopping", "b destroyed"}));
}

void ChildrenEndFirst(bool spread) {
  ManualSystem system(2);
  Log log;
  auto node = system->SpawnAt<Node>(1, log, "a");
  node.Tell(SpawnChild{spread});
  system.Run();
  EXPECT_EQ(log, (Log{"a started", "a.child started", "a.child 1"}));
  log.clear();
  node.Stop();
  system.Run();
  EXPECT_EQ(log, (Log{"a.child stopping", "a.child destroyed", "a stopping", "a destroyed"}));
}

TEST(LifecycleTest, ChildrenEndBeforeTheirParent) { ChildrenEndFirst(false); }
TEST(LifecycleTest, ChildrenOfOtherLoopsEndBeforeTheirParent) { ChildrenEndFirst(true); }

TEST(LifecycleTest, WhoWatchesIsToldOnceAlsoTooLate) {
  ManualSystem system(2);
  Log log;
  class Watcher : public Actor<Watcher, ActorRef<Node>, Terminated> {
   public:
    explicit Watcher(std::vector<ActorId>& seen) : seen_(seen) {}
    void On(ActorRef<Node> node) { Watch(node); }
    void On(Terminated terminated) { seen_.push_back(terminated.actor); }

   private:
    std::vector<ActorId>& seen_;
  };
  std::vector<ActorId> seen;
  auto watcher = system->SpawnAt<Watcher>(0, seen);
  auto node = system->SpawnAt<Node>(1, log, "a");
  watcher.Tell(node);
  system.Run();
  EXPECT_TRUE(seen.empty());
  node.Tell(Fail{});
  system.Run();
  EXPECT_EQ(seen, (std::vector<ActorId>{node.id()}));
  watcher.Tell(node);
  system.Run();
  EXPECT_EQ(seen, (std::vector<ActorId>{node.id(), node.id()}));
}

TEST(LifecycleTest, ShutdownEndsTreesAndTurnsMailIntoDeadLetters) {
  Log log;
  uint64_t dead_letters = 0;
  {
    ManualSystem system(2);
    auto node = system->SpawnAt<Node>(0, log, "a");
    node.Tell(SpawnChild{true});
    system.Run();
    log.clear();
    EXPECT_FALSE(system->Shutdown(Duration(0)).ok()) << "nobody ran the loops";
    auto late = system->Spawn<Node>(log, "late");
    late.Tell(Work{1});
    system.Run();
    EXPECT_TRUE(system->Shutdown().ok());
    node.Tell(Work{1});
    dead_letters = system->Stats().dead_letters;
  }
  EXPECT_EQ(log, (Log{"a.child stopping", "a.child destroyed", "a stopping", "a destroyed"}));
  EXPECT_EQ(dead_letters, 2u);
}

TEST(LifecycleTest, AnActorThatWasNeverRunIsDestroyedWithTheSystem) {
  Log log;
  {
    LocalExecutor executor;
    Executor* executors[] = {&executor};
    ActorSystem system(executors);
    system.Spawn<Node>(log, "a").Tell(Work{1});
    // The executor goes first: it kills what lives.
    while (executor.RunOne()) break;
    system.Spawn<Node>(log, "b").Tell(Work{1});
    (void)system.Shutdown(Duration(0));
    executor.RunUntilIdle();
  }
  EXPECT_EQ(log.back().substr(1), " destroyed");
}

TEST(LifecycleTest, AThrowingConstructorLeavesNothingBehind) {
  ManualSystem system;
  class Thrower : public Actor<Thrower, Work> {
   public:
    explicit Thrower(bool fails) {
      if (fails) throw std::runtime_error("on purpose");
    }
    void On(Work) {}
  };
  EXPECT_THROW((void)system->Spawn<Thrower>(true), std::runtime_error);
  system->Spawn<Thrower>(false).Tell(Work{1});
  system.Run();
  EXPECT_EQ(system->Stats().dead_letters, 0u);
}

}  // namespace
}  // namespace zokio
