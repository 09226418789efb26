// Become, links, urgent messages, bounds that fail, messages that several actors share.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/broadcast.h"
#include "actor/testing.h"
#include "future/oneshot.h"

namespace zokio {
namespace {

using testing::ManualSystem;

using Log = std::vector<std::string>;

struct Knock {};
struct Turn {};
struct Count {};

struct Shut {};
struct Open {};
struct Broken {};

class Door : public Actor<Door, Knock, Turn, Count> {
 public:
  using Behaviours = zokio::Behaviours<Shut, Open, Broken>;

  explicit Door(Log& log) : log_(log) {}
  void On(Shut, Knock) { log_.push_back("nobody"); }
  void On(Open, Knock) { log_.push_back("come in"); }
  void On(Shut, Turn) { Become<Open>(); }
  void On(Open, Turn) { Become<Broken>(); }
  int On(Open, Count) { return 1; }
  Result<int> On(Broken, Count) { return Error(ErrorCode::kUnsupported, "count"); }
  void On(Turn) { throw std::runtime_error("broken"); }

 private:
  Log& log_;
};

TEST(BecomeTest, TheBehaviourChoosesTheHandler) {
  std::vector<DeadLetterReason> letters;
  ActorSystemOptions options;
  options.supervision = Supervision();
  options.on_dead_letter = [&](const DeadLetter& letter) { letters.push_back(letter.reason); };
  ManualSystem system(1, options);
  Log log;
  auto door = system->Spawn<Door>(std::ref(log));
  door.Tell(Knock{});
  door.Tell(Turn{});
  door.Tell(Knock{});
  system.Run();
  EXPECT_EQ(log, (Log{"nobody", "come in"}));
  door.Tell(Turn{});   // breaks it
  door.Tell(Knock{});  // nothing takes it
  system.Run();
  EXPECT_EQ(log.size(), 2u);
  EXPECT_EQ(letters, (std::vector<DeadLetterReason>{DeadLetterReason::kUnhandled}));
  door.Tell(Turn{});  // fails, by the handler of all behaviours: it begins anew
  door.Tell(Knock{});
  system.Run();
  EXPECT_EQ(log.back(), "nobody");
}

struct Asked {};

class Gate : public Actor<Gate, Turn, Asked> {
 public:
  using Behaviours = zokio::Behaviours<Shut, Open>;
  void On(Turn) { Become<Open>(); }
  Task<int> On(Open, Asked) { co_return 7; }
};

TEST(BecomeTest, AQuestionThatNothingTakesFails) {
  ManualSystem system;
  auto gate = system->Spawn<Gate>();
  Result<int> refused = system.Await(gate.Ask(Asked{}));
  EXPECT_FALSE(refused.ok());
  gate.Tell(Turn{});
  Result<int> answered = system.Await(gate.Ask(Asked{}));
  EXPECT_EQ(answered.value(), 7);
}

struct Fail {};
struct LinkTo;

class Pal : public Actor<Pal, Fail, LinkTo, Terminated> {
 public:
  Pal(Log& log, std::string name) : log_(log), name_(std::move(name)) {}
  ~Pal() { log_.push_back(name_ + " gone"); }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  void On(const LinkTo& to);
  void On(Terminated end) { log_.push_back(name_ + (end.failed ? " heard F" : " heard S")); }

