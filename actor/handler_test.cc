// Coroutine handlers, questions, timers, sends that wait.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"
#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/yield.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;
using testing::ManualSystem;

struct Wait {
  explicit Wait(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};
struct Note {
  int value;
};

class Waiter : public Actor<Waiter, Wait, Note> {
 public:
  explicit Waiter(std::vector<int>& seen) : seen_(seen) {}
  Task<int> On(Wait& message) {
    Result<int> value = co_await message.receiver;
    seen_.push_back(value.ok() ? *value : -1);
    co_return 2 * seen_.back();
  }
  void On(Note note) { seen_.push_back(note.value); }

 private:
  std::vector<int>& seen_;
};

class ReentrantWaiter : public Actor<ReentrantWaiter, Wait, Note> {
 public:
  static constexpr bool kReentrant = true;
  explicit ReentrantWaiter(std::vector<int>& seen) : seen_(seen) {}
  Task<void> On(Wait& message) {
    Result<int> value = co_await message.receiver;
    seen_.push_back(value.ok() ? *value : -1);
  }
  void On(Note note) { seen_.push_back(note.value); }

 private:
  std::vector<int>& seen_;
};

TEST(HandlerTest, TheNextMessageWaitsForASuspendedHandler) {
  ManualSystem system;
  std::vector<int> seen;
  auto waiter = system->Spawn<Waiter>(seen);
  auto [sender, receiver] = MakeOneshot<int>();
  waiter.Tell(Wait(std::move(receiver)));
  waiter.Tell(Note{2});
  system.Run();
  EXPECT_TRUE(seen.empty());
  std::move(sender).Send(1);
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(HandlerTest, AReentrantActorGoesOnMeanwhile) {
  ManualSystem system;
  std::vector<int> seen;
  auto waiter = system->Spawn<ReentrantWaiter>(seen);
  auto [sender, receiver] = MakeOneshot<int>();
  waiter.Tell(Wait(std::move(receiver)));
  waiter.Tell(Note{2});
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{2}));
  std::move(sender).Send(1);
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{2, 1}));
}

TEST(HandlerTest, AStopWaitsForReentrantHandlersToo) {
  ManualSystem system;
  std::vector<int> seen;
  auto waiter = system->Spawn<ReentrantWaiter>(seen);
  auto [sender, receiver] = MakeOneshot<int>();
  waiter.Tell(Wait(std::move(receiver)));
  system.Run();
  waiter.Stop();
  system.Run();
  EXPECT_TRUE(std::move(sender).Send(1));
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{1}));
}

TEST(HandlerTest, AStopWaitsForASuspendedHandlerAKillDoesNot) {
  for (bool kill : {false, true}) {
    ManualSystem system;
    std::vector<int> seen;
    auto waiter = system->Spawn<Waiter>(seen);
    auto [sender, receiver] = MakeOneshot<int>();
    waiter.Tell(Wait(std::move(receiver)));
    waiter.Tell(Note{2});
    system.Run();
    kill ? waiter.Kill() : waiter.Stop();
    system.Run();
    EXPECT_EQ(system->Stats().dead_letters, kill ? 1u : 0u);
    EXPECT_EQ(std::move(sender).Send(1), !kill);
    system.Run();
    EXPECT_EQ(seen, kill ? std::vector<int>{} : std::vector<int>{1});
    EXPECT_EQ(system->Stats().dead_letters, 1u) << "the note was not handled";
  }
}

TEST(HandlerTest, ShutdownWaitsForAHandlerAndItsWakeFromOutside) {
  std::vector<int> seen;
  std::optional<OneshotSender<int>> late;
  {
    ManualSystem system;
    auto waiter = system->Spawn<Waiter>(seen);
    auto [sender, receiver] = MakeOneshot<int>();
    late.emplace(std::move(sender));
    waiter.Tell(Wait(std::move(receiver)));
    system.Run();
    waiter.Kill();
    system.Run();
  }
  EXPECT_FALSE(std::move(*late).Send(1)) << "nobody is left, and nothing is touched";
}

struct Slow {
  milliseconds delay;
};
struct Fail {};
struct Refuse {};
struct Echo {
  int value;
};

