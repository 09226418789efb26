// The snippets of docs/guide/actors.md, compiled and run: guide_snippets_test.py compares the two.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/credit_sender.h"
#include "actor/ended.h"
#include "actor/router.h"
#include "future/local_executor.h"
#include "sched/scheduler.h"

namespace {

using namespace std::chrono_literals;

struct Deposit {
  int amount;
};
struct Withdraw {
  int amount;
};
struct Balance {};

class Account : public zokio::Actor<Account, Deposit, Withdraw, Balance> {
 public:
  void On(Deposit deposit) { balance_ += deposit.amount; }
  zokio::Result<int> On(Withdraw withdraw) {
    if (withdraw.amount > balance_) return zokio::Error(zokio::ErrorCode::kOutOfRange, "withdraw");
    return balance_ -= withdraw.amount;
  }
  int On(Balance) { return balance_; }

 private:
  int balance_ = 0;
};

zokio::Task<int> UseAccount(zokio::ActorRef<Account> account) {
  account.Tell(Deposit{100});
  zokio::Result<int> left = co_await account.Ask(Withdraw{30}, 1s);
  if (!left.ok()) co_return -1;
  co_return *left;
}

TEST(GuideTest, FirstActor) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  auto account = system.Spawn<Account>();
  EXPECT_EQ(scheduler->BlockOn(UseAccount(account)), 70);
  EXPECT_FALSE(zokio::BlockOn(account.Ask(Withdraw{1000})).ok());
}

struct Transfer {
  zokio::ActorRef<Account> from;
  zokio::ActorRef<Account> to;
  int amount;
};

class Bank : public zokio::Actor<Bank, Transfer> {
 public:
  zokio::Task<bool> On(Transfer transfer) {
    zokio::Result<int> left = co_await transfer.from.Ask(Withdraw{transfer.amount}, 1s);
    if (!left.ok()) co_return false;
    zokio::Result<void> sent = co_await transfer.to.Send(Deposit{transfer.amount});
    co_return sent.ok();
  }
};

TEST(GuideTest, CoroutineHandlers) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  auto from = system.Spawn<Account>();
  auto to = system.Spawn<Account>();
  auto bank = system.Spawn<Bank>();
  from.Tell(Deposit{50});
  EXPECT_TRUE(zokio::BlockOn(bank.Ask(Transfer{from, to, 20})).value());
  EXPECT_EQ(zokio::BlockOn(to.Ask(Balance{})).value(), 20);
}

struct Knock {};
struct Turn {};
struct Shut {};
struct Open {};

class Door : public zokio::Actor<Door, Knock, Turn> {
 public:
  using Behaviours = zokio::Behaviours<Shut, Open>;

  bool On(Shut, Knock) { return false; }
  bool On(Open, Knock) { return true; }
  void On(Shut, Turn) { Become<Open>(); }
  void On(Open, Turn) { Become<Shut>(); }
};

TEST(GuideTest, Behaviours) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  auto door = system.Spawn<Door>();
  EXPECT_FALSE(zokio::BlockOn(door.Ask(Knock{})).value());
  door.Tell(Turn{});
  EXPECT_TRUE(zokio::BlockOn(door.Ask(Knock{})).value());
}

struct Letter {
  uint64_t customer;
};
struct Arrived {
  uint64_t customer;
};
struct Total {};

class Clerk : public zokio::Actor<Clerk, Letter> {
 public:
  void On(Letter) {}
};

class Office : public zokio::Actor<Office, Letter> {
 public:
  explicit Office(zokio::ActorSystem& system) : system_(system) {}

  void Started() {
    clerks_.Resize(4, [&] { return Spawn<Clerk>(); });
    (void)system_.registry().Register("office", self());
  }
  void On(const Letter& letter) {
    clerks_.TellByKey(letter.customer, Letter(letter));  // one clerk knows the customer
    system_.events().Publish(Arrived{letter.customer});  // told to all who Subscribe<Arrived>
  }

 private:
  zokio::ActorSystem& system_;
  zokio::Router<Clerk> clerks_{zokio::Routing::kSmallestMailbox};
};

class Auditor : public zokio::Actor<Auditor, Arrived, Total> {
 public:
  void On(const Arrived& arrived) { sum_ += arrived.customer; }
  uint64_t On(Total) { return sum_; }

