// Ours in the actor cases: the default system, on as many workers as cores that it may use.
//
//   actor_cases CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
//
// Messages are 64 bytes where the case moves data. `work` is a sum that the receivers computed.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "base/check.h"
#include "future/local_executor.h"
#include "sched/scheduler.h"
#include "tools/compare/load/repeat.h"
#include "tools/compare/ours/actor_crowds.h"
#include "tools/compare/ours/actor_finish.h"

namespace zokio::compare {
namespace {

constexpr uint64_t kWindow = 100;

struct Ball {
  uint64_t words[8];
};
struct Go {};
class Ping;

class Pong : public Actor<Pong, Ball, ActorRef<Ping>> {
 public:
  void On(ActorRef<Ping> peer) { peer_ = peer; }
  void On(Ball& ball);

 private:
  ActorRef<Ping> peer_;
};

// Plays `total` balls. Sliding: keeps `window` under way. Lockstep: plays the next `window` once
// all of the last have come back.
class Ping : public Actor<Ping, Ball, Go> {
 public:
  Ping(ActorRef<Pong> peer, uint64_t total, uint64_t window, bool lockstep, Finish& finish)
      : peer_(peer), total_(total), window_(window), lockstep_(lockstep), finish_(finish) {}
  void On(Go) { Burst(); }
  void On(Ball& ball) {
    sum_ += ball.words[0];
    if (++received_ == total_) {
      finish_.Part(sum_);
      peer_.Stop();
      return Stop();
    }
    if (lockstep_) {
      if (received_ == sent_) Burst();
    } else if (sent_ < total_) {
      ball.words[0] = sent_++;
      Forward(peer_, ball);
    }
  }

 private:
  void Burst() {
    const uint64_t end = std::min(total_, sent_ + window_);
    for (; sent_ < end; ++sent_) peer_.Tell(Ball{{sent_}});
  }

  ActorRef<Pong> peer_;
  const uint64_t total_;
  const uint64_t window_;
  const bool lockstep_;
  Finish& finish_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  uint64_t sum_ = 0;
};

void Pong::On(Ball& ball) { Forward(peer_, ball); }

// `count` messages, both directions counted.
uint64_t Pairs(ActorSystem& system, uint64_t count, uint64_t pairs, uint64_t window,
               bool lockstep) {
  Finish finish(pairs);
  std::vector<ActorRef<Ping>> pings;
  for (uint64_t i = 0; i < pairs; ++i) {
    const auto loop = static_cast<uint32_t>(i % system.loops());
    auto pong = system.SpawnAt<Pong>(loop);
    pings.push_back(system.SpawnAt<Ping>(loop, pong, count / pairs / 2, window, lockstep, finish));
    pong.Tell(pings.back());
  }
  for (auto& ping : pings) ping.Tell(Go{});
  return finish.Wait();
}

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

class Source : public Actor<Source, Go> {
 public:
  Source(ActorRef<Sink> sink, uint64_t count) : sink_(sink), count_(count) {}
  void On(Go) {
    for (uint64_t i = 0; i < count_; ++i) sink_.Tell(Ball{{i}});
    Stop();
  }

 private:
  ActorRef<Sink> sink_;
  const uint64_t count_;
};

uint64_t FanIn(ActorSystem& system, uint64_t count, uint64_t sources) {
  Finish finish(1);
  auto sink = system.Spawn<Sink>(count, finish);
  for (uint64_t i = 0; i < sources; ++i) {
    system.Spawn<Source>(sink, count / sources).Tell(Go{});
  }
  return finish.Wait();
}

struct Token {
  uint64_t left;
};

class Link : public Actor<Link, Token, ActorRef<Link>> {
 public:
  explicit Link(Finish& finish) : finish_(finish) {}
  bool On(ActorRef<Link> next) {
    next_ = next;
    return true;
  }
  void On(Token& token) {
    if (token.left == 0) return finish_.Part(1);
    --token.left;
    Forward(next_, token);
  }