class Server : public Actor<Server, Slow, Fail, Refuse, Echo> {
 public:
  Task<int> On(Slow message) {
    co_await SleepFor(message.delay);
    co_return static_cast<int>(message.delay.count());
  }
  int On(Fail) { throw std::runtime_error("on purpose"); }
  Result<int> On(Refuse) { return Error(ErrorCode::kPermissionDenied, "refuse"); }
  int On(Echo message) {
    ++echoes;
    return message.value;
  }

  static inline int echoes = 0;
};

struct Ask3 {};

class Client : public Actor<Client, Ask3> {
 public:
  explicit Client(ActorRef<Server> server) : server_(server) {}
  Task<int> On(Ask3) {
    int sum = 0;
    for (int i = 1; i <= 3; ++i) {
      Result<int> answer = co_await server_.Ask(Echo{i});
      sum += answer.ok() ? *answer : 1000;
    }
    co_return sum;
  }

 private:
  ActorRef<Server> server_;
};

TEST(AskTest, ActorsAskEachOtherWithinAndAcrossLoops) {
  ManualSystem system(2);
  auto server = system->SpawnAt<Server>(0);
  for (uint32_t loop = 0; loop < 2; ++loop) {
    auto client = system->SpawnAt<Client>(loop, server);
    Result<int> sum = system.Await(client.Ask(Ask3{}));
    EXPECT_EQ(sum.value(), 6);
  }
}

TEST(AskTest, ADeadlineEndsTheWait) {
  ManualSystem system;
  auto server = system->Spawn<Server>();
  class Asker : public Actor<Asker, Ask3> {
   public:
    Asker(ActorRef<Server> server, std::vector<int>& seen) : server_(server), seen_(seen) {}
    Task<void> On(Ask3) {
      Result<int> slow = co_await server_.Ask(Slow{milliseconds(50)}, milliseconds(10));
      seen_.push_back(slow.ok() ? 0 : static_cast<int>(slow.error().code()));
      Result<int> fast = co_await server_.Ask(Slow{milliseconds(5)}, milliseconds(100));
      seen_.push_back(fast.ok() ? *fast : 0);
    }

   private:
    ActorRef<Server> server_;
    std::vector<int>& seen_;
  };
  std::vector<int> seen;
  system->Spawn<Asker>(server, seen).Tell(Ask3{});
  system.Run();
  system.Advance(milliseconds(10));
  EXPECT_EQ(seen, (std::vector<int>{static_cast<int>(ErrorCode::kDeadlineExceeded)}));
  system.Advance(milliseconds(40));
  system.Advance(milliseconds(5));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1], 5);
}

