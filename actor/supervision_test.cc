// What becomes of children that fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"
#include "future/sleep.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;
using testing::ManualSystem;
using Log = std::vector<std::string>;

struct Work {
  int value;
};
struct Fail {};
struct Refuse {};

// Counts what it handled since it was made.
class Worker : public Actor<Worker, Work, Fail, Refuse> {
 public:
  Worker(Log& log, std::string name) : log_(log), name_(std::move(name)) {}
  void Restarted() { log_.push_back(name_ + " restarted"); }
  void Stopping() { log_.push_back(name_ + " stopping"); }
  void On(Work work) {
    log_.push_back(name_ + " " + std::to_string(work.value) + "/" + std::to_string(++handled_));
  }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  Result<void> On(Refuse) { return Error(ErrorCode::kOutOfSpace, "refuse"); }

 private:
  Log& log_;
  std::string name_;
  int handled_ = 0;
};

using Workers = std::vector<ActorRef<Worker>>;
struct GetWorkers {};

template <Strategy strategy, Directive directive>
struct Fixed {
  static constexpr Supervision kPolicy =
      Supervision().With(strategy).With(directive).Restarts(3, std::chrono::hours(1));
};

// Three workers, in its own loop or spread over all.
template <typename Policy>
class Parent : public Actor<Parent<Policy>, GetWorkers, Work, Terminated> {
 public:
  static constexpr Supervision kChildren = Policy::kPolicy;

  Parent(Log& log, bool spread) : log_(log) {
    for (const char* name : {"a", "b", "c"}) {
      workers_.push_back(spread
                             ? this->template SpawnSpread<Worker>(std::ref(log), std::string(name))
                             : this->template Spawn<Worker>(std::ref(log), std::string(name)));
    }
  }
  void Stopping() { log_.push_back("parent stopping"); }
  Workers On(GetWorkers) { return workers_; }
  void On(Work) {}
  void On(Terminated) {}

 private:
  Log& log_;
  Workers workers_;
};

template <typename Policy>
struct Family {
  explicit Family(bool spread = false) : system(2) {
    parent = system->SpawnAt<Parent<Policy>>(0, log, spread);
    workers = system.Await(parent.Ask(GetWorkers{})).value();
  }
  ~Family() { system.Shutdown(); }
  void TellAll(int value) {
    for (auto& worker : workers) worker.Tell(Work{value});
    system.Run();
  }

  Log log;
  ManualSystem system;
  ActorRef<Parent<Policy>> parent;
  Workers workers;
};

TEST(SupervisionTest, ARestartKeepsReferencesAndMail) {
  for (bool spread : {false, true}) {
    Family<Fixed<Strategy::kOneForOne, Directive::kRestart>> family(spread);
    family.workers[1].Tell(Work{1});
    family.workers[1].Tell(Fail{});
    family.workers[1].Tell(Work{2});
    family.workers[1].Tell(Work{3});
    family.system.Run();
    EXPECT_EQ(family.log, (Log{"b 1/1", "b restarted", "b 2/1", "b 3/2"}));
    EXPECT_EQ(family.system->Stats().dead_letters, 0u);
    EXPECT_EQ(family.system->Stats().failures, 1u);
  }
}

TEST(SupervisionTest, AnErrorThatNobodyAskedForIsAFailure) {
  Family<Fixed<Strategy::kOneForOne, Directive::kRestart>> family;
  family.workers[0].Tell(Refuse{});
  family.system.Run();
  EXPECT_EQ(family.log, (Log{"a restarted"}));
}

TEST(SupervisionTest, AResumeKeepsTheState) {
  Family<Fixed<Strategy::kAllForOne, Directive::kResume>> family;
  family.TellAll(1);
  family.log.clear();
  family.workers[0].Tell(Fail{});
  family.workers[0].Tell(Work{2});
  family.system.Run();
  EXPECT_EQ(family.log, (Log{"a 2/2"}));
}

TEST(SupervisionTest, AStopEndsTheChild) {
  Family<Fixed<Strategy::kOneForOne, Directive::kStop>> family;
  family.workers[0].Tell(Fail{});
  family.system.Run();
  EXPECT_EQ(family.log, (Log{"a stopping"}));
  family.log.clear();
  family.TellAll(1);
  EXPECT_EQ(family.log, (Log{"b 1/1", "c 1/1"}));
}

