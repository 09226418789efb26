// What senders are told, and what is told of them.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using testing::ManualSystem;

using Log = std::vector<std::string>;

struct Note {
  int value;
};
struct Go {};

// Takes one message at a time, and stops at the first.
class Last : public Actor<Last, Go, Note> {
 public:
  static constexpr MailboxOptions kMailbox{1};
  void On(Go) { Stop(); }
  void On(Note) { ADD_FAILURE() << "it has stopped"; }
};

class Pusher : public Actor<Pusher, Go> {
 public:
  Pusher(ActorRef<Last> to, Log& log) : to_(to), log_(log) {}
  Task<void> On(Go) {
    Result<void> sent = co_await to_.Send(Note{1});
    log_.push_back(sent.ok() ? "sent" : sent.error().code() == ErrorCode::kClosed ? "closed" : "?");
  }

 private:
  ActorRef<Last> to_;
  Log& log_;
};

TEST(SendTest, WhatAStopOvertakesWasNotSent) {
  for (bool late : {false, true}) {
    Log letters;
    std::vector<ActorId> senders;
    ActorSystemOptions options;
    options.on_dead_letter = [&](const DeadLetter& letter) {
      letters.push_back(std::string(letter.message.substr(letter.message.rfind(':') + 1)));
      senders.push_back(letter.sender);
    };
    ManualSystem system(1, options);
    Log log;
    auto last = system->Spawn<Last>();
    auto pusher = system->Spawn<Pusher>(last, log);
    system.Run();
    late ? last.Tell(Go{}) : pusher.Tell(Go{});
    late ? system.Run() : last.Tell(Go{});
    if (late) pusher.Tell(Go{});
    system.Run();
    EXPECT_EQ(log, (Log{"closed"}));
    EXPECT_EQ(letters, (Log{"Note"})) << "the message's type, not what carried it";
    EXPECT_EQ(senders, (std::vector<ActorId>{pusher.id()}));
  }
}

// Who sent, as a handler at once and a coroutine hear of it.
class Curious : public Actor<Curious, Note, Go> {
 public:
  explicit Curious(std::vector<ActorId>& heard) : heard_(heard) {}
  void On(Note) { heard_.push_back(sender()); }
  Task<void> On(Go) {
    heard_.push_back(sender());
    co_return;
  }

 private:
  std::vector<ActorId>& heard_;
};

class Talker : public Actor<Talker, Go> {
 public:
  explicit Talker(ActorRef<Curious> to) : to_(to) {}
  void On(Go) {
    to_.Tell(Note{1});
    to_.Tell(Go{});
  }

 private:
  ActorRef<Curious> to_;
};

TEST(SenderTest, IsWhoSentTheMessageThatIsHandled) {
  for (uint32_t loop : {0u, 1u}) {
    ManualSystem system(2);
    std::vector<ActorId> heard;
    auto curious = system->SpawnAt<Curious>(0, heard);
    auto talker = system->SpawnAt<Talker>(loop, curious);
    talker.Tell(Go{});
    system.Run();
    curious.Tell(Note{1});
    system.Run();
    EXPECT_EQ(heard, (std::vector<ActorId>{talker.id(), ActorId(), ActorId()}));
  }
}

}  // namespace
}  // namespace zokio
