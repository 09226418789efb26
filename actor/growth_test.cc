// What must not grow however long a system runs: lists of who has ended, mailboxes, news of news.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/ended.h"
#include "actor/internal/cell_pool.h"
#include "actor/internal/extras.h"
#include "actor/testing.h"
#include "future/oneshot.h"
#include "future/timeout.h"

namespace zokio {

// Looks at what a registry and an event stream keep.
struct GrowthPeer {
  static size_t Names(const Registry& registry) { return registry.names_.size(); }
  template <typename M>
  static size_t Subscribers(EventStream& events) {
    return events.topics_.at(EventStream::KeyOf<M>())->size();
  }
};

namespace {

using testing::ManualSystem;

struct Note {
  int value;
};
struct Hold {
  explicit Hold(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

class Plain : public Actor<Plain, Note> {
 public:
  void On(const Note&) {}
};

// Watches and is linked with another.
class Short : public Actor<Short, Terminated> {
 public:
  explicit Short(ActorRef<Plain> other) : other_(other) {}
  void Started() {
    Watch(other_);
    Link(other_);
  }
  void On(Terminated) { ADD_FAILURE() << "the other lives longer"; }

 private:
  ActorRef<Plain> other_;
};

TEST(GrowthTest, WhoIsWatchedForgetsWatchersThatEnded) {
  ManualSystem system(2);
  auto old = system->SpawnAt<Plain>(0);
  for (uint32_t i = 0; i < 200; ++i) {
    auto watcher = system->SpawnAt<Short>(i % 2, old);
    system.Run();
    watcher.Stop();
    system.Run();
  }
  EXPECT_LT(old.id().cell()->extras->watchers.size(), 50u);
}

struct Begin {};

// Watches one actor, and no more when told.
class Fickle : public Actor<Fickle, Begin, Terminated> {
 public:
  Fickle(ActorRef<Plain> other, int& notices) : other_(other), notices_(notices) { Watch(other); }
  void On(Begin) { Unwatch(other_); }
  void On(Terminated) { ++notices_; }

 private:
  ActorRef<Plain> other_;
  int& notices_;
};

// With a scan for each it would be 10^10 comparisons.
TEST(GrowthTest, ManyWatchOneAndEachIsFoundAtOnce) {
  constexpr int kWatchers = 100'000;
  ManualSystem system;
  int notices = 0;
  auto old = system->Spawn<Plain>();
  std::vector<ActorRef<Fickle>> watchers;
  for (int i = 0; i < kWatchers; ++i) watchers.push_back(system->Spawn<Fickle>(old, notices));
  system.Run();
  EXPECT_EQ(old.id().cell()->extras->watchers.size(), size_t{kWatchers});
  for (int i = 0; i < kWatchers; i += 2) watchers[static_cast<size_t>(i)].Tell(Begin{});
  system.Run();
  EXPECT_EQ(old.id().cell()->extras->watchers.size(), size_t{kWatchers / 2});
  old.Stop();
  system.Run();
  EXPECT_EQ(notices, kWatchers / 2);
}

TEST(GrowthTest, WatchersAreToldOnceHoweverManyCameAndWent) {
  ManualSystem system;
  std::vector<ActorRef<Plain>> ones;
  for (int i = 0; i < 60; ++i) ones.push_back(system->Spawn<Plain>());
  internal::WatcherSet set;
  const auto watcher = [&](size_t i) {
    return internal::Watcher{ones[i].id(), [](ActorId, ActorId, internal::Ending) {}};
  };
  for (size_t i = 0; i < 60; ++i) set.Add(watcher(i)), set.Add(watcher(i / 2));
  EXPECT_EQ(set.size(), 60u);
  for (size_t i = 0; i < 60; i += 3) set.Remove(watcher(i)), set.Remove(watcher(i));
  EXPECT_EQ(set.size(), 40u);
  for (size_t i = 0; i < 60; i += 3) ones[i + 1].Stop();
  system.Run();
  for (size_t i = 0; i < 60; ++i) set.Add(watcher(i));
  EXPECT_LE(set.size(), 60u);
  for (const internal::Watcher& at : set) {
    EXPECT_EQ(std::count(set.begin(), set.end(), at), 1);
  }
  for (size_t i = 0; i < 60; ++i) set.Remove(watcher(i));
  EXPECT_EQ(set.size(), 0u);
}

TEST(GrowthTest, WhoGivesUpWaitingForAnEndIsForgotten) {
  ManualSystem system;
  auto old = system->Spawn<Plain>();
  for (int i = 0; i < 200; ++i) {
    Result<void> ended = system.Await(Timeout(Ended(old), Duration(0)));
    EXPECT_FALSE(ended.ok());
  }
  system.Run();
  EXPECT_LT(old.id().cell()->extras->ended.size(), 50u);
}

TEST(RegistryNameTest, WhoGivesANameUpDoesNotTakeItFromItsSuccessor) {
  ManualSystem system;
  auto first = system->Spawn<Plain>();
  auto second = system->Spawn<Plain>();
  Registry& registry = system->registry();
  ASSERT_TRUE(registry.Register("name", first).ok());
  EXPECT_FALSE(registry.Unregister("name", second));
  first.Stop();
  system.Run();
  ASSERT_TRUE(registry.Register("name", second).ok());
  EXPECT_FALSE(registry.Unregister("name", first));
  EXPECT_TRUE(registry.Find<Plain>("name").ok());
  EXPECT_TRUE(registry.Unregister("name", second));
  EXPECT_FALSE(registry.Find<Plain>("name").ok());
}

TEST(GrowthTest, NamesOfThoseWhoEndedAreForgotten) {
  ManualSystem system;
  auto old = system->Spawn<Plain>();
  EXPECT_TRUE(system->registry().Register("old", old).ok());
  for (int i = 0; i < 1000; ++i) {
    auto session = system->Spawn<Plain>();
    EXPECT_TRUE(system->registry().Register("session " + std::to_string(i), session).ok());
    session.Stop();
    system.Run();
  }
  EXPECT_LT(GrowthPeer::Names(system->registry()), 200u);
  EXPECT_EQ(system->registry().Find<Plain>("old").value(), old);
}

TEST(GrowthTest, SubscribersThatEndedAreForgottenWithoutAnEvent) {
  ManualSystem system;
  auto old = system->Spawn<Plain>();
  EXPECT_TRUE(system->events().Subscribe<Note>(old));
  for (int i = 0; i < 200; ++i) {
    auto session = system->Spawn<Plain>();
    EXPECT_TRUE(system->events().Subscribe<Note>(session));
    session.Stop();
    system.Run();
  }
  EXPECT_LT(GrowthPeer::Subscribers<Note>(system->events()), 50u);
  EXPECT_EQ(system->events().Publish(Note{1}), 1u);
}

// Its mail waits as long as it holds; what is too much is dropped.
template <Overflow overflow>
class Bounded : public Actor<Bounded<overflow>, Hold, Note, DeadLetter, Terminated> {
 public:
  static constexpr MailboxOptions kMailbox{4, overflow};
  explicit Bounded(std::vector<int>& seen) : seen_(seen) {}
  Task<void> On(Hold& hold) { (void)co_await hold.receiver; }
  void On(const Note& note) { seen_.push_back(note.value); }
  void On(const DeadLetter&) {}
  void On(Terminated) { seen_.push_back(-1); }

 private:
  std::vector<int>& seen_;
};

TEST(GrowthTest, WhatTheSystemSaysDoesNotOpenAMailbox) {
  using Actor = Bounded<Overflow::kDropOldest>;
  ManualSystem system;
  std::vector<int> seen;
  auto bounded = system->Spawn<Actor>(seen);
  auto [sender, receiver] = MakeOneshot<int>();
  bounded.Tell(Hold(std::move(receiver)));
  system.Run();
  bounded.Tell(Terminated{});  // may not be dropped, and stands first
  for (int i = 0; i < 100; ++i) bounded.Tell(Note{i});
  system.Run();
  EXPECT_LE(bounded.id().cell()->queued.value(), 4u);
  std::move(sender).Send(1);
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{-1, 97, 98, 99}));
  EXPECT_EQ(system->Stats().dead_letters, 97u);
}

TEST(GrowthTest, NewsOfDeadLettersThatNobodyTakesDoNotGoInCircles) {
  using Actor = Bounded<Overflow::kDropNewest>;
  ManualSystem system(3);
  std::vector<int> seen;
  std::vector<OneshotSender<int>> senders;
  for (uint32_t loop = 0; loop < 3; ++loop) {
    auto listener = system->SpawnAt<Actor>(loop, seen);
    auto [sender, receiver] = MakeOneshot<int>();
    senders.push_back(std::move(sender));
    listener.Tell(Hold(std::move(receiver)));
    system.Run();
    for (int i = 0; i < 4; ++i) listener.Tell(Note{i});
    system->events().Subscribe<DeadLetter>(listener);
  }
  system.Run();
  auto gone = system->Spawn<Plain>();
  gone.Stop();
  system.Run();
  gone.Tell(Note{1});
  int polls = 0;
  while (polls < 1000 && system.RunOne()) ++polls;
  EXPECT_LT(polls, 1000);
  EXPECT_EQ(system->Stats().dead_letters, 4u) << "the note, and the news of it to each of three";
  for (auto& sender : senders) std::move(sender).Send(1);
  system.Run();
}

TEST(CellPoolTest, ACellWhoseGenerationsAreUsedUpIsNotUsedAgain) {
  internal::CellPool pool(nullptr);
  internal::ActorCell* cell = pool.Take();
  cell->generation_.store(UINT32_MAX, memory_order_relaxed);
  pool.Return(cell);
  EXPECT_NE(pool.Take(), cell);
  EXPECT_FALSE(internal::IsAlive(ActorId(cell, 1)));
}

}  // namespace
}  // namespace zokio
