// What a handler sends on or puts aside: the same envelope, and the way back of a question with it.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"
#include "future/spawn.h"
#include "future/yield.h"

namespace zokio {
namespace {

using testing::ManualSystem;

struct Question {
  int number;
  std::unique_ptr<int> payload;  // who sends it on moves nothing
};

class Expert : public Actor<Expert, Question> {
 public:
  Result<int> On(Question& question) { return question.number * 2 + *question.payload; }
};

class Talker : public Actor<Talker, Question> {
 public:
  explicit Talker(std::vector<std::string>& said) : said_(said) {}
  std::string On(const Question& question) {
    said_.push_back(std::to_string(question.number));
    return said_.back();
  }

 private:
  std::vector<std::string>& said_;
};

enum class Way { kAtOnce, kTask, kCoroutine, kThrows, kTaskByHand };

// Asks the expert, who is in another loop: by a handler of each kind.
class Desk : public Actor<Desk, Question> {
 public:
  explicit Desk(ActorRef<Expert> expert, Way way) : expert_(expert), way_(way) {}
  int On(Question& question) {
    Forward(expert_, question);
    if (way_ == Way::kThrows) throw std::runtime_error("after it was sent on");
    return -1;  // not the answer
  }

 private:
  ActorRef<Expert> expert_;
  Way way_;
};

class SlowDesk : public Actor<SlowDesk, Question> {
 public:
  explicit SlowDesk(ActorRef<Expert> expert, Way way) : expert_(expert), way_(way) {}
  Task<int> On(Question& question) {
    if (way_ == Way::kTaskByHand) {
      Forward(expert_, question);
      return Nothing();
    }
    return Think(question);
  }

 private:
  static Task<int> Nothing() { co_return -1; }
  Task<int> Think(Question& question) {
    co_await Yield();
    Forward(expert_, question);
    co_await Yield();
    co_return -1;
  }

  ActorRef<Expert> expert_;
  Way way_;
};

Question Make(int number) { return Question{number, std::make_unique<int>(1)}; }

TEST(ForwardTest, AQuestionIsAnsweredByWhoGetsIt) {
  for (Way way : {Way::kAtOnce, Way::kTask, Way::kCoroutine, Way::kThrows, Way::kTaskByHand}) {
    ManualSystem system(2);
    auto expert = system->SpawnAt<Expert>(1);
    Result<int> answer = Error(ErrorCode::kUnknown, "none yet");
    if (way == Way::kAtOnce || way == Way::kThrows) {
      answer = system.Await(system->SpawnAt<Desk>(0, expert, way).Ask(Make(20)));
    } else {
      answer = system.Await(system->SpawnAt<SlowDesk>(0, expert, way).Ask(Make(20)));
    }
    ASSERT_TRUE(answer.ok()) << static_cast<int>(way);
    EXPECT_EQ(*answer, 41);
    EXPECT_EQ(system->Stats().failures, way == Way::kThrows ? 1u : 0u);
    EXPECT_EQ(system->Stats().dead_letters, 0u);
  }
}

TEST(ForwardTest, WhatIsToldInACoroutineGoesOnToo) {
  ManualSystem system(2);
  std::vector<std::string> said;
  class Relay : public Actor<Relay, Question> {
   public:
    explicit Relay(ActorRef<Talker> to) : to_(to) {}
    Task<void> On(Question& question) {
      co_await Yield();
      Forward(to_, question);
    }

   private:
    ActorRef<Talker> to_;
  };
  auto relay = system->SpawnAt<Relay>(0, system->SpawnAt<Talker>(1, said));
  relay.Tell(Make(5));
  relay.Tell(Make(6));
  system.Run();
  EXPECT_EQ(said, (std::vector<std::string>{"5", "6"}));
}

TEST(ForwardTest, AnAnswerOfAnotherTypeIsAnErrorAndTheMessageIsTold) {
  ManualSystem system;
  std::vector<std::string> said;
  class Wrong : public Actor<Wrong, Question> {
   public:
    explicit Wrong(ActorRef<Talker> to) : to_(to) {}
    int On(Question& question) {
      Forward(to_, question);
      return 0;
    }

   private:
    ActorRef<Talker> to_;
  };
  Result<int> answer = system.Await(system->Spawn<Wrong>(system->Spawn<Talker>(said)).Ask(Make(3)));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(said, (std::vector<std::string>{"3"}));
}

TEST(ForwardTest, AQuestionForTheDeadFails) {
  ManualSystem system(2);
  auto expert = system->SpawnAt<Expert>(1);
  auto desk = system->SpawnAt<Desk>(0, expert, Way::kAtOnce);
  expert.Stop();
  system.Run();
  Result<int> answer = system.Await(desk.Ask(Make(1)));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kClosed);
  EXPECT_EQ(system->Stats().dead_letters, 1u);
}

struct Ready {};

// Answers once it is ready.
class Opener : public Actor<Opener, Question, Ready> {
 public:
  int On(Question& question) {
    if (!ready_) {
      Stash(question);
      return -1;
    }
    return question.number;
  }
  void On(Ready) {
    ready_ = true;
    UnstashAll();
  }

 private:
  bool ready_ = false;
};

Task<int> AskIt(ActorRef<Opener> actor) {
  Question question = Make(9);
  Result<int> answer = co_await actor.Ask(std::move(question));
  co_return answer.ok() ? *answer : -2;
}
Task<int> AskThenOpen(ActorRef<Opener> actor) {
  JoinHandle<int> waiting = co_await SpawnChild(AskIt(actor));
  for (int i = 0; i < 3; ++i) co_await Yield();
  actor.Tell(Ready{});
  Result<int> answer = co_await std::move(waiting);
  co_return answer.ok() ? *answer : -3;
}

TEST(StashTest, AQuestionIsAnsweredWhenItIsHandledAgain) {
  ManualSystem system;
  EXPECT_EQ(system.Await(AskThenOpen(system->Spawn<Opener>())), 9);
}

}  // namespace
}  // namespace zokio
