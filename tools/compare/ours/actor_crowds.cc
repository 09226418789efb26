#include "tools/compare/ours/actor_crowds.h"

#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "tools/compare/ours/actor_finish.h"

namespace zokio::compare {
namespace {

constexpr size_t kSinks = 1000;
constexpr size_t kPeers = 100;

struct Ball {
  uint64_t words[8];
};
struct Go {};

class Sink : public Actor<Sink, Ball> {
 public:
  Sink(uint64_t total, Finish& finish) : total_(total), finish_(finish) {}
  void On(const Ball& ball) {
    sum_ += ball.words[0];
    if (++received_ < total_) return;
    finish_.Part(sum_);
    Stop();
  }

 private:
  const uint64_t total_;
  Finish& finish_;
  uint64_t received_ = 0;
  uint64_t sum_ = 0;
};

class Spreader : public Actor<Spreader, Go> {
 public:
  Spreader(std::vector<ActorRef<Sink>> sinks, uint64_t rounds)
      : sinks_(std::move(sinks)), rounds_(rounds) {}
  // A round at a time, so that the others get their turns.
  void On(Go) {
    for (const ActorRef<Sink>& sink : sinks_) sink.Tell(Ball{{round_}});
    if (++round_ == rounds_) return Stop();
    self().Tell(Go{});
  }

 private:
  std::vector<ActorRef<Sink>> sinks_;
  const uint64_t rounds_;
  uint64_t round_ = 0;
};

class Peer;
struct Ping {
  ActorRef<Peer> from;
};
struct Pong {};
using Peers = std::shared_ptr<std::vector<ActorRef<Peer>>>;

class Peer : public Actor<Peer, Peers, Ping, Pong> {
 public:
  Peer(uint64_t seed, uint64_t pings, Finish& finish)
      : random_(seed), pings_(pings), finish_(finish) {}
  void On(Peers peers) {
    peers_ = std::move(peers);
    Next();
  }
  void On(Ping ping) { ping.from.Tell(Pong{}); }
  void On(Pong) {
    if (++pongs_ < pings_) return Next();
    finish_.Part(pongs_);
  }

 private:
  void Next() {
    random_ = (random_ * 1103515245 + 12345) % 2147483648;
    (*peers_)[random_ / 65536 % kPeers].Tell(Ping{self()});
  }

  uint64_t random_;
  const uint64_t pings_;
  Finish& finish_;
  Peers peers_;
  uint64_t pongs_ = 0;
};

class Creature;
struct Meet {
  ActorRef<Creature> from;
  uint32_t colour;
};
struct Met {
  uint32_t colour;
};
struct Closed {};

class Mall : public Actor<Mall, Meet> {
 public:
  explicit Mall(uint64_t meetings) : left_(meetings) {}
  void On(Meet meet);

 private:
  uint64_t left_;
  size_t closed_ = 0;
  std::vector<Meet> waiting_;  // one at most
};

class Creature : public Actor<Creature, Go, Met, Closed> {
 public:
  Creature(ActorRef<Mall> mall, uint32_t colour, Finish& finish)
      : mall_(mall), colour_(colour), finish_(finish) {}
  void On(Go) { mall_.Tell(Meet{self(), colour_}); }
  void On(Met met) {
    ++meetings_;
    if (met.colour != colour_) colour_ = 3 - met.colour - colour_;
    mall_.Tell(Meet{self(), colour_});
  }
  void On(Closed) {
    finish_.Part(meetings_);
    Stop();
  }

 private:
  const ActorRef<Mall> mall_;
  uint32_t colour_;
  Finish& finish_;
  uint64_t meetings_ = 0;
};

void Mall::On(Meet meet) {
  if (left_ == 0) {
    meet.from.Tell(Closed{});
    if (++closed_ == kPeers) Stop();
  } else if (waiting_.empty()) {
    waiting_.push_back(meet);
  } else {
    const Meet other = waiting_.back();
    waiting_.pop_back();
    other.from.Tell(Met{meet.colour});
    meet.from.Tell(Met{other.colour});
    --left_;
  }
}

}  // namespace

uint64_t FanOut(ActorSystem& system, uint64_t count) {
  Finish finish(kSinks);
  std::vector<ActorRef<Sink>> sinks;
  sinks.reserve(kSinks);
  for (size_t i = 0; i < kSinks; ++i) sinks.push_back(system.Spawn<Sink>(count / kSinks, finish));
  system.Spawn<Spreader>(std::move(sinks), count / kSinks).Tell(Go{});
  return finish.Wait();
}

uint64_t Big(ActorSystem& system, uint64_t count) {
  Finish finish(kPeers);
  auto peers = std::make_shared<std::vector<ActorRef<Peer>>>();
  for (size_t i = 0; i < kPeers; ++i) {
    peers->push_back(system.Spawn<Peer>(i + 1, count / 2 / kPeers, finish));
  }
  for (const auto& peer : *peers) peer.Tell(peers);
  const uint64_t pongs = finish.Wait();
  for (const auto& peer : *peers) peer.Kill();
  return pongs;
}

uint64_t Chameneos(ActorSystem& system, uint64_t meetings) {
  Finish finish(kPeers);
  auto mall = system.Spawn<Mall>(meetings);
  for (uint32_t i = 0; i < kPeers; ++i) system.Spawn<Creature>(mall, i % 3, finish).Tell(Go{});
  return finish.Wait();
}

}  // namespace zokio::compare
