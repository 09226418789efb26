// Back-pressure for what is told: who tells an actor more than that has room for is held back, but
// never for ever, nor in a circle.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using testing::ManualSystem;

struct Item {
  uint32_t number;
};
struct Go {};
struct Get {};

struct Seen {
  std::vector<uint32_t> numbers;
  uint32_t longest = 0;
};

template <bool measured>
class Sink : public Actor<Sink<measured>, Item> {
 public:
  static constexpr MailboxOptions kMailbox{8};
  static constexpr bool kMeasured = measured;

  explicit Sink(Seen& seen) : seen_(seen) {}
  void On(const Item& item) {
    seen_.numbers.push_back(item.number);
    seen_.longest = std::max(seen_.longest, this->self().id().cell()->queued.value() + 1);
  }

 private:
  Seen& seen_;
};

// Tells four items a message, as many as there are.
template <typename To>
class Source : public Actor<Source<To>, Go> {
 public:
  Source(ActorRef<To> to, uint32_t count) : to_(to), count_(count) {}
  void On(Go go) {
    for (int i = 0; i < 4 && sent_ < count_; ++i) to_.Tell(Item{sent_++});
    if (sent_ < count_) this->self().Tell(go);
  }

 private:
  ActorRef<To> to_;
  const uint32_t count_;
  uint32_t sent_ = 0;
};

std::vector<uint32_t> Upto(uint32_t count) {
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

template <bool measured>
void FloodASink() {
  ManualSystem system;
  Seen seen;
  auto sink = system->Spawn<Sink<measured>>(seen);
  system->Spawn<Source<Sink<measured>>>(sink, 1000).Tell(Go{});
  system.Run();
  EXPECT_EQ(seen.numbers, Upto(1000));
  // What one handler tells may come on top.
  EXPECT_LE(seen.longest, 8u + 4u);
  EXPECT_EQ(system->Stats().dead_letters, 0u);
}

TEST(PressureTest, AMailboxStaysAboutAsLongAsItMayBe) {
  FloodASink<false>();
  FloodASink<true>();
}

TEST(PressureTest, EachOfManySendersIsHeldBack) {
  ManualSystem system(3, ActorSystemOptions(), 7);
  Seen seen;
  auto sink = system->SpawnAt<Sink<false>>(0, seen);
  for (uint32_t i = 0; i < 12; ++i) {
    system->SpawnAt<Source<Sink<false>>>(i % 3, sink, 500u).Tell(Go{});
  }
  system.Run();
  EXPECT_EQ(seen.numbers.size(), 12 * 500u);
  for (const ActorInfo& info : system.Await(system->Inspect())) EXPECT_FALSE(info.held_back);
}

// Asks whoever told it something, whom it holds back.
class Curious : public Actor<Curious, Item> {
 public:
  static constexpr MailboxOptions kMailbox{2};

  explicit Curious(uint32_t& sum) : sum_(sum) {}
  Task<void> On(Item item);

 private:
  uint32_t& sum_;
};

class Teller : public Actor<Teller, Go, Get> {
 public:
  static inline ActorRef<Teller> teller;

  explicit Teller(ActorRef<Curious> to) : to_(to) {}
  void On(Go) {
    for (uint32_t i = 0; i < 20; ++i) to_.Tell(Item{i});
  }
  uint32_t On(Get) { return ++answers_; }

 private:
  ActorRef<Curious> to_;
  uint32_t answers_ = 0;
};

Task<void> Curious::On(Item item) {
  Result<uint32_t> answer = co_await Teller::teller.Ask(Get{});
  if (answer.ok()) sum_ += item.number;
}

TEST(PressureTest, WhoWaitsForAnAnswerHoldsNobodyBack) {
  for (size_t loops : {1, 2}) {
    ManualSystem system(loops);
    uint32_t sum = 0;
    auto curious = system->SpawnAt<Curious>(0, sum);
    Teller::teller = system->SpawnAt<Teller>(static_cast<uint32_t>(loops) - 1, curious);
    Teller::teller.Tell(Go{});
    system.Run();
    EXPECT_EQ(sum, 190u);
  }
}

struct Token {
  int left;
};

// Tells the next one two tokens for each, so that all are full.
class Doubler : public Actor<Doubler, Token, ActorRef<Doubler>> {
 public:
  static constexpr MailboxOptions kMailbox{4};

  explicit Doubler(uint64_t& handled) : handled_(handled) {}
  void On(ActorRef<Doubler> next) { next_ = next; }
  void On(Token token) {
    ++handled_;
    if (token.left == 0) return;
    for (int i = 0; i < 2; ++i) next_.Tell(Token{token.left - 1});
  }

 private:
  uint64_t& handled_;
  ActorRef<Doubler> next_;
};

TEST(PressureTest, NobodyWaitsInACircle) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    ManualSystem system(3, ActorSystemOptions(), seed);
    uint64_t handled = 0;
    std::vector<ActorRef<Doubler>> ring;
    for (uint32_t i = 0; i < 5; ++i) ring.push_back(system->SpawnAt<Doubler>(i % 3, handled));
    for (size_t i = 0; i < ring.size(); ++i) ring[i].Tell(ring[(i + 1) % ring.size()]);
    ring[0].Tell(Token{11});
    system.Run();
    EXPECT_EQ(handled, (1u << 12) - 1);
    EXPECT_EQ(system->Stats().dead_letters, 0u);
  }
}