TEST(AskTest, AnErrorIsTheAnswerAndNoFailureOfTheActor) {
  ManualSystem system;
  auto server = system->Spawn<Server>();
  Result<int> refused = system.Await(server.Ask(Refuse{}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(system.Await(server.Ask(Echo{3})).value(), 3);
  EXPECT_EQ(system->Stats().failures, 0u);
}

TEST(AskTest, AnExceptionEndsTheActorAndTellsWhoAsked) {
  ManualSystem system;
  auto server = system->Spawn<Server>();
  Result<int> failed = system.Await(server.Ask(Fail{}));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(system->Stats().failures, 1u);
  Result<int> gone = system.Await(server.Ask(Echo{3}));
  EXPECT_FALSE(gone.ok());
}

TEST(AskTest, AQuestionThatNobodyWaitsForIsNotHandled) {
  ManualSystem system;
  auto server = system->Spawn<Server>();
  system.Run();
  Server::echoes = 0;
  testing::ManualContext manual;
  {
    auto asked = server.Ask(Echo{1});
    EXPECT_TRUE(asked.poll(manual.context).pending());
  }
  {
    auto never_polled = server.Ask(Echo{1});
  }
  system.Run();
  EXPECT_EQ(Server::echoes, 0);
}

struct Tick {};

class Ticker : public Actor<Ticker, Tick, Note> {
 public:
  Ticker(std::vector<int>& seen, bool every) : seen_(seen) {
    (void)every;
    TellAfterStart(every);
  }
  void On(Tick) { seen_.push_back(static_cast<int>(seen_.size())); }
  void On(Note note) { seen_.push_back(note.value); }
  void Started() {
    if (every_) {
      TellEvery(milliseconds(10), Tick{});
    } else {
      TellAfter(milliseconds(10), Tick{});
    }
  }

 private:
  void TellAfterStart(bool every) { every_ = every; }
  std::vector<int>& seen_;
  bool every_ = false;
};

TEST(TimerTest, MessagesComeWhenDueAndEndWithTheActor) {
  for (bool every : {false, true}) {
    ManualSystem system;
    std::vector<int> seen;
    auto ticker = system->Spawn<Ticker>(seen, every);
    system.Run();
    system.Advance(milliseconds(9));
    EXPECT_TRUE(seen.empty());
    system.Advance(milliseconds(1));
    EXPECT_EQ(seen.size(), 1u);
    system.Advance(milliseconds(10));
    EXPECT_EQ(seen.size(), every ? 2u : 1u);
    ticker.Stop();
    system.Run();
    system.Advance(milliseconds(50));
    EXPECT_EQ(seen.size(), every ? 2u : 1u);
    EXPECT_EQ(system->Stats().dead_letters, 0u);
  }
}

class Piper : public Actor<Piper, Tick, Note> {
 public:
  explicit Piper(std::vector<int>& seen) : seen_(seen) {}
  void On(Tick) { Pipe(Compute()); }
  void On(Note note) { seen_.push_back(note.value); }

 private:
  static Task<Note> Compute() {
    co_await SleepFor(milliseconds(1));
    co_return Note{7};
  }
  std::vector<int>& seen_;
};

TEST(TimerTest, WhatATaskAnswersIsPipedAsAMessage) {
  ManualSystem system;
  std::vector<int> seen;
  system->Spawn<Piper>(seen).Tell(Tick{});
  system.Run();
  EXPECT_TRUE(seen.empty());
  system.Advance(milliseconds(1));
  EXPECT_EQ(seen, (std::vector<int>{7}));
}

// Handles a message only when its handler is let go on.
class Narrow : public Actor<Narrow, Wait, Note> {
 public:
  static constexpr MailboxOptions kMailbox{2};
  explicit Narrow(std::vector<int>& seen) : seen_(seen) {}
  Task<void> On(Wait& message) { (void)co_await message.receiver; }
  void On(Note note) { seen_.push_back(note.value); }

 private:
  std::vector<int>& seen_;
};

class Sender : public Actor<Sender, Note> {
 public:
  Sender(ActorRef<Narrow> to, std::vector<int>& sent) : to_(to), sent_(sent) {}
  Task<void> On(Note first) {
    for (int i = 0; i < 5; ++i) {
      Result<void> result = co_await to_.Send(Note{first.value + i});
      sent_.push_back(result.ok() ? first.value + i : -1);
    }
  }

 private:
  ActorRef<Narrow> to_;
  std::vector<int>& sent_;
};

void SendsWait(uint32_t sender_loop, bool kill) {
  ManualSystem system(2);
  std::vector<int> seen;
  std::vector<int> sent;
  auto narrow = system->SpawnAt<Narrow>(0, seen);
  auto [release, receiver] = MakeOneshot<int>();
  narrow.Tell(Wait(std::move(receiver)));
  system.Run();
  auto sender = system->SpawnAt<Sender>(sender_loop, narrow, sent);
  sender.Tell(Note{10});
  system.Run();
  EXPECT_EQ(sent, (std::vector<int>{10, 11})) << "there is room for two";
  if (kill) {
    narrow.Kill();
    system.Run();
    EXPECT_EQ(sent, (std::vector<int>{10, 11, -1, -1, -1}));
    EXPECT_TRUE(seen.empty());
    return;
  }
  std::move(release).Send(0);
  system.Run();
  EXPECT_EQ(sent, (std::vector<int>{10, 11, 12, 13, 14}));
  EXPECT_EQ(seen, (std::vector<int>{10, 11, 12, 13, 14}));
}

TEST(SendTest, WaitsForRoomWithinALoop) { SendsWait(0, false); }
TEST(SendTest, WaitsForRoomAcrossLoops) { SendsWait(1, false); }
TEST(SendTest, FailsWhereTheReceiverEnds) {
  SendsWait(0, true);
  SendsWait(1, true);
}

}  // namespace
}  // namespace zokio