TEST(SupervisionTest, AllForOneRestartsTheSiblings) {
  for (bool spread : {false, true}) {
    Family<Fixed<Strategy::kAllForOne, Directive::kRestart>> family(spread);
    family.workers[1].Tell(Fail{});
    family.system.Run();
    std::sort(family.log.begin(), family.log.end());
    EXPECT_EQ(family.log, (Log{"a restarted", "b restarted", "c restarted"}));
  }
}

TEST(SupervisionTest, RestForOneRestartsThoseSpawnedLater) {
  Family<Fixed<Strategy::kRestForOne, Directive::kRestart>> family;
  family.workers[1].Tell(Fail{});
  family.system.Run();
  std::sort(family.log.begin(), family.log.end());
  EXPECT_EQ(family.log, (Log{"b restarted", "c restarted"}));
}

TEST(SupervisionTest, TooManyRestartsAreTheParentsFailure) {
  Family<Fixed<Strategy::kOneForOne, Directive::kRestart>> family;
  for (int i = 0; i < 3; ++i) family.workers[0].Tell(Fail{});
  family.system.Run();
  EXPECT_EQ(family.log, (Log{"a restarted", "a restarted", "a restarted"}));
  family.log.clear();
  family.workers[1].Tell(Fail{});
  family.system.Run();
  EXPECT_EQ(family.log.size(), 4u);
  EXPECT_EQ(family.log.back(), "parent stopping") << "a parent without a parent ends";
}

TEST(SupervisionTest, EscalationGoesUpTheTree) {
  Family<Fixed<Strategy::kOneForOne, Directive::kEscalate>> family;
  family.workers[2].Tell(Fail{});
  family.system.Run();
  EXPECT_EQ(family.log.back(), "parent stopping");
  EXPECT_EQ(family.log.size(), 4u);
}

struct BackoffPolicy {
  static constexpr Supervision kPolicy = Supervision()
                                             .Restarts(5, std::chrono::hours(1))
                                             .Backoff(milliseconds(100), milliseconds(300));
};

TEST(SupervisionTest, RestartsBackOff) {
  Family<BackoffPolicy> family;
  const int least[] = {75, 150, 225, 225};
  const int most[] = {100, 200, 300, 300};
  for (int i = 0; i < 4; ++i) {
    family.log.clear();
    family.workers[0].Tell(Fail{});
    family.workers[0].Tell(Work{1});
    family.system.Run();
    family.system.Advance(milliseconds(least[i] - 1));
    EXPECT_TRUE(family.log.empty()) << "restart " << i << " came too early";
    family.system.Advance(milliseconds(most[i] - least[i] + 1));
    EXPECT_EQ(family.log, (Log{"a restarted", "a 1/1"})) << "restart " << i;
  }
}

template <Strategy strategy, int delay_ms>
struct Together {
  static constexpr Supervision kPolicy =
      Supervision()
          .With(strategy)
          .Restarts(10, std::chrono::hours(1))
          .Backoff(milliseconds(delay_ms), milliseconds(delay_ms));
};

// Two children fail before either hears what follows: both are restarted once.
template <Strategy strategy, int delay_ms>
void FailTogether(Log expected) {
  for (bool spread : {false, true}) {
    Family<Together<strategy, delay_ms>> family(spread);
    family.workers[0].Tell(Fail{});
    family.workers[2].Tell(Fail{});
    family.system.Run();
    for (int i = 0; i < 2 * delay_ms; ++i) family.system.Advance(milliseconds(1));
    Log log = family.log;
    std::sort(log.begin(), log.end());
    EXPECT_EQ(log, expected) << "spread: " << spread;
    EXPECT_EQ(family.system->Stats().failures, 2u);
    // Later it may fail anew, and is restarted again.
    family.log.clear();
    family.workers[2].Tell(Fail{});
    family.system.Run();
    family.system.Advance(milliseconds(delay_ms));
    EXPECT_NE(std::find(family.log.begin(), family.log.end(), "c restarted"), family.log.end());
  }
}

