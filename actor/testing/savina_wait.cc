// Savina: programs in which actors wait: for answers, for room, for their turn.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/internal/cell.h"
#include "actor/testing/savina.h"
#include "actor/testing/tally.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/random.h"
#include "future/local_executor.h"
#include "future/yield.h"

namespace zokio::testing {
namespace {

struct Begin {};
struct Granted {};
struct Take {
  Recipient<Granted> by;
};
struct PutDown {};
struct Lying {};
struct Held {};

class ForkActor : public Actor<ForkActor, Take, PutDown> {
 public:
  using Behaviours = zokio::Behaviours<Lying, Held>;

  ForkActor(uint64_t uses, Tally& tally) : uses_left_(uses), tally_(tally) {}
  void On(Lying, Take& take) {
    take.by.Tell(Granted{});
    Become<Held>();
  }
  void On(Held, Take& take) { Stash(take); }
  void On(Held, PutDown) {
    if (--uses_left_ == 0) {
      tally_.Part();
      return Stop();
    }
    Become<Lying>();
    UnstashAll();
  }

 private:
  uint64_t uses_left_;
  Tally& tally_;
};

// Two forks, as two neighbours see them: whether somebody eats with it.
using InUse = std::vector<Atomic<int>>;

// Takes the fork of the lower number first, so that they never wait in a circle.
class Philosopher : public Actor<Philosopher, Begin, Granted> {
 public:
  struct Place {
    ActorRef<ForkActor> fork;
    Atomic<int>* in_use;
  };
  Philosopher(Place first, Place second, uint64_t meals, Tally& tally)
      : first_(first), second_(second), meals_(meals), tally_(tally) {}
  void On(Begin) { first_.fork.Tell(Take{self()}); }
  void On(Granted) {
    holds_second_ = !holds_second_;
    const bool complete = !holds_second_;
    if (!complete) return second_.fork.Tell(Take{self()});
    for (const Place* place : {&first_, &second_}) {
      ZOKIO_CHECK(place->in_use->fetch_add(1) == 0, "a fork is in one hand");
    }
    ++eaten_;
    for (const Place* place : {&first_, &second_}) {
      place->in_use->fetch_sub(1);
      place->fork.Tell(PutDown{});
    }
    if (eaten_ < meals_) return On(Begin{});
    tally_.Part(eaten_);
    Stop();
  }

 private:
  const Place first_;
  const Place second_;
  const uint64_t meals_;
  Tally& tally_;
  bool holds_second_ = false;
  uint64_t eaten_ = 0;
};

struct Done {};
struct Cut {
  Recipient<Done> customer;
};

class Barber : public Actor<Barber, Cut> {
 public:
  static constexpr MailboxOptions kMailbox{4, Overflow::kFail};
  Task<void> On(Cut& cut) {
    co_await Yield();  // others come meanwhile
    cut.customer.Tell(Done{});
  }
};

class Customer : public Actor<Customer, Begin, Done> {
 public:
  Customer(ActorRef<Barber> barber, uint64_t visits, Tally& tally)
      : barber_(barber), visits_(visits), tally_(tally) {}
  Task<void> On(Begin) {
    const Cut cut{self()};
    while (true) {
      Result<void> entered = co_await barber_.Send(cut);
      if (entered.ok()) co_return;
      ZOKIO_CHECK(entered.error().code() == ErrorCode::kWouldBlock, "the room is full");
      co_await Yield();
    }
  }
  void On(Done) {
    if (++done_ < visits_) return self().Tell(Begin{});
    tally_.Part(done_);
    Stop();
  }

 private:
  const ActorRef<Barber> barber_;
  const uint64_t visits_;
  Tally& tally_;
  uint64_t done_ = 0;
};

struct Item {
  uint64_t value;
};

class Consumer : public Actor<Consumer, Item> {
 public:
  static constexpr MailboxOptions kMailbox{8};

  Consumer(uint64_t items, Tally& tally) : items_(items), tally_(tally) {}
  Task<void> On(Item& item) {
    ZOKIO_CHECK(self().id().cell()->queued.value() <= kMailbox.capacity, "the bound holds");
    if (item.value % 4 == 0) co_await Yield();
    sum_ += item.value;
    if (++seen_ < items_) co_return;
    tally_.Part(sum_);
    Stop();
  }

 private:
  const uint64_t items_;
  Tally& tally_;
  uint64_t seen_ = 0;
  uint64_t sum_ = 0;
};

class Producer : public Actor<Producer, Begin> {
 public:
  Producer(ActorRef<Consumer> consumer, uint64_t items) : consumer_(consumer), items_(items) {}
  Task<void> On(Begin) {
    for (uint64_t i = 0; i < items_; ++i) {
      const Item item{i};
      Result<void> sent = co_await consumer_.Send(item);
      ZOKIO_CHECK(sent.ok(), "the consumer lives until it has all");
    }
    Stop();
  }

 private:
  const ActorRef<Consumer> consumer_;
  const uint64_t items_;
};

struct Compute {
  double term;
};

class RateComputer : public Actor<RateComputer, Compute> {
 public:
  explicit RateComputer(double rate) : rate_(rate) {}
  double On(const Compute& compute) { return rate_ * compute.term * (1 - compute.term); }

 private:
  const double rate_;
};

struct NextTerm {};
struct GetTerm {};

// The next question waits for the answer to the last one: a handler that is suspended.
class Series : public Actor<Series, NextTerm, GetTerm> {
 public:
  Series(ActorRef<RateComputer> computer, double start) : computer_(computer), term_(start) {}
  Task<void> On(NextTerm) {
    const Compute compute{term_};
    Result<double> term = co_await computer_.Ask(compute);
    ZOKIO_CHECK(term.ok(), "the computer answers");
    term_ = *term;
  }
  double On(GetTerm) { return term_; }

