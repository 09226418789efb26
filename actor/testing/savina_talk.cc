// Savina: programs that live of sending.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/testing/savina.h"
#include "actor/testing/tally.h"
#include "base/check.h"
#include "base/random.h"
#include "future/local_executor.h"

namespace zokio::testing {
namespace {

struct Token {
  uint64_t left;
  uint64_t sum;
};

class RingMember : public Actor<RingMember, Token, ActorRef<RingMember>> {
 public:
  RingMember(uint64_t number, Tally& tally) : number_(number), tally_(tally) {}
  bool On(ActorRef<RingMember> next) {
    next_ = next;
    return true;
  }
  void On(Token& token) {
    token.sum += number_;
    if (token.left-- == 0) return tally_.Part(token.sum);
    Forward(next_, token);
  }

 private:
  const uint64_t number_;
  Tally& tally_;
  ActorRef<RingMember> next_;
};

class Creature;
class Mall;
struct Meet {
  ActorRef<Creature> from;
  uint32_t colour;
};
struct Met {
  uint32_t colour;
};
struct Begin {};
struct Closed {};

class Creature : public Actor<Creature, Begin, Met, Closed> {
 public:
  Creature(ActorRef<Mall> mall, uint32_t colour, Tally& tally);
  void On(Begin);
  void On(Met met);
  void On(Closed) {
    tally_.Part(meetings_);
    Stop();
  }

 private:
  const Recipient<Meet> mall_;
  uint32_t colour_;
  Tally& tally_;
  uint64_t meetings_ = 0;
};

struct Empty {};
struct Occupied {};
struct Shut {};

class Mall : public Actor<Mall, Meet> {
 public:
  using Behaviours = zokio::Behaviours<Empty, Occupied, Shut>;

  Mall(uint64_t creatures, uint64_t meetings) : creatures_(creatures), left_(meetings) {}
  void On(Empty, const Meet& meet) {
    first_ = meet;
    Become<Occupied>();
  }
  void On(Occupied, const Meet& meet) {
    first_.from.Tell(Met{meet.colour});
    meet.from.Tell(Met{first_.colour});
    if (--left_ == 0) {
      Become<Shut>();
    } else {
      Become<Empty>();
    }
  }
  void On(Shut, const Meet& meet) {
    meet.from.Tell(Closed{});
    if (++sent_home_ == creatures_) Stop();
  }

 private:
  const uint64_t creatures_;
  uint64_t left_;
  uint64_t sent_home_ = 0;
  Meet first_{};
};

Creature::Creature(ActorRef<Mall> mall, uint32_t colour, Tally& tally)
    : mall_(mall), colour_(colour), tally_(tally) {}
void Creature::On(Begin) { mall_.Tell(Meet{self(), colour_}); }
void Creature::On(Met met) {
  ++meetings_;
  // Who meets another colour takes the third one.
  if (met.colour != colour_) colour_ = 3 - met.colour - colour_;
  mall_.Tell(Meet{self(), colour_});
}

struct Put {
  uint64_t key;
  uint64_t value;
};
struct Get {
  uint64_t key;
};

class DictionaryActor : public Actor<DictionaryActor, Put, Get> {
 public:
  bool On(const Put& put) { return values_.insert_or_assign(put.key, put.value).second; }
  Result<uint64_t> On(const Get& get) {
    auto at = values_.find(get.key);
    if (at == values_.end()) return Error(ErrorCode::kNotFound, "dictionary");
    return at->second;
  }

 private:
  std::unordered_map<uint64_t, uint64_t> values_;
};

class DictionaryUser : public Actor<DictionaryUser, Begin> {
 public:
  DictionaryUser(ActorRef<DictionaryActor> dictionary, uint64_t number, uint64_t operations,
                 Tally& tally)
      : dictionary_(dictionary), number_(number), operations_(operations), tally_(tally) {}
  Task<void> On(Begin) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < operations_; ++i) {
      const DictionaryStep step = DictionaryStep::Of(number_, i);
      if (step.write) {
        const Put put{step.key, step.value};
        Result<bool> added = co_await dictionary_.Ask(put);
        ZOKIO_CHECK(added.ok(), "the dictionary answers");
      } else {
        const Get get{step.key};
        Result<uint64_t> value = co_await dictionary_.Ask(get);
        if (value.ok()) sum += *value;
      }
    }
    tally_.Part(sum);
    Stop();
  }

 private:
  const ActorRef<DictionaryActor> dictionary_;
  const uint64_t number_;
  const uint64_t operations_;
  Tally& tally_;
};

struct Value {
  uint64_t value;
};
struct End {};