 private:
  uint64_t sum_ = 0;
};

TEST(GuideTest, ManyActors) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  // A pool apart: its actors are told across systems.
  auto own_pool = *zokio::Scheduler::Create();
  zokio::ActorSystem apart(*own_pool);
  auto auditor = apart.Spawn<Auditor>();
  EXPECT_TRUE(system.events().Subscribe<Arrived>(auditor));
  auto office = system.Spawn<Office>(system);
  office.Tell(Letter{40});
  office.Tell(Letter{2});
  office.Poison();
  zokio::BlockOn(zokio::Ended(office));
  EXPECT_FALSE(system.registry().Find<Office>("office").ok()) << "it has ended";
  EXPECT_EQ(zokio::BlockOn(auditor.Ask(Total{})).value(), 42u);
}

struct Sample {
  double value;
};
struct Report {};
struct Mean {};

class Meter : public zokio::Actor<Meter, Sample, Report, Mean> {
 public:
  static constexpr zokio::MailboxOptions kMailbox{1000, zokio::Overflow::kDropOldest};

  void Started() { TellEvery(1s, Report{}); }
  void On(Sample sample) { sum_ += sample.value, ++count_; }
  void On(Report) { sum_ = 0, count_ = 0; }
  double On(Mean) { return count_ == 0 ? 0 : sum_ / count_; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

zokio::Task<bool> Record(zokio::ActorRef<Meter> to, int count) {
  zokio::CreditSender<Meter> meter(to, 64);
  for (int i = 0; i < count; ++i) {
    zokio::Result<void> sent = co_await meter.Send(Sample{1.0});
    if (!sent.ok()) co_return false;
  }
  co_return true;
}

TEST(GuideTest, BoundsAndTimers) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  auto meter = system.Spawn<Meter>();
  EXPECT_TRUE(zokio::BlockOn(meter.Ask(Mean{})).ok());
  EXPECT_TRUE(scheduler->BlockOn(Record(meter, 200)));
}

TEST(GuideTest, Dispatchers) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  zokio::ActorPool pool = *system.AddPool(2);
  auto quiet = system.SpawnWith<Account>(zokio::SpawnOptions().In(pool));   // workers of its own
  auto hot = system.SpawnWith<Account>(zokio::SpawnOptions().Pinned());     // a thread of its own
  auto ring = system.SpawnWith<Account>(zokio::SpawnOptions().Ring(1024));  // behind a ring
  auto disk = system.SpawnWith<Account>(zokio::SpawnOptions().Blocking());  // may block
  for (const auto& account : {quiet, hot, ring, disk}) {
    ASSERT_TRUE(account.ok());
    EXPECT_EQ(scheduler->BlockOn(UseAccount(*account)), 70);
  }
}

struct Line {
  std::string text;
};

class Parser : public zokio::Actor<Parser, Line> {
 public:
  explicit Parser(std::string dialect) : dialect_(std::move(dialect)) {}
  size_t On(Line line) {
    if (line.text.empty()) throw std::invalid_argument("an empty line");
    return line.text.size() + dialect_.size();
  }

 private:
  std::string dialect_;
};

class Importer : public zokio::Actor<Importer, Line, zokio::Terminated> {
 public:
  static constexpr zokio::Supervision kChildren =
      zokio::Supervision().Restarts(5, 10s).Backoff(1ms, 100ms);

  void Started() {
    parser_ = Spawn<Parser>(std::string("csv"));
    Watch(parser_);
  }
  void On(Line line) { parser_.Tell(std::move(line)); }
  void On(zokio::Terminated) { Stop(); }

  // Optional: by the cause.
  zokio::Directive OnFailure(zokio::ActorId, const zokio::Failure& failure) {
    return failure.exception ? zokio::Directive::kRestart : zokio::Directive::kStop;
  }

 private:
  zokio::ActorRef<Parser> parser_;
};

TEST(GuideTest, Supervision) {
  auto scheduler = *zokio::Scheduler::Create();
  zokio::ActorSystem system(*scheduler);
  auto importer = system.Spawn<Importer>();
  importer.Tell(Line{""});
  importer.Tell(Line{"a,b"});
  importer.Poison();
  EXPECT_TRUE(system.Shutdown(60s).ok());
}

}  // namespace
