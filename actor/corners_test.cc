// What happens where hooks, stops, failures and spawns meet.
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"
#include "future/oneshot.h"

namespace zokio {
namespace {

using std::chrono::seconds;
using testing::ManualSystem;

using Log = std::vector<std::string>;

struct Note {
  int value;
};
struct Wait {
  explicit Wait(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};
struct Fail {};

class Child : public Actor<Child, Fail> {
 public:
  explicit Child(Log& log) : log_(log) {}
  ~Child() { log_.push_back("child gone"); }
  void On(Fail) { throw std::runtime_error("on purpose"); }

 private:
  Log& log_;
};

class Eager : public Actor<Eager, Note> {
 public:
  Eager(Log& log, ManualSystem& system) : log_(log) {
    self().Tell(Note{1});
    self().Stop();
    system.Run();  // as another thread would while this one is still here
    log_.push_back("made");
  }
  void On(Note note) { log_.push_back("note " + std::to_string(note.value)); }
  void Stopping() { log_.push_back("stopping"); }

 private:
  Log& log_;
};

TEST(CornersTest, AnActorHeardOfFromItsConstructorIsNotRunBeforeItIsComplete) {
  ManualSystem system;
  Log log;
  system->Spawn<Eager>(log, system);
  system.Run();
  ASSERT_FALSE(log.empty());
  EXPECT_EQ(log.front(), "made");
  EXPECT_EQ(log.back(), "stopping");
}

class Busy : public Actor<Busy, Wait, Note> {
 public:
  explicit Busy(Log& log) : log_(log) {}
  Task<void> On(Wait& wait) {
    (void)co_await std::move(wait.receiver);
    TellEvery(seconds(1), Note{1});
    Spawn<Child>(log_);
    log_.push_back("handled");
  }
  void On(Note) {}
  void Stopping() { log_.push_back("stopping"); }

 private:
  Log& log_;
};

TEST(CornersTest, WhatAHandlerBeginsAfterTheStopEndsWithIt) {
  ManualSystem system;
  Log log;
  auto [sender, receiver] = MakeOneshot<int>();
  auto busy = system->Spawn<Busy>(log);
  busy.Tell(Wait(std::move(receiver)));
  system.Run();
  busy.Stop();
  system.Run();
  EXPECT_TRUE(std::move(sender).Send(1));
  system.Run();
  EXPECT_EQ(log, (Log{"handled", "child gone", "stopping"}));
}

class LateParent : public Actor<LateParent, Note> {
 public:
  explicit LateParent(Log& log) : log_(log) {}
  ~LateParent() { log_.push_back("parent gone"); }
  void On(Note) {}
  void Stopping() {
    log_.push_back("stopping");
    Spawn<Child>(log_);
  }

 private:
  Log& log_;
};

TEST(CornersTest, AChildOfTheLastHookEndsBeforeItsParent) {
  ManualSystem system;
  Log log;
  system->Spawn<LateParent>(log).Stop();
  system.Run();
  EXPECT_EQ(log, (Log{"stopping", "child gone", "parent gone"}));
}

class Undecided : public Actor<Undecided, Note> {
 public:
  explicit Undecided(Log& log) : log_(log) {}
  ~Undecided() { log_.push_back("parent gone"); }
  void On(Note) { Spawn<Child>(log_).Tell(Fail{}); }
  Directive OnFailure(ActorId, const Failure&) { throw std::logic_error("cannot decide"); }

 private:
  Log& log_;
};

TEST(CornersTest, WhoCannotDecideAboutAFailureFailsItself) {
  ManualSystem system;
  Log log;
  auto other = system->Spawn<Undecided>(log);
  system->Spawn<Undecided>(log).Tell(Note{1});
  system.Run();
  EXPECT_EQ(log, (Log{"child gone", "parent gone"}));
  other.Tell(Note{1});  // their loop goes on
  system.Run();
  EXPECT_EQ(log.size(), 4u);
}

class Stasher : public Actor<Stasher, Note, Wait> {
 public:
  explicit Stasher(Log& log) : log_(log) {}
  void On(Note& note) {
    if (!open_) return Stash(note);
    log_.push_back("note " + std::to_string(note.value));
  }
  void On(Wait& wait) { Run(Open(std::move(wait.receiver))); }

 private:
  Task<void> Open(OneshotReceiver<int> receiver) {
    (void)co_await std::move(receiver);
    open_ = true;
    UnstashAll();
  }

  Log& log_;
  bool open_ = false;
};

TEST(CornersTest, UnstashingBesideTheHandlersBringsTheMailBack) {
  ManualSystem system;
  Log log;
  auto [sender, receiver] = MakeOneshot<int>();
  auto stasher = system->Spawn<Stasher>(log);
  stasher.Tell(Note{1});
  stasher.Tell(Note{2});
  stasher.Tell(Wait(std::move(receiver)));
  system.Run();
  EXPECT_TRUE(std::move(sender).Send(1));
  system.Run();
  EXPECT_EQ(log, (Log{"note 1", "note 2"}));
}

template <Overflow overflow>
class Bounded : public Actor<Bounded<overflow>, Note> {
 public:
  static constexpr MailboxOptions kMailbox{2, overflow};
  explicit Bounded(Log& log) : log_(log) {}
  ~Bounded() { log_.push_back("gone"); }
  void On(Note note) { log_.push_back("note " + std::to_string(note.value)); }

 private:
  Log& log_;
};

TEST(CornersTest, PoisonIsNotLostInAFullMailbox) {
  ManualSystem system;
  Log newest;
  Log oldest;
  auto first = system->Spawn<Bounded<Overflow::kDropNewest>>(newest);
  auto second = system->Spawn<Bounded<Overflow::kDropOldest>>(oldest);
  for (int i = 0; i < 3; ++i) {
    first.Tell(Note{i});
    second.Tell(Note{i});
  }
  first.Poison();
  second.Poison();
  second.Tell(Note{3});
  system.Run();
  EXPECT_EQ(newest, (Log{"note 0", "note 1", "gone"}));
  EXPECT_EQ(oldest.back(), "gone");
}

}  // namespace
}  // namespace zokio