 private:
  Finish& finish_;
  ActorRef<Link> next_;
};

uint64_t Ring(ActorSystem& system, uint64_t hops) {
  constexpr size_t kLinks = 500;
  Finish finish(1);
  std::vector<ActorRef<Link>> links(kLinks);
  // Neighbours talk, so they live together: each loop has a part of the ring.
  for (size_t i = 0; i < kLinks; ++i) {
    links[i] = system.SpawnAt<Link>(static_cast<uint32_t>(i * system.loops() / kLinks), finish);
  }
  for (size_t i = 0; i < kLinks; ++i) {
    Result<bool> set = BlockOn(links[i].Ask(links[(i + 1) % kLinks]));
    ZOKIO_CHECK(set.ok(), "the ring is closed");
  }
  links[0].Tell(Token{hops});
  const uint64_t arrived = finish.Wait();
  for (auto& link : links) link.Kill();
  return arrived * hops;
}

struct Sum {
  uint64_t value;
};
struct Range {
  uint64_t first;
  uint64_t size;
};

class Node : public Actor<Node, Range, Sum> {
 public:
  explicit Node(Recipient<Sum> parent) : parent_(parent) {}
  void On(Range range) {
    if (range.size == 1) {
      parent_.Tell(Sum{range.first});
      return Stop();
    }
    const uint64_t each = range.size / 10;
    for (uint64_t i = 0; i < 10; ++i) {
      // The upper levels are spread over the workers.
      auto child = range.size >= 100'000 ? SpawnSpread<Node>(self()) : Spawn<Node>(self());
      child.Tell(Range{range.first + i * each, each});
    }
  }
  void On(Sum sum) {
    sum_ += sum.value;
    if (++answers_ < 10) return;
    parent_.Tell(Sum{sum_});
    Stop();
  }

 private:
  Recipient<Sum> parent_;
  uint64_t sum_ = 0;
  int answers_ = 0;
};

class Root : public Actor<Root, Sum> {
 public:
  explicit Root(Finish& finish) : finish_(finish) {}
  void On(Sum sum) {
    finish_.Part(sum.value);
    Stop();
  }

 private:
  Finish& finish_;
};

uint64_t Skynet(ActorSystem& system, uint64_t leaves) {
  Finish finish(1);
  auto root = system.Spawn<Root>(finish);
  system.Spawn<Node>(root).Tell(Range{0, leaves});
  return finish.Wait();
}

class Mayfly : public Actor<Mayfly, Sum> {
 public:
  explicit Mayfly(Recipient<Sum> parent) : parent_(parent) {}
  void On(Sum sum) {
    parent_.Tell(sum);
    Stop();
  }

 private:
  Recipient<Sum> parent_;
};

class Breeder : public Actor<Breeder, Go, Sum> {
 public:
  Breeder(uint64_t count, Finish& finish) : count_(count), finish_(finish) {}
  void On(Go) {
    for (uint64_t i = 0; i < count_; ++i) Spawn<Mayfly>(self()).Tell(Sum{i});
  }
  void On(Sum sum) {
    sum_ += sum.value;
    if (++seen_ < count_) return;
    finish_.Part(sum_);
    Stop();
  }

 private:
  const uint64_t count_;
  Finish& finish_;
  uint64_t seen_ = 0;
  uint64_t sum_ = 0;
};

uint64_t SpawnDie(ActorSystem& system, uint64_t count) {
  Finish finish(1);
  system.Spawn<Breeder>(count, finish).Tell(Go{});
  return finish.Wait();
}

struct Question {
  uint64_t value;
};

class Server : public Actor<Server, Question> {
 public:
  uint64_t On(Question question) { return question.value + 1; }
};

class Asker : public Actor<Asker, Go> {
 public:
  Asker(ActorRef<Server> server, uint64_t count, std::vector<uint64_t>& delays, Finish& finish)
      : server_(server), count_(count), delays_(delays), finish_(finish) {}
  Task<void> On(Go) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count_; ++i) {
      const auto start = std::chrono::steady_clock::now();
      Result<uint64_t> answer = co_await server_.Ask(Question{i});
      const auto end = std::chrono::steady_clock::now();
      delays_.push_back(static_cast<uint64_t>((end - start).count()));
      sum += answer.value();
    }
    finish_.Part(sum);
    Stop();
  }

 private:
  ActorRef<Server> server_;
  const uint64_t count_;
  std::vector<uint64_t>& delays_;
  Finish& finish_;
};

