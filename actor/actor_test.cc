// Sending: order, dead letters, envelopes, bounds.
#include "actor/actor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actor/actor_system.h"
#include "actor/testing.h"
#include "mem/frame_pool.h"

namespace zokio {
namespace {

using testing::ManualSystem;

// Under sanitizers the frame pool hands every call on to malloc.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZOKIO_TEST_SANITIZED 1
#endif
#endif
#ifdef ZOKIO_TEST_SANITIZED
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif

struct Increment {
  int by;
};
struct Get {};

class Counter : public Actor<Counter, Increment, Get> {
 public:
  explicit Counter(int start = 0) : value_(start) {}
  void On(Increment message) { value_ += message.by; }
  int On(Get) { return value_; }

 private:
  int value_;
};

static_assert(Handles<Counter, Increment>);
static_assert(!Handles<Counter, int>, "a wrong send does not compile");
static_assert(sizeof(ActorRef<Counter>) == 16 && std::is_trivially_copyable_v<ActorRef<Counter>>);

TEST(ActorTest, HandlesWhatItIsToldAndAnswersWhatItIsAsked) {
  ManualSystem system;
  ActorRef<Counter> counter = system->Spawn<Counter>(40);
  counter.Tell(Increment{1});
  counter.Tell(Increment{1});
  Result<int> value = system.Await(counter.Ask(Get{}));
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, 42);
}

TEST(ActorTest, ARecipientKnowsTheMessageOnly) {
  ManualSystem system;
  ActorRef<Counter> counter = system->Spawn<Counter>();
  Recipient<Increment> anybody = counter;
  anybody.Tell(Increment{5});
  EXPECT_EQ(system.Await(counter.Ask(Get{})).value(), 5);
  EXPECT_EQ(anybody.id(), counter.id());
}

struct Number {
  int value;
};
struct Go {};

class Collector : public Actor<Collector, Number> {
 public:
  explicit Collector(std::vector<int>& seen) : seen_(seen) {}
  void On(const Number& number) { seen_.push_back(number.value); }

 private:
  std::vector<int>& seen_;
};

class Producer : public Actor<Producer, Go> {
 public:
  Producer(ActorRef<Collector> to, int from, int count) : to_(to), from_(from), count_(count) {}
  void On(Go) {
    for (int i = 0; i < count_; ++i) to_.Tell(Number{from_ + i});
  }

 private:
  ActorRef<Collector> to_;
  int from_;
  int count_;
};

TEST(ActorTest, OrderHoldsForEachSenderAcrossLoops) {
  ManualSystem system(3);
  std::vector<int> seen;
  auto collector = system->SpawnAt<Collector>(0, seen);
  // More than a ring holds, so that some wait for room there.
  constexpr int kEach = 3000;
  for (uint32_t loop = 0; loop < 3; ++loop) {
    system->SpawnAt<Producer>(loop, collector, static_cast<int>(loop) * kEach, kEach).Tell(Go{});
  }
  system.Run();
  ASSERT_EQ(seen.size(), 3u * kEach);
  std::vector<int> next = {0, kEach, 2 * kEach};
  for (int value : seen) EXPECT_EQ(value, next[static_cast<size_t>(value / kEach)]++);
}

TEST(ActorTest, AMessageToAnActorThatIsGoneIsADeadLetter) {
  std::vector<DeadLetter> letters;
  ActorSystemOptions options;
  options.on_dead_letter = [&](const DeadLetter& letter) { letters.push_back(letter); };
  ManualSystem system(1, options);
  auto counter = system->Spawn<Counter>();
  counter.Stop();
  system.Run();
  counter.Tell(Increment{1});
  // Another actor now lives in the same place; it is not disturbed.
  auto other = system->Spawn<Counter>();
  EXPECT_EQ(system.Await(other.Ask(Get{})).value(), 0);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].target, counter.id());
  EXPECT_EQ(letters[0].reason, DeadLetterReason::kNoSuchActor);
  EXPECT_NE(letters[0].message.find("Increment"), std::string_view::npos) << letters[0].message;
  Result<int> asked = system.Await(counter.Ask(Get{}));
  ASSERT_FALSE(asked.ok());
  EXPECT_EQ(asked.error().code(), ErrorCode::kClosed);
}

// Payloads of each size class, with a destructor that counts and an alignment beyond the pool's.
template <size_t size, size_t alignment>
struct alignas(alignment) Payload {
  explicit Payload(std::shared_ptr<int> shared) : owner(std::move(shared)) { bytes[size - 1] = 7; }
  std::shared_ptr<int> owner;
  unsigned char bytes[size];
};
using Small = Payload<16, 8>;
using Medium = Payload<900, 16>;
using Large = Payload<5000, 8>;
using Aligned = Payload<64, 128>;

class Sink : public Actor<Sink, Small, Medium, Large, Aligned> {
 public:
  explicit Sink(int& seen) : seen_(seen) {}
  template <typename P>
  void On(P&& payload) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(&payload) % alignof(P), 0u);
    EXPECT_EQ(payload.bytes[sizeof(payload.bytes) - 1], 7);
    EXPECT_EQ(payload.owner.use_count(), 2) << "moved, never copied";
    ++seen_;
  }

 private:
  int& seen_;
};