// Full as long as it lasts: it tells itself one more message for each that it handles.
class Refilled : public Actor<Refilled, Item, Go> {
 public:
  static constexpr MailboxOptions kMailbox{4};

  explicit Refilled(std::optional<uint32_t>& others_left) : others_left_(others_left) {}
  void On(Go) {
    for (uint32_t i = 0; i < 6; ++i) self().Tell(Item{1'000'000});
  }
  void On(const Item& item) {
    if (item.number != 1'000'000) {
      if (item.number == 7) others_left_ = left_;
    } else if (left_ != 0) {
      --left_;
      self().Tell(Item{1'000'000});
    }
  }

 private:
  std::optional<uint32_t>& others_left_;
  uint32_t left_ = 50'000;
};

TEST(PressureTest, WhoIsNeverDoneHoldsNobodyBackForEver) {
  ManualSystem system;
  std::optional<uint32_t> left;
  auto refilled = system->Spawn<Refilled>(left);
  refilled.Tell(Go{});
  system->Spawn<Source<Refilled>>(refilled, 8u).Tell(Go{});
  system.Run();
  ASSERT_TRUE(left.has_value());
  EXPECT_GT(*left, 0u) << "the second message of the source was handled meanwhile";
}

class Victim : public Actor<Victim, Item> {
 public:
  static constexpr MailboxOptions kMailbox{4};
  explicit Victim(std::function<void()> at_first) : at_first_(std::move(at_first)) {}
  void On(const Item& item) {
    if (item.number == 0) at_first_();
  }

 private:
  std::function<void()> at_first_;
};

TEST(PressureTest, WhoEndsLetsItsSendersGo) {
  ManualSystem system(2);
  ActorRef<Victim> victim;
  victim = system->SpawnAt<Victim>(0, [&] { victim.Stop(); });
  system->SpawnAt<Source<Victim>>(1, victim, 100u).Tell(Go{});
  system.Run();
  EXPECT_EQ(system->Stats().dead_letters, 99u) << "the source told all of it";
}

TEST(PressureTest, WhoIsHeldBackCanBeStopped) {
  ManualSystem system;
  ActorRef<Source<Victim>> source;
  auto victim = system->Spawn<Victim>([&] { source.Stop(); });
  source = system->Spawn<Source<Victim>>(victim, 100u);
  source.Tell(Go{});
  system.Run();
  EXPECT_EQ(system.Await(system->Inspect()).size(), 1u);
  EXPECT_EQ(system->Stats().dead_letters, 1u) << "its own next message";
}

class Small : public Actor<Small, Item> {
 public:
  static constexpr MailboxOptions kMailbox = MailboxOptions(2).ToldMax(5);
  explicit Small(Seen& seen) : seen_(seen) {}
  void On(const Item& item) { seen_.numbers.push_back(item.number); }

 private:
  Seen& seen_;
};

TEST(PressureTest, TheLastBoundHoldsForWhoeverTells) {
  std::vector<DeadLetterReason> reasons;
  ActorSystemOptions options;
  options.on_dead_letter = [&](const DeadLetter& letter) { reasons.push_back(letter.reason); };
  ManualSystem system(1, std::move(options));
  Seen seen;
  auto small = system->Spawn<Small>(seen);
  for (uint32_t i = 0; i < 8; ++i) small.Tell(Item{i});
  system.Run();
  EXPECT_EQ(seen.numbers, Upto(5));
  EXPECT_EQ(reasons, std::vector<DeadLetterReason>(3, DeadLetterReason::kOverflow));
  static_assert(MailboxOptions(100).ToldMax(5).told_max == 100);
  static_assert(MailboxOptions(1u << 30).told_max == 1u << 30);
}

// The system of who told it may have ended: nobody there is held back.
TEST(PressureTest, ActorsOfOtherSystemsAreNobodyHere) {
  ManualSystem here;
  Seen seen;
  auto sink = here->Spawn<Sink<false>>(seen);
  {
    ManualSystem there;
    there->Spawn<Source<Sink<false>>>(sink, 100u).Tell(Go{});
    there.Run();
  }
  here.Run();
  EXPECT_EQ(seen.numbers, Upto(100));
}

}  // namespace
}  // namespace zokio