// The delay of one question that this share of them does not exceed, in ns.
int AskDelay(ActorSystem& system, uint64_t count, unsigned percentile) {
  std::vector<uint64_t> delays;
  delays.reserve(count);
  Finish finish(1);
  auto server = system.SpawnAt<Server>(0);
  system.SpawnAt<Asker>(0, server, count, delays, finish).Tell(Go{});
  const uint64_t sum = finish.Wait();
  std::sort(delays.begin(), delays.end());
  std::printf("value=%llu work=%llu\n",
              static_cast<unsigned long long>(delays[count * percentile / 100]),
              static_cast<unsigned long long>(sum));
  return 0;
}

// Questions from a thread that is no worker, back to back.
uint64_t AskExternal(ActorSystem& system, uint64_t count) {
  auto server = system.Spawn<Server>();
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) sum += BlockOn(server.Ask(Question{i})).value();
  server.Stop();
  return sum;
}

uint64_t ResidentBytes() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  ZOKIO_CHECK(file != nullptr, "no /proc");
  unsigned long pages = 0;
  ZOKIO_CHECK(std::fscanf(file, "%*u %lu", &pages) == 1, "no resident pages");
  std::fclose(file);
  return uint64_t{pages} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

class Idle : public Actor<Idle, Question> {
 public:
  uint64_t On(Question question) { return question.value; }
};

int IdleBytes(ActorSystem& system, uint64_t count) {
  std::vector<ActorRef<Idle>> idle;
  idle.resize(count);  // its pages count before
  const uint64_t before = ResidentBytes();
  for (auto& ref : idle) ref = system.Spawn<Idle>();
  // All have been begun once the last of each loop answers.
  uint64_t alive = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (i + 2 * system.loops() < count && i % 1000 != 0) {
      ++alive;
    } else {
      alive += BlockOn(idle[i].Ask(Question{1})).value();
    }
  }
  const uint64_t after = ResidentBytes();
  std::printf("value=%.1f work=%llu\n",
              static_cast<double>(after - before) / static_cast<double>(count),
              static_cast<unsigned long long>(alive));
  return 0;
}

int Main(const RepeatOptions& options) {
  auto scheduler = Scheduler::Create();
  ZOKIO_CHECK(scheduler.ok(), "no scheduler");
  ZOKIO_CHECK(scheduler.value()->workers() == static_cast<int>(options.workers),
              "the harness pins to as many cores as the peers have workers");
  ActorSystem system(*scheduler.value());
  const std::string name(options.name);
  const auto run = [&](auto&& one_case) {
    Repeat(options, [&](uint64_t count) { return one_case(count); });
    return 0;
  };
  for (const bool lockstep : {false, true}) {
    const std::string shape = lockstep ? "actor_lockstep_" : "actor_window_";
    for (const uint64_t pairs : {1, 2, 4, 8}) {
      if (name != shape + std::to_string(pairs)) continue;
      return run([&](uint64_t count) { return Pairs(system, count, pairs, kWindow, lockstep); });
    }
  }
  if (name == "actor_pingpong") {
    return run([&](uint64_t count) { return Pairs(system, count, 1, 1, false); });
  }
  if (name == "actor_count") return run([&](uint64_t count) { return FanIn(system, count, 1); });
  if (name == "actor_fanin") return run([&](uint64_t count) { return FanIn(system, count, 8); });
  if (name == "actor_fanout") return run([&](uint64_t count) { return FanOut(system, count); });
  if (name == "actor_big") return run([&](uint64_t count) { return Big(system, count); });
  if (name == "actor_chameneos") return run([&](uint64_t n) { return Chameneos(system, n); });
  if (name == "actor_ring") return run([&](uint64_t count) { return Ring(system, count); });
  if (name == "actor_skynet") return run([&](uint64_t count) { return Skynet(system, count); });
  if (name == "actor_spawn_die")
    return run([&](uint64_t count) { return SpawnDie(system, count); });
  if (name == "actor_ask") return AskDelay(system, options.count, 50);
  if (name == "actor_ask_p99") return AskDelay(system, options.count, 99);
  if (name == "actor_ask_external") {
    return run([&](uint64_t count) { return AskExternal(system, count); });
  }
  if (name == "actor_idle_bytes") return IdleBytes(system, options.count);
  std::fputs("actor_cases: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