 private:
  Log& log_;
  std::string name_;
};

struct LinkTo {
  ActorRef<Pal> other;
  bool link = true;
};

void Pal::On(const LinkTo& to) {
  if (to.link) {
    Link(to.other);
    Watch(to.other);
  } else {
    Unlink(to.other);
  }
}

TEST(LinkTest, AFailureEndsBothAStopOnlyOne) {
  for (uint32_t loop : {0u, 1u}) {
    for (bool fail : {true, false}) {
      ManualSystem system(2);
      Log log;
      auto a = system->SpawnAt<Pal>(0, log, "a");
      auto b = system->SpawnAt<Pal>(loop, log, "b");
      a.Tell(LinkTo{b});
      system.Run();
      fail ? b.Tell(Fail{}) : b.Stop();
      system.Run();
      EXPECT_EQ(log.front(), "b gone");
      EXPECT_EQ(std::count(log.begin(), log.end(), "a gone"), fail ? 1 : 0);
      EXPECT_EQ(std::count(log.begin(), log.end(), "a heard S"), fail ? 0 : 1);
      system.Shutdown();
    }
  }
}

TEST(LinkTest, AKillEndsBothAndCountsAsAStopForWhoWatches) {
  for (uint32_t loop : {0u, 1u}) {
    ManualSystem system(2);
    Log log;
    auto a = system->SpawnAt<Pal>(0, log, "a");
    auto b = system->SpawnAt<Pal>(loop, log, "b");
    a.Tell(LinkTo{b});
    system.Run();
    b.Kill();
    system.Run();
    EXPECT_EQ(log.front(), "b gone");
    EXPECT_EQ(std::count(log.begin(), log.end(), "a gone"), 1);
    EXPECT_EQ(system->Stats().failures, 1u);  // a's, by the link
    system.Shutdown();
  }
}

TEST(LinkTest, HoldsInBothDirectionsUntilItIsUndone) {
  for (bool undo : {false, true}) {
    ManualSystem system;
    Log log;
    auto a = system->Spawn<Pal>(log, "a");
    auto b = system->Spawn<Pal>(log, "b");
    a.Tell(LinkTo{b});
    if (undo) a.Tell(LinkTo{b, false});
    system.Run();
    a.Tell(Fail{});
    system.Run();
    EXPECT_EQ(log, undo ? (Log{"a gone"}) : (Log{"a gone", "b gone"}));
    system.Shutdown();
  }
}

TEST(LinkTest, WhoLinksToTheDeadFails) {
  ManualSystem system;
  Log log;
  auto a = system->Spawn<Pal>(log, "a");
  auto b = system->Spawn<Pal>(log, "b");
  b.Stop();
  system.Run();
  a.Tell(LinkTo{b});
  system.Run();
  EXPECT_EQ(std::count(log.begin(), log.end(), "a gone"), 1);
}

struct Work {
  int number;
};
struct Cancel {
  int number;
};
struct Hold {
  explicit Hold(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

class Clerk : public Actor<Clerk, Work, Cancel, Hold> {
 public:
  using Urgent = UrgentMessages<Cancel>;
  static constexpr MailboxOptions kMailbox{3, Overflow::kDropOldest};

  explicit Clerk(std::vector<int>& seen) : seen_(seen) {}
  void On(Work work) { seen_.push_back(work.number); }
  void On(Cancel cancel) { seen_.push_back(-cancel.number); }
  Task<void> On(Hold& hold) { (void)co_await hold.receiver; }

 private:
  std::vector<int>& seen_;
};

TEST(UrgentTest, ComesBeforeOtherMailInItsOrderAndIsNotDropped) {
  for (uint32_t loop : {0u, 1u}) {
    ManualSystem system(2);
    std::vector<int> seen;
    auto clerk = system->SpawnAt<Clerk>(loop, seen);
    auto [sender, receiver] = MakeOneshot<int>();
    clerk.Tell(Hold(std::move(receiver)));
    system.Run();
    for (int i = 1; i <= 3; ++i) {
      clerk.Tell(Work{i});
      clerk.Tell(Cancel{i});
    }
    system.Run();
    EXPECT_TRUE(seen.empty());
    std::move(sender).Send(0);
    system.Run();
    // Two urgent ones were there, so the third piece of work put the first out.
    ASSERT_GE(seen.size(), 4u);
    EXPECT_EQ(std::vector<int>(seen.begin(), seen.begin() + 3), (std::vector<int>{-1, -2, -3}));
    EXPECT_EQ(seen.back(), 3);
    EXPECT_EQ(seen.size() + system->Stats().dead_letters, 6u);
  }
}

TEST(UrgentTest, WhatIsLeftOfItIsADeadLetter) {
  ManualSystem system;
  std::vector<int> seen;
  auto clerk = system->Spawn<Clerk>(seen);
  auto [sender, receiver] = MakeOneshot<int>();
  clerk.Tell(Hold(std::move(receiver)));
  clerk.Tell(Cancel{1});
  system.Run();
  clerk.Kill();
  system.Run();
  clerk.Tell(Cancel{2});
  system.Run();
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(system->Stats().dead_letters, 2u);
}

class Strict : public Actor<Strict, Work, Hold> {
 public:
  static constexpr MailboxOptions kMailbox{2, Overflow::kFail};
  explicit Strict(std::vector<int>& seen) : seen_(seen) {}
  void On(Work work) { seen_.push_back(work.number); }
  Task<void> On(Hold& hold) { (void)co_await hold.receiver; }

 private:
  std::vector<int>& seen_;
};

class Pusher : public Actor<Pusher, Turn> {
 public:
  Pusher(ActorRef<Strict> to, std::vector<ErrorCode>& errors) : to_(to), errors_(errors) {}
  Task<void> On(Turn) {
    for (int i = 0; i < 4; ++i) {
      Result<void> sent = co_await to_.Send(Work{i});
      if (!sent.ok()) errors_.push_back(sent.error().code());
    }
  }

 private:
  ActorRef<Strict> to_;
  std::vector<ErrorCode>& errors_;
};

TEST(BoundTest, ASendToAFullMailboxFailsWhereItsTypeSaysSo) {
  for (uint32_t loop : {0u, 1u}) {
    ManualSystem system(2);
    std::vector<int> seen;
    std::vector<ErrorCode> errors;
    auto strict = system->SpawnAt<Strict>(0, seen);
    auto [sender, receiver] = MakeOneshot<int>();
    strict.Tell(Hold(std::move(receiver)));
    system.Run();
    system->SpawnAt<Pusher>(loop, strict, errors).Tell(Turn{});
    system.Run();
    EXPECT_EQ(errors, (std::vector<ErrorCode>{ErrorCode::kWouldBlock, ErrorCode::kWouldBlock}));
    strict.Tell(Work{9});
    system.Run();
    EXPECT_EQ(system->Stats().dead_letters, 3u) << "what is told too much as well";
    std::move(sender).Send(0);
    system.Run();
    EXPECT_EQ(seen, (std::vector<int>{0, 1}));
  }
}

struct News {
  std::shared_ptr<int> text;
};

class Reader : public Actor<Reader, News> {
 public:
  explicit Reader(std::vector<const News*>& seen) : seen_(seen) {}
  void On(const News& news) {
    EXPECT_EQ(*news.text, 42);
    seen_.push_back(&news);
  }

 private:
  std::vector<const News*>& seen_;
};

TEST(BroadcastTest, AllReadTheSameMessageWhichDiesWithTheLast) {
  ManualSystem system(2);
  std::vector<const News*> seen;
  std::vector<ActorRef<Reader>> readers;
  for (uint32_t i = 0; i < 4; ++i) readers.push_back(system->SpawnAt<Reader>(i % 2, seen));
  readers[3].Stop();
  system.Run();
  News news{std::make_shared<int>(42)};
  std::weak_ptr<int> alive = news.text;
  Broadcast(readers, std::move(news));
  EXPECT_FALSE(alive.expired());
  system.Run();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[1], seen[2]);
  EXPECT_TRUE(alive.expired());
  EXPECT_EQ(system->Stats().dead_letters, 1u);
}

}  // namespace
}  // namespace zokio
