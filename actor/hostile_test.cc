// Uses that no example shows and that somebody will try: each has to end as the headers say.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"
#include "future/oneshot.h"

namespace zokio {
namespace {

using testing::ManualSystem;
using Log = std::vector<std::string>;

struct Note {
  int value;
};
struct Fail {};
struct Refuse {};
struct Go {};
struct Hold {
  explicit Hold(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

// Fails by an exception or by an error, at once or after it waited.
class Worker : public Actor<Worker, Note, Fail, Refuse, Hold, ActorRef<Worker>> {
 public:
  static constexpr bool kReentrant = true;
  explicit Worker(Log& log) : log_(log) {}
  ~Worker() { log_.push_back("gone"); }
  int On(Note note) {
    log_.push_back("note " + std::to_string(note.value));
    return note.value;
  }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  Result<void> On(Refuse) { return Error(ErrorCode::kOutOfSpace, "refuse"); }
  Task<int> On(Hold& hold) {
    Result<int> value = co_await hold.receiver;
    if (!value.ok() || *value < 0) throw std::runtime_error("held");
    co_return *value;
  }
  void On(ActorRef<Worker> other) { Link(other); }

 private:
  Log& log_;
};

// Has one worker, elsewhere if so wished; goes on after exceptions and stops what answers errors.
class Judge : public Actor<Judge, Note> {
 public:
  Judge(Log& log, bool spread, ActorRef<Worker>* worker) : log_(log) {
    *worker = spread ? SpawnSpread<Worker>(std::ref(log)) : Spawn<Worker>(std::ref(log));
  }
  void On(Note) {}
  Directive OnFailure(ActorId, const Failure& failure) {
    const bool thrown = failure.exception != nullptr;
    log_.push_back(thrown ? failure.ToString() : "error");
    return thrown ? Directive::kResume : Directive::kStop;
  }

 private:
  Log& log_;
};

TEST(DecisionTest, ALinkThatBreaksMeanwhileIsAFailureOfItsOwn) {
  for (bool spread : {false, true}) {
    Log log;
    Log others;
    ManualSystem system(2);
    ActorRef<Worker> worker;
    system->SpawnAt<Judge>(1, log, spread, &worker);
    auto linked = system->SpawnAt<Worker>(worker.id().cell()->loop()->index(), std::ref(others));
    worker.Tell(linked);
    system.Run();
    worker.Tell(Fail{});
    linked.Tell(Fail{});  // ends it, and so breaks the link, before the judge has its turn
    worker.Tell(Note{1});
    system.Run();
    ASSERT_GE(log.size(), 3u);
    EXPECT_EQ(log.back(), "gone") << "the broken link was judged too";
    EXPECT_EQ(std::count(log.begin(), log.end(), "error"), 1);
    EXPECT_EQ(std::count(log.begin(), log.end(), "on purpose"), 1);
  }
}

TEST(DecisionTest, EachFailureIsDecidedOnWhereAnActorGoesOn) {
  Log log;
  ManualSystem system;
  ActorRef<Worker> worker;
  system->Spawn<Judge>(log, false, &worker);
  std::vector<OneshotSender<int>> senders;
  for (int i = 0; i < 2; ++i) {
    auto [sender, receiver] = MakeOneshot<int>();
    senders.push_back(std::move(sender));
    worker.Tell(Hold(std::move(receiver)));
  }
  system.Run();
  for (auto& sender : senders) std::move(sender).Send(-1);
  worker.Tell(Note{1});
  system.Run();
  EXPECT_EQ(log, (Log{"held", "held", "note 1"}));
  EXPECT_EQ(system->Stats().failures, 2u);
}

TEST(DeadLetterTest, WhoTellsTheDeadOfDeadLettersIsNotAskedAgain) {
  Log log;
  ActorRef<Worker> auditor;
  int told = 0;
  ActorSystemOptions options;
  options.on_dead_letter = [&](const DeadLetter&) {
    ++told;
    auditor.Tell(Note{told});
  };
  ManualSystem system(2, options);
  auditor = system->SpawnAt<Worker>(0, std::ref(log));
  auto gone = system->SpawnAt<Worker>(1, std::ref(log));
  gone.Stop();
  system.Run();
  gone.Tell(Note{0});
  system.Run();
  EXPECT_EQ(told, 1);
  auditor.Stop();
  system.Run();
  gone.Tell(Note{0});
  system.Run();
  EXPECT_EQ(told, 3) << "the letter, and the note that the auditor did not get";
  EXPECT_EQ(system->Stats().dead_letters, 4u);
  system.Shutdown();
}

// Ends itself, or watches and links, before it is complete.
class Quitter : public Actor<Quitter, Note, Terminated> {
 public:
  Quitter(Log& log, ActorRef<Worker> watched) : log_(log) {
    Watch(watched);
    Stop();
    self().Tell(Note{1});
  }
  ~Quitter() { log_.push_back("quitter gone"); }
  void On(Note) { ADD_FAILURE() << "a stop comes before the mail"; }
  void On(Terminated) { ADD_FAILURE() << "who is gone hears nothing"; }

 private:
  Log& log_;
};

TEST(ConstructorTest, MayStopItsActorWhereverThatWillLive) {
  Log log;
  ManualSystem system(2);
  auto worker = system->SpawnAt<Worker>(0, std::ref(log));
  for (uint32_t loop : {0u, 1u}) {
    log.clear();
    system->SpawnAt<Quitter>(loop, std::ref(log), worker);
    system.Run();
    EXPECT_EQ(log, (Log{"quitter gone"}));
  }
  worker.Stop();
  system.Run();
}

TEST(AskTest, ADeadlineThatIsPastSendsNothingThatIsHandled) {
  Log log;
  ManualSystem system(2);
  auto worker = system->SpawnAt<Worker>(1, std::ref(log));
  for (Duration limit : {Duration(0), Duration(-1), Duration::min()}) {
    Result<int> answer = system.Await(worker.Ask(Note{1}, limit));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code(), ErrorCode::kDeadlineExceeded);
  }
  system.Run();
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(system.Await(worker.Ask(Note{2}, Duration::max())).value(), 2);
}

// Restarts its one worker.
class Restarter : public Actor<Restarter, Note> {
 public:
  static constexpr Supervision kChildren = Supervision();
  Restarter(Log& log, ActorRef<Worker>* worker) { *worker = Spawn<Worker>(std::ref(log)); }
  void On(Note) {}
};

class Asker : public Actor<Asker, Hold> {
 public:
  Asker(ActorRef<Worker> worker, Result<int>* answer) : worker_(worker), answer_(answer) {}
  Task<void> On(Hold& hold) {
    auto question = worker_.Ask(std::move(hold));
    *answer_ = co_await std::move(question);
  }

