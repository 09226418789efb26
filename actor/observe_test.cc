// Looking at a system: inspection, measures, traces; and the test kit that looks closer.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/internal/measures.h"
#include "actor/testing.h"
#include "future/oneshot.h"

namespace zokio {
namespace {

using std::chrono::microseconds;
using testing::ManualSystem;

struct Work {
  int number;
};
struct Fail {};
struct Hold {
  explicit Hold(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

class Leaf : public Actor<Leaf, Work, Fail, Hold> {
 public:
  void On(Work) {}
  void On(Fail) { throw std::runtime_error("on purpose"); }
  Task<void> On(Hold& hold) { (void)co_await hold.receiver; }
};

struct Begin {
  bool spread;
};

class Branch : public Actor<Branch, Begin> {
 public:
  static constexpr Supervision kChildren = Supervision();
  std::vector<ActorRef<Leaf>> On(Begin begin) {
    return {Spawn<Leaf>(), begin.spread ? SpawnSpread<Leaf>() : Spawn<Leaf>()};
  }
};

size_t CountOf(const std::vector<ActorInfo>& infos, ActorId parent) {
  return static_cast<size_t>(std::count_if(
      infos.begin(), infos.end(), [&](const ActorInfo& info) { return info.parent == parent; }));
}

TEST(InspectTest, TellsOfEachActorAndItsParent) {
  ManualSystem system(3);
  auto branch = system->SpawnAt<Branch>(1);
  auto leaves = system.Await(branch.Ask(Begin{true})).value();
  leaves[0].Tell(Fail{});
  auto [sender, receiver] = MakeOneshot<int>();
  leaves[1].Tell(Hold(std::move(receiver)));
  for (int i = 0; i < 3; ++i) leaves[1].Tell(Work{i});
  system.Run();
  const std::vector<ActorInfo> infos = system.Await(system->Inspect());
  ASSERT_EQ(infos.size(), 3u);
  EXPECT_EQ(CountOf(infos, ActorId()), 1u);
  EXPECT_EQ(CountOf(infos, branch.id()), 2u);
  for (const ActorInfo& info : infos) {
    EXPECT_EQ(info.restarts, info.id == leaves[0].id() ? 1u : 0u);
    if (info.id != leaves[1].id()) continue;
    EXPECT_EQ(info.queued, 3u);
    EXPECT_TRUE(info.busy);
    EXPECT_EQ(info.coroutines, 1u);
  }
  const std::string tree = TreeToString(infos);
  EXPECT_EQ(std::count(tree.begin(), tree.end(), '\n'), 3);
  EXPECT_NE(tree.find("Branch"), std::string::npos);
  EXPECT_NE(tree.find("\n  "), std::string::npos) << "children are indented";
  EXPECT_NE(tree.find("queued 3"), std::string::npos);
  std::move(sender).Send(1);
  branch.Stop();
  system.Run();
  const std::vector<ActorInfo> none = system.Await(system->Inspect());
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(TreeToString(none), "");
}

// Stands still but for what handlers take.
class WorkClock : public Clock {
 public:
  Instant Now() const override { return now; }
  Instant now{};
};

class Timed : public Actor<Timed, Work> {
 public:
  static constexpr bool kMeasured = true;
  explicit Timed(WorkClock& clock) : clock_(clock) {}
  void On(Work) { clock_.now += microseconds(100); }

 private:
  WorkClock& clock_;
};

TEST(MeasureTest, ASampleOfMessagesIsTimed) {
  WorkClock clock;
  ActorSystemOptions options;
  options.clock = &clock;
  ManualSystem system(1, options);
  auto timed = system->Spawn<Timed>(clock);
  // One at a time: no delay.
  for (int i = 0; i < 160; ++i) {
    timed.Tell(Work{i});
    system.Run();
  }
  MailTimes times = system.Await(system->Inspect()).at(0).times;
  EXPECT_EQ(times.sampled, 10u);
  EXPECT_EQ(times.delay_p99, Duration(0));
  EXPECT_GE(times.handling_p50, microseconds(100));
  EXPECT_LE(times.handling_p99, microseconds(125));
  // In bursts of 16, of each of which one is in the sample.
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 16; ++j) timed.Tell(Work{j});
    system.Run();
  }
  times = system.Await(system->Inspect()).at(0).times;
  EXPECT_EQ(times.sampled, 110u);
  EXPECT_GT(times.delay_p99 + times.delay_p50, Duration(0));
  const std::string tree = TreeToString(system.Await(system->Inspect()));
  EXPECT_NE(tree.find("handling_us p50 1"), std::string::npos) << tree;
}

TEST(MeasureTest, QuantilesAreRightToAQuarter) {
  internal::DurationHistogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5), Duration(0));
  for (int64_t ns = 1; ns <= 100'000; ++ns) histogram.Add(Duration(ns));
  for (double quantile : {0.01, 0.1, 0.5, 0.9, 0.99}) {
    const double exact = quantile * 100'000;
    const auto told = static_cast<double>(histogram.Quantile(quantile).count());
    EXPECT_GE(told, exact);
    EXPECT_LE(told, exact * 1.25 + 1);
  }
  histogram.Add(Duration::max());
  EXPECT_EQ(histogram.total(), 100'001u);
  EXPECT_GT(histogram.Quantile(1.0), std::chrono::hours(1));
}

struct Relay {
  int left;
};
class Runner : public Actor<Runner, Relay, ActorRef<Runner>> {
 public:
  void On(ActorRef<Runner> next) { next_ = next; }
  Task<void> On(Relay relay) {
    auto [sender, receiver] = MakeOneshot<int>();
    Run(Later(std::move(sender)));
    (void)co_await std::move(receiver);  // what comes after a suspension has the same cause
    if (relay.left > 0) next_.Tell(Relay{relay.left - 1});
  }

 private:
  static Task<void> Later(OneshotSender<int> sender) {
    std::move(sender).Send(1);
    co_return;
  }
  ActorRef<Runner> next_;
};

TEST(TraceTest, CausesLeadFromMessageToMessageAcrossLoops) {
  std::vector<TraceEvent> events;
  ActorSystemOptions options;
  options.on_message = [&](const TraceEvent& event) {
    if (event.message.find("Relay") != std::string_view::npos) events.push_back(event);
  };
  ManualSystem system(2, options);
  auto a = system->SpawnAt<Runner>(0);
  auto b = system->SpawnAt<Runner>(1);
  a.Tell(b);
  b.Tell(a);
  system.Run();
  a.Tell(Relay{5});
  system.Run();
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0].cause, 0u);
  EXPECT_EQ(events[0].sender, ActorId());
  std::set<uint64_t> ids = {events[0].id};
  for (size_t i = 1; i < events.size(); ++i) {
    EXPECT_EQ(events[i].cause, events[i - 1].id);
    EXPECT_EQ(events[i].sender, i % 2 == 1 ? a.id() : b.id());
    EXPECT_EQ(events[i].target, i % 2 == 1 ? b.id() : a.id());
    ids.insert(events[i].id);
  }
  EXPECT_EQ(ids.size(), 6u);
}