TEST(SupervisionTest, WhoFailTogetherAreRestartedOnce) {
  const Log all{"a restarted", "b restarted", "c restarted"};
  FailTogether<Strategy::kAllForOne, 0>(all);
  FailTogether<Strategy::kAllForOne, 100>(all);
  FailTogether<Strategy::kRestForOne, 0>(all);
  FailTogether<Strategy::kRestForOne, 100>(all);
}

// Decides by the cause.
class Judge : public Actor<Judge, Fail, Refuse, Work> {
 public:
  static constexpr Supervision kChildren = Supervision();
  explicit Judge(Log& log) : log_(log) { worker_ = Spawn<Worker>(std::ref(log), std::string("a")); }
  Directive OnFailure(ActorId child, const Failure& failure) {
    EXPECT_EQ(child, worker_.id());
    log_.push_back(failure.ToString());
    return failure.exception != nullptr ? Directive::kResume : Directive::kStop;
  }
  template <typename M>
  void On(M message) {
    worker_.Tell(message);
  }

 private:
  Log& log_;
  ActorRef<Worker> worker_;
};

TEST(SupervisionTest, AParentMayDecideByTheCause) {
  ManualSystem system;
  Log log;
  auto judge = system->Spawn<Judge>(log);
  judge.Tell(Fail{});
  judge.Tell(Work{1});
  judge.Tell(Refuse{});
  system.Run();
  ASSERT_EQ(log.size(), 4u);
  EXPECT_EQ(log[0], "on purpose");
  EXPECT_EQ(log[1], "a 1/1");
  EXPECT_NE(log[2].find("refuse"), std::string::npos) << log[2];
  EXPECT_EQ(log[3], "a stopping");
}

TEST(SupervisionTest, RootsObeyTheSystem) {
  ActorSystemOptions options;
  options.supervision = Supervision().Restarts(1, std::chrono::hours(1));
  ManualSystem system(1, options);
  Log log;
  auto worker = system->Spawn<Worker>(std::ref(log), std::string("a"));
  worker.Tell(Fail{});
  worker.Tell(Work{1});
  worker.Tell(Fail{});
  worker.Tell(Work{2});
  system.Run();
  EXPECT_EQ(log, (Log{"a restarted", "a 1/1", "a stopping"}));
  EXPECT_EQ(system->Stats().dead_letters, 1u);
}

// Puts work aside until it fails; begun again, it handles it.
class Hoarder : public Actor<Hoarder, Work, Fail> {
 public:
  explicit Hoarder(Log& log) : log_(log) {}
  void Started() {
    log_.push_back("started");
    first_ = ++starts % 2 == 1;
  }
  void On(Work& work) {
    if (first_) return Stash(work);
    log_.push_back(std::to_string(work.value));
  }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  static inline int starts = 0;

 private:
  Log& log_;
  bool first_ = true;
};

TEST(SupervisionTest, ARestartBringsBackWhatWasStashedAndStartsAnew) {
  ActorSystemOptions options;
  options.supervision = Supervision();
  ManualSystem system(1, options);
  Log log;
  Hoarder::starts = 0;
  auto hoarder = system->Spawn<Hoarder>(std::ref(log));
  hoarder.Tell(Work{1});
  hoarder.Tell(Work{2});
  hoarder.Tell(Fail{});
  hoarder.Tell(Work{3});
  system.Run();
  EXPECT_EQ(log, (Log{"started", "started", "1", "2", "3"}));
  EXPECT_EQ(system->Stats().dead_letters, 0u);
}

// Fails to be made again.
class Fragile : public Actor<Fragile, Fail> {
 public:
  Fragile() {
    if (made++ > 0) throw std::runtime_error("once only");
  }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  static inline int made = 0;
};

TEST(SupervisionTest, AnActorThatCannotBeMadeAgainEndsAfterItsRestarts) {
  ActorSystemOptions options;
  options.supervision = Supervision().Restarts(3, std::chrono::hours(1));
  ManualSystem system(1, options);
  Fragile::made = 0;
  auto fragile = system->Spawn<Fragile>();
  fragile.Tell(Fail{});
  system.Run();
  EXPECT_EQ(Fragile::made, 4);
  fragile.Tell(Fail{});
  system.Run();
  EXPECT_EQ(system->Stats().dead_letters, 1u);
}

}  // namespace
}  // namespace zokio
