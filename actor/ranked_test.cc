// Mailboxes in ranks.
#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/credit_sender.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using testing::ManualSystem;
using Log = std::vector<std::string>;

struct Job {
  int rank;
  std::string name;
};
struct Plain {};
struct Cancel {};
struct Fail {};
struct Question {
  int rank;
};

template <typename Options>
class Clerk : public Actor<Clerk<Options>, Job, Plain, Cancel, Fail, Question> {
 public:
  static constexpr MailboxOptions kMailbox = Options::kMailbox;
  static constexpr bool kMeasured = Options::kMeasured;
  using Urgent = UrgentMessages<Cancel>;
  static int64_t Rank(const Job& job) { return job.rank; }
  static int64_t Rank(const Question& question) { return question.rank; }

  explicit Clerk(Log& log) : log_(log) {}
  void On(Job& job) {
    if (closed_ && job.name == "later") return this->Stash(job);
    log_.push_back(job.name);
  }
  void On(Plain) {
    log_.push_back("plain");
    closed_ = false;
    this->UnstashAll();
  }
  void On(Cancel) { log_.push_back("cancel"); }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  size_t On(Question) { return log_.size(); }

 private:
  Log& log_;
  bool closed_ = true;
};

struct Usual {
  static constexpr MailboxOptions kMailbox{};
  static constexpr bool kMeasured = false;
};
template <Overflow policy>
struct Three {
  static constexpr MailboxOptions kMailbox = MailboxOptions(3, policy).ToldMax(3);
  static constexpr bool kMeasured = true;
};

TEST(RankedTest, TheLowestRankFirstAndEqualsAsTheyCame) {
  ManualSystem system;
  Log log;
  auto clerk = system->Spawn<Clerk<Usual>>(log);
  system.Run();
  clerk.Tell(Job{5, "e"});
  clerk.Tell(Job{-2, "a"});
  clerk.Tell(Plain{});
  clerk.Tell(Job{0, "c"});
  clerk.Tell(Job{5, "f"});
  clerk.Tell(Cancel{});
  clerk.Tell(Job{-1, "b"});
  system.Run();
  EXPECT_EQ(log, (Log{"cancel", "a", "b", "plain", "c", "e", "f"}));
}

Task<size_t> AskAmongJobs(ActorRef<Clerk<Usual>> clerk) {
  CreditSender<Clerk<Usual>> credits(clerk, 4);
  clerk.Tell(Job{3, "c"});
  const bool sent = credits.TrySend(Job{1, "a"});
  Result<size_t> handled = co_await clerk.Ask(Question{2});
  co_return sent ? handled.value() : 0;
}

TEST(RankedTest, QuestionsAndCreditedMessagesHaveARankToo) {
  ManualSystem system;
  Log log;
  auto clerk = system->Spawn<Clerk<Usual>>(log);
  EXPECT_EQ(system.Await(AskAmongJobs(clerk)), 1u);
  EXPECT_EQ(log, (Log{"a", "c"}));
}

TEST(RankedTest, WhatWasStashedComesBackByItsRank) {
  ManualSystem system;
  Log log;
  auto clerk = system->Spawn<Clerk<Usual>>(log);
  clerk.Tell(Job{-5, "later"});
  clerk.Tell(Job{-7, "later"});
  clerk.Tell(Job{7, "last"});
  clerk.Tell(Plain{});
  system.Run();
  EXPECT_EQ(log, (Log{"plain", "later", "later", "last"}));
  EXPECT_EQ(system->Stats().dead_letters, 0u);
}

TEST(RankedTest, ARestartKeepsTheMailAndAPoisonIsTheLast) {
  ActorSystemOptions options;
  options.supervision = Supervision();
  ManualSystem system(1, options);
  Log log;
  auto clerk = system->Spawn<Clerk<Usual>>(std::ref(log));
  clerk.Tell(Job{1, "later"});
  clerk.Tell(Fail{});
  system.Run();  // the job was put aside before
  clerk.Poison();
  clerk.Tell(Job{9, "b"});
  clerk.Tell(Job{8, "a"});
  system.Run();
  EXPECT_EQ(log, (Log{"a", "b"}));
  EXPECT_EQ(system->Stats().dead_letters, 1u) << "what is put aside ends with its actor";
}

template <Overflow policy>
Log TellFive(std::vector<std::string>& dead) {
  ActorSystemOptions options;
  uint64_t lost = 0;
  options.on_dead_letter = [&](const DeadLetter& letter) {
    EXPECT_EQ(letter.reason, DeadLetterReason::kOverflow);
    ++lost;
  };
  ManualSystem system(1, std::move(options));
  Log log;
  auto clerk = system->Spawn<Clerk<Three<policy>>>(log);
  system.Run();
  for (int rank : {3, 1, 2, 2, 0}) clerk.Tell(Job{rank, std::to_string(rank)});
  system.Run();
  dead.assign(lost, "lost");
  return log;
}

TEST(RankedTest, WhatOverflowsIsTheNewestOrTheLast) {
  Log dead;
  EXPECT_EQ(TellFive<Overflow::kDropNewest>(dead), (Log{"1", "2", "3"}));
  EXPECT_EQ(dead.size(), 2u);
  // 2 finds {1, 2, 3}: 3 goes; 0 finds {1, 2, 2}: the younger 2 goes.
  EXPECT_EQ(TellFive<Overflow::kDropOldest>(dead), (Log{"0", "1", "2"}));
  EXPECT_EQ(dead.size(), 2u);
  EXPECT_EQ(TellFive<Overflow::kWait>(dead), (Log{"1", "2", "3"}));
  EXPECT_EQ(dead.size(), 2u);
}

// Its constructor makes it known before it has begun at home.
class Early : public Actor<Early, Job, Cancel> {
 public:
  using Urgent = UrgentMessages<Cancel>;
  static int64_t Rank(const Job& job) { return job.rank; }
  explicit Early(Log& log) : log_(log) {
    for (int rank : {2, 1, 3}) self().Tell(Job{rank, std::to_string(rank)});
    self().Poison();
    self().Tell(Cancel{});
  }
  void On(const Job& job) { log_.push_back(job.name); }
  void On(Cancel) { log_.push_back("cancel"); }

 private:
  Log& log_;
};

TEST(RankedTest, WhatComesBeforeTheFirstTurnIsRankedThere) {
  ManualSystem system(2);
  Log log;
  system->SpawnAt<Early>(1, log);
  system.Run();
  EXPECT_EQ(log, (Log{"cancel", "1", "2", "3"}));
}

TEST(RankedTest, MailOfWhoEndsIsDeadLetters) {
  ManualSystem system;
  Log log;
  auto clerk = system->Spawn<Clerk<Usual>>(log);
  clerk.Tell(Job{2, "b"});
  clerk.Tell(Job{1, "a"});
  clerk.Stop();
  system.Run();
  EXPECT_TRUE(log.empty());
  clerk.Tell(Job{1, "a"});
  system.Run();
  EXPECT_EQ(system->Stats().dead_letters, 3u);
}

}  // namespace
}  // namespace zokio