TEST(ProbeTest, KeepsWhatItIsTold) {
  ManualSystem system;
  testing::Probe<Work, Relay> probe(system);
  probe.ref().Tell(Work{1});
  Recipient<Relay> relays = probe.ref();
  relays.Tell(Relay{2});
  EXPECT_EQ(probe.waiting(), 2u);
  EXPECT_FALSE(probe.Next<Relay>().has_value()) << "the oldest is no Relay";
  EXPECT_EQ(probe.Next<Work>().value().number, 1);
  EXPECT_EQ(probe.Next<Relay>().value().left, 2);
  EXPECT_FALSE(probe.Next<Work>().has_value());
}

TEST(InterceptTest, SeesChangesAndTakesAway) {
  ManualSystem system(2);
  testing::Probe<Work, Relay> probe(system, 1);
  system.Run();
  testing::Intercept<Work>(probe.ref(), [](Work& work) { return ++work.number % 2 == 0; });
  for (int i = 0; i < 4; ++i) probe.ref().Tell(Work{i});
  probe.ref().Tell(Relay{7});
  EXPECT_EQ(probe.waiting(), 3u);
  EXPECT_EQ(probe.Next<Work>().value().number, 2);
  EXPECT_EQ(probe.Next<Work>().value().number, 4);
  EXPECT_EQ(probe.Next<Relay>().value().left, 7);
  EXPECT_EQ(system->Stats().dead_letters, 2u);
}

// Three actors in three loops send to one: the order in which it hears of them.
std::vector<int> Interleaving(uint64_t seed) {
  ManualSystem system(4, ActorSystemOptions(), seed);
  testing::Probe<Work> probe(system, 3);
  class Sender : public Actor<Sender, Begin> {
   public:
    Sender(Recipient<Work> to, int number) : to_(to), number_(number) {}
    void On(Begin begin) {
      to_.Tell(Work{number_});
      if (begin.spread) self().Tell(Begin{false});
    }

   private:
    Recipient<Work> to_;
    int number_;
  };
  std::vector<ActorRef<Sender>> senders;
  for (int i = 0; i < 3; ++i) {
    senders.push_back(system->SpawnAt<Sender>(static_cast<uint32_t>(i), probe.ref(), i));
  }
  system.Run();
  for (auto& sender : senders) sender.Tell(Begin{true});
  std::vector<int> order;
  while (auto work = probe.Next<Work>()) order.push_back(work->number);
  return order;
}

TEST(ManualSystemTest, ASeedIsAnInterleaving) {
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<int> order = Interleaving(seed);
    EXPECT_EQ(order.size(), 6u);
    EXPECT_EQ(order, Interleaving(seed));
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 2u);
}

}  // namespace
}  // namespace zokio