// Passes on what has no bit there, then what has, each in the order in which it came.
class Sorter : public Actor<Sorter, Value, End> {
 public:
  Sorter(uint64_t bit, Recipient<Value> next, Recipient<End> end)
      : bit_(bit), next_(next), end_(end) {}
  void On(const Value& value) {
    if ((value.value & bit_) == 0) {
      next_.Tell(value);
    } else {
      ones_.push_back(value);
    }
  }
  void On(End end) {
    for (const Value& value : ones_) next_.Tell(value);
    end_.Tell(end);
    Stop();
  }

 private:
  const uint64_t bit_;
  const Recipient<Value> next_;
  const Recipient<End> end_;
  std::vector<Value> ones_;
};

class Collector : public Actor<Collector, Value, End> {
 public:
  Collector(std::vector<uint64_t>& values, Tally& tally) : values_(values), tally_(tally) {}
  void On(const Value& value) { values_.push_back(value.value); }
  void On(End) {
    tally_.Part();
    Stop();
  }

 private:
  std::vector<uint64_t>& values_;
  Tally& tally_;
};

// Keeps the first number it gets, a prime, and passes on what that does not divide.
class Filter : public Actor<Filter, Value, End> {
 public:
  Filter(ActorSystem& system, uint64_t number, Tally& tally)
      : system_(system), number_(number), tally_(tally) {}
  void On(const Value& value) {
    if (prime_ == 0) {
      prime_ = value.value;
    } else if (value.value % prime_ != 0) {
      // Not as a child: a parent outlives its children, and this chain ends from its head.
      if (!next_) {
        const auto loop = static_cast<uint32_t>((number_ + 1) / 32 % system_.loops());
        next_ = system_.SpawnAt<Filter>(loop, system_, number_ + 1, tally_);
      }
      next_.Tell(value);
    }
  }
  void On(End end) {
    if (next_) {
      next_.Tell(end);
    } else {
      tally_.Part(prime_ == 0 ? 0 : number_ + 1);
    }
    Stop();
  }

 private:
  ActorSystem& system_;
  const uint64_t number_;
  Tally& tally_;
  uint64_t prime_ = 0;
  ActorRef<Filter> next_;
};

}  // namespace

uint64_t ThreadRing(ActorSystem& system, uint64_t actors, uint64_t hops) {
  Tally tally(1);
  std::vector<ActorRef<RingMember>> members;
  members.reserve(actors);
  for (uint64_t i = 0; i < actors; ++i) members.push_back(system.Spawn<RingMember>(i, tally));
  for (size_t i = 0; i < members.size(); ++i) {
    const ActorRef<RingMember> next = members[(i + 1) % members.size()];
    ZOKIO_CHECK(BlockOn(members[i].Ask(next)).ok(), "the ring is closed");
  }
  members[0].Tell(Token{hops, 0});
  const uint64_t sum = tally.Wait();
  for (const auto& member : members) member.Stop();
  return sum;
}

uint64_t Chameneos(ActorSystem& system, uint64_t creatures, uint64_t meetings) {
  Tally tally(creatures);
  auto mall = system.Spawn<Mall>(creatures, meetings);
  for (uint64_t i = 0; i < creatures; ++i) {
    system.Spawn<Creature>(mall, static_cast<uint32_t>(i % 3), tally).Tell(Begin{});
  }
  return tally.Wait();
}

DictionaryStep DictionaryStep::Of(uint64_t worker, uint64_t operation) {
  Random random((worker << 32) + operation);
  const uint64_t key = (worker << 32) + random.Below(64);
  const bool write = random.Below(10) < 3;
  return {key, random.Below(1000), write};
}

uint64_t Dictionary(ActorSystem& system, uint64_t workers, uint64_t operations) {
  Tally tally(workers);
  auto dictionary = system.Spawn<DictionaryActor>();
  for (uint64_t i = 0; i < workers; ++i) {
    system.Spawn<DictionaryUser>(dictionary, i, operations, tally).Tell(Begin{});
  }
  const uint64_t sum = tally.Wait();
  dictionary.Stop();
  return sum;
}

std::vector<uint64_t> RadixSort(ActorSystem& system, std::vector<uint64_t> values, uint32_t bits) {
  Tally tally(1);
  std::vector<uint64_t> sorted;
  const auto collector = system.Spawn<Collector>(sorted, tally);
  Recipient<Value> next = collector;
  Recipient<End> end = collector;
  for (uint32_t bit = bits; bit-- > 0;) {
    const auto sorter = system.Spawn<Sorter>(uint64_t{1} << bit, next, end);
    next = sorter;
    end = sorter;
  }
  for (const uint64_t value : values) next.Tell(Value{value});
  end.Tell(End{});
  (void)tally.Wait();
  return sorted;
}

uint64_t Sieve(ActorSystem& system, uint64_t limit) {
  Tally tally(1);
  auto first = system.SpawnAt<Filter>(0, system, uint64_t{0}, tally);
  for (uint64_t i = 2; i <= limit; ++i) first.Tell(Value{i});
  first.Tell(End{});
  return tally.Wait();
}

}  // namespace zokio::testing