 private:
  const ActorRef<RateComputer> computer_;
  double term_;
};

class Account;
struct Credit {
  int64_t amount;
};
struct Debit {
  int64_t amount;
  ActorRef<Account> to;
};
struct GetBalance {};

class Account : public Actor<Account, Credit, Debit, GetBalance> {
 public:
  bool On(Credit credit) {
    balance_ += credit.amount;
    return true;
  }
  Task<bool> On(Debit& debit) {
    balance_ -= debit.amount;
    const Credit credit{debit.amount};
    Result<bool> credited = co_await debit.to.Ask(credit);
    co_return credited.ok() && *credited;
  }
  int64_t On(GetBalance) { return balance_; }

 private:
  int64_t balance_ = 0;
};

class Teller : public Actor<Teller, Transfer> {
 public:
  static constexpr bool kReentrant = true;

  Teller(std::vector<ActorRef<Account>> accounts, Tally& tally)
      : accounts_(std::move(accounts)), tally_(tally) {}
  Task<void> On(Transfer& transfer) {
    const Debit debit{transfer.amount, accounts_[static_cast<size_t>(transfer.to)]};
    Result<bool> done = co_await accounts_[static_cast<size_t>(transfer.from)].Ask(debit);
    ZOKIO_CHECK(done.ok() && *done, "both accounts answer");
    tally_.Part();
  }

 private:
  const std::vector<ActorRef<Account>> accounts_;
  Tally& tally_;
};

}  // namespace

uint64_t Philosophers(ActorSystem& system, uint64_t philosophers, uint64_t meals) {
  Tally tally(2 * philosophers);  // and their forks
  InUse in_use(philosophers);
  std::vector<Philosopher::Place> places;
  places.reserve(philosophers);
  for (uint64_t i = 0; i < philosophers; ++i) {
    places.push_back({system.Spawn<ForkActor>(2 * meals, tally), &in_use[static_cast<size_t>(i)]});
  }
  for (uint64_t i = 0; i < philosophers; ++i) {
    const uint64_t other = (i + 1) % philosophers;
    const auto first = static_cast<size_t>(std::min(i, other));
    const auto second = static_cast<size_t>(std::max(i, other));
    system.Spawn<Philosopher>(places[first], places[second], meals, tally).Tell(Begin{});
  }
  return tally.Wait();
}

uint64_t SleepingBarber(ActorSystem& system, uint64_t customers, uint64_t visits) {
  Tally tally(customers);
  auto barber = system.Spawn<Barber>();
  for (uint64_t i = 0; i < customers; ++i) {
    system.Spawn<Customer>(barber, visits, tally).Tell(Begin{});
  }
  const uint64_t cuts = tally.Wait();
  barber.Stop();
  return cuts;
}

uint64_t BoundedBuffer(ActorSystem& system, uint64_t producers, uint64_t items) {
  Tally tally(1);
  auto consumer = system.Spawn<Consumer>(producers * items, tally);
  for (uint64_t i = 0; i < producers; ++i) {
    system.Spawn<Producer>(consumer, items).Tell(Begin{});
  }
  return tally.Wait();
}

double LogisticRate(uint64_t series) { return 3.4 + static_cast<double>(series % 100) * 0.005; }
double LogisticStart(uint64_t series) { return 0.1 + static_cast<double>(series % 50) * 0.01; }

std::vector<double> LogisticMap(ActorSystem& system, uint64_t series, uint64_t terms) {
  std::vector<ActorRef<RateComputer>> computers;
  std::vector<ActorRef<Series>> all;
  for (uint64_t i = 0; i < series; ++i) {
    computers.push_back(system.Spawn<RateComputer>(LogisticRate(i)));
    all.push_back(system.Spawn<Series>(computers.back(), LogisticStart(i)));
  }
  for (uint64_t term = 0; term < terms; ++term) {
    for (const auto& one : all) one.Tell(NextTerm{});
  }
  std::vector<double> last;
  last.reserve(all.size());
  for (const auto& one : all) last.push_back(BlockOn(one.Ask(GetTerm{})).value());
  for (const auto& one : all) one.Stop();
  for (const auto& computer : computers) computer.Stop();
  return last;
}

Transfer Transfer::Of(uint64_t number, uint64_t accounts) {
  Random random(number);
  // From lower to higher numbers: no account waits for one that waits for it.
  const auto bound = static_cast<uint32_t>(accounts);
  const uint64_t from = random.Below(bound - 1);
  const uint64_t to = from + 1 + random.Below(bound - 1 - static_cast<uint32_t>(from));
  return {from, to, static_cast<int64_t>(random.Below(1000))};
}

std::vector<int64_t> Bank(ActorSystem& system, uint64_t accounts, uint64_t transfers) {
  Tally tally(transfers);
  std::vector<ActorRef<Account>> all;
  all.reserve(accounts);
  for (uint64_t i = 0; i < accounts; ++i) all.push_back(system.Spawn<Account>());
  auto teller = system.Spawn<Teller>(all, tally);
  for (uint64_t i = 0; i < transfers; ++i) teller.Tell(Transfer::Of(i, accounts));
  (void)tally.Wait();
  std::vector<int64_t> balances;
  balances.reserve(accounts);
  for (const auto& account : all) balances.push_back(BlockOn(account.Ask(GetBalance{})).value());
  for (const auto& account : all) account.Stop();
  teller.Stop();
  return balances;
}

}  // namespace zokio::testing