 private:
  const ActorRef<Worker> worker_;
  Result<int>* const answer_;
};

TEST(AskTest, WhoeverWaitsForARestartedActorLearnsOfIt) {
  Log log;
  ManualSystem system;
  ActorRef<Worker> worker;
  system->Spawn<Restarter>(log, &worker);
  auto [sender, receiver] = MakeOneshot<int>();
  Result<int> answer(0);
  system->Spawn<Asker>(worker, &answer).Tell(Hold(std::move(receiver)));
  system.Run();  // the question is being handled
  worker.Tell(Note{1});
  worker.Tell(Fail{});
  system.Run();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kClosed);
  EXPECT_FALSE(std::move(sender).Send(1)) << "the handler that waited is gone";
  EXPECT_EQ(system.Await(worker.Ask(Note{2})).value(), 2);
  EXPECT_EQ(log, (Log{"note 1", "gone", "note 2"}));
}

// Spawns whatever way there is, from its last hook.
class Late : public Actor<Late, Note> {
 public:
  Late(ActorSystem& system, Log& log, std::vector<ActorRef<Worker>>& born)
      : system_(system), log_(log), born_(born) {}
  void On(Note) {}
  void Stopping() {
    born_.push_back(Spawn<Worker>(std::ref(log_)));
    born_.push_back(SpawnSpread<Worker>(std::ref(log_)));
    born_.push_back(system_.Spawn<Worker>(std::ref(log_)));
    born_.push_back(system_.SpawnAt<Worker>(1, std::ref(log_)));
    for (ActorRef<Worker> worker : born_) {
      worker.Tell(Note{1});
      Link(worker);
    }
  }

 private:
  ActorSystem& system_;
  Log& log_;
  std::vector<ActorRef<Worker>>& born_;
};

TEST(ShutdownTest, WhoIsSpawnedTooLateIsNobody) {
  Log log;
  std::vector<ActorRef<Worker>> born;
  ManualSystem system(2);
  system->SpawnAt<Late>(0, *system, std::ref(log), std::ref(born));
  system.Run();
  while (!system->Shutdown(Duration(0)).ok()) system.Run();
  EXPECT_EQ(born.size(), 4u);
  EXPECT_TRUE(log.empty()) << "none of them was made";
  EXPECT_EQ(system->Stats().dead_letters, 4u);
  auto after = system->Spawn<Worker>(std::ref(log));
  after.Tell(Note{1});
  Result<int> answer = system.Await(after.Ask(Note{1}));
  EXPECT_EQ(answer.error().code(), ErrorCode::kClosed);
  EXPECT_TRUE(system->Shutdown().ok()) << "again, and without a limit";
}

class Ender : public Actor<Ender, Go, Note, Terminated> {
 public:
  explicit Ender(ActorSystem& system) : system_(system) {}
  void On(Go) { (void)system_.Shutdown(Duration(0)); }
  void On(Note) { Watch(ActorRef<Ender>()); }
  void On(const Terminated&) {}

 private:
  ActorSystem& system_;
};

TEST(MisuseTest, IsToldWhatItIs) {
  EXPECT_DEATH(
      {
        ManualSystem system;
        system->Spawn<Ender>(*system).Tell(Go{});
        system.Run();
      },
      "an actor cannot wait for its own end");
  EXPECT_DEATH(
      {
        ManualSystem system;
        system->Spawn<Ender>(*system).Tell(Note{1});
        system.Run();
      },
      "nobody is watched");
  EXPECT_DEATH(ActorRef<Worker>().Tell(Note{1}), "a message to nobody");
}

// Its children are born while it is made by a thread outside: all are as those of other loops.
class Spreader : public Actor<Spreader, Note> {
 public:
  static constexpr Supervision kChildren = Supervision().With(Strategy::kRestForOne);
  Spreader(Log& log, std::vector<ActorRef<Worker>>& workers) {
    for (int i = 0; i < 6; ++i) workers.push_back(SpawnSpread<Worker>(std::ref(log)));
  }
  void On(Note) {}
};

TEST(StrategyTest, RestForOneKnowsTheOrderOfChildrenElsewhere) {
  Log log;
  ManualSystem system(2);
  std::vector<ActorRef<Worker>> workers;
  system->SpawnAt<Spreader>(0, std::ref(log), std::ref(workers));
  system.Run();
  ASSERT_EQ(workers.size(), 6u);
  workers[1].Stop();  // its number is not used again
  system.Run();
  log.clear();
  workers[3].Tell(Fail{});
  system.Run();
  EXPECT_EQ(log, (Log{"gone", "gone", "gone"})) << "it and the two after it";
  log.clear();
  workers[5].Tell(Fail{});
  system.Run();
  EXPECT_EQ(log, (Log{"gone"}));
}

}  // namespace
}  // namespace zokio