TEST(ActorTest, PayloadsOfAllSizesAreMovedAlignedAndDestroyed) {
  auto owner = std::make_shared<int>(1);
  int seen = 0;
  {
    ManualSystem system(2);
    for (uint32_t loop = 0; loop < 2; ++loop) {
      auto sink = system->SpawnAt<Sink>(loop, seen);
      sink.Tell(Small(owner));
      system.Run();
      sink.Tell(Medium(owner));
      system.Run();
      sink.Tell(Large(owner));
      system.Run();
      sink.Tell(Aligned(owner));
      system.Run();
      // Not handled: destroyed all the same.
      sink.Stop();
      sink.Tell(Small(owner));
      sink.Tell(Large(owner));
    }
  }
  EXPECT_EQ(seen, 8);
  EXPECT_EQ(owner.use_count(), 1);
}

class Relay : public Actor<Relay, Number> {
 public:
  Relay(ActorRef<Collector> to, const Number*& address) : to_(to), address_(address) {}
  void On(Number& number) {
    address_ = &number;
    Forward(to_, number);
  }

 private:
  ActorRef<Collector> to_;
  const Number*& address_;
};

TEST(ActorTest, AForwardedMessageKeepsItsEnvelope) {
  ManualSystem system;
  std::vector<int> seen;
  const Number* address = nullptr;
  auto collector = system->Spawn<Collector>(seen);
  auto relay = system->Spawn<Relay>(collector, address);
  for (int i = 0; i < 3; ++i) relay.Tell(Number{i});
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
  EXPECT_NE(address, nullptr);
}

// Passes a number on, back and forth.
class Bouncer : public Actor<Bouncer, Number, ActorRef<Bouncer>> {
 public:
  explicit Bouncer(int& handled) : handled_(handled) {}
  void On(ActorRef<Bouncer> peer) { peer_ = peer; }
  void On(Number number) {
    ++handled_;
    if (number.value > 0) peer_.Tell(Number{number.value - 1});
  }

 private:
  int& handled_;
  ActorRef<Bouncer> peer_;
};

TEST(ActorTest, AMessageInSteadyStateTakesNoMemoryFromTheSystem) {
  for (uint32_t other : {0u, 1u}) {
    ManualSystem system(2);
    int handled = 0;
    auto a = system->SpawnAt<Bouncer>(0, handled);
    auto b = system->SpawnAt<Bouncer>(other, handled);
    a.Tell(b);
    b.Tell(a);
    a.Tell(Number{1000});
    system.Run();
    const FramePoolStats before = FramePool::ThreadStats();
    a.Tell(Number{9999});
    system.Run();
    const FramePoolStats after = FramePool::ThreadStats();
    EXPECT_EQ(handled, 1001 + 10000);
    EXPECT_EQ(after.allocations - before.allocations, 10000u) << "one a message";
    EXPECT_EQ(after.system_allocations - before.system_allocations, kPooled ? 0u : 10000u);
    EXPECT_EQ(after.reused - before.reused, kPooled ? 10000u : 0u);
  }
}

struct Open {};

// Puts numbers aside until it is opened.
class Gate : public Actor<Gate, Number, Open> {
 public:
  explicit Gate(std::vector<int>& seen) : seen_(seen) {}
  void On(Number& number) {
    if (!open_) return Stash(number);
    seen_.push_back(number.value);
  }
  void On(Open) {
    open_ = true;
    UnstashAll();
  }

 private:
  std::vector<int>& seen_;
  bool open_ = false;
};

TEST(ActorTest, StashedMessagesComeBackBeforeTheRestInTheirOrder) {
  ManualSystem system;
  std::vector<int> seen;
  auto gate = system->Spawn<Gate>(seen);
  gate.Tell(Number{1});
  gate.Tell(Number{2});
  gate.Tell(Open{});
  gate.Tell(Number{3});
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST(ActorTest, StashedMessagesOfAStoppedActorAreDeadLetters) {
  ManualSystem system;
  std::vector<int> seen;
  auto gate = system->Spawn<Gate>(seen);
  gate.Tell(Number{1});
  system.Run();
  gate.Stop();
  system.Run();
  EXPECT_EQ(system->Stats().dead_letters, 1u);
}

template <Overflow policy>
class Bounded : public Actor<Bounded<policy>, Number> {
 public:
  static constexpr MailboxOptions kMailbox{2, policy};
  explicit Bounded(std::vector<int>& seen) : seen_(seen) {}
  void On(Number number) { seen_.push_back(number.value); }

 private:
  std::vector<int>& seen_;
};

template <Overflow policy>
std::vector<int> TellFour(uint64_t& dead_letters) {
  ManualSystem system;
  std::vector<int> seen;
  auto bounded = system->Spawn<Bounded<policy>>(seen);
  for (int i = 0; i < 4; ++i) bounded.Tell(Number{i});
  system.Run();
  dead_letters = system->Stats().dead_letters;
  return seen;
}

TEST(MailboxTest, ThePolicySaysWhatOverflowBecomes) {
  uint64_t dead = 0;
  EXPECT_EQ(TellFour<Overflow::kWait>(dead), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(dead, 0u);
  EXPECT_EQ(TellFour<Overflow::kDropNewest>(dead), (std::vector<int>{0, 1}));
  EXPECT_EQ(dead, 2u);
  EXPECT_EQ(TellFour<Overflow::kDropOldest>(dead), (std::vector<int>{2, 3}));
  EXPECT_EQ(dead, 2u);
}

TEST(MailboxTest, NoBoundStopsAControlMessage) {
  ManualSystem system;
  std::vector<int> seen;
  auto bounded = system->Spawn<Bounded<Overflow::kDropNewest>>(seen);
  for (int i = 0; i < 4; ++i) bounded.Tell(Number{i});
  bounded.Stop();
  system.Run();
  EXPECT_TRUE(seen.empty()) << "the stop overtook the mail";
  EXPECT_EQ(system->Stats().dead_letters, 4u);
}

}  // namespace
}  // namespace zokio
