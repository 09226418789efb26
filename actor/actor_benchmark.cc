// Messages between actors; each run verifies a sum or a count.
#include "actor/actor.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor_system.h"
#include "base/parker.h"
#include "future/local_executor.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

struct Ball {
  uint64_t words[8];
};
struct Go {};

class Pong : public Actor<Pong, Ball, ActorRef<class Ping>> {
 public:
  bool On(ActorRef<Ping> peer) {
    peer_ = peer;
    return true;
  }
  void On(const Ball& ball);

 private:
  ActorRef<Ping> peer_;
};

// Keeps `window` messages under way until `total` have come back.
class Ping : public Actor<Ping, Ball, Go> {
 public:
  Ping(ActorRef<Pong> peer, uint64_t total, uint64_t window, Parker& done, uint64_t& sum)
      : peer_(peer), total_(total), window_(window), done_(done), sum_(sum) {}
  void On(Go) {
    for (; sent_ < window_; ++sent_) peer_.Tell(Ball{{sent_}});
  }
  void On(const Ball& ball) {
    sum_ += ball.words[0];
    if (sent_ < total_) peer_.Tell(Ball{{sent_++}});
    if (++received_ == total_) done_.Unpark();
  }

 private:
  ActorRef<Pong> peer_;
  const uint64_t total_;
  const uint64_t window_;
  Parker& done_;
  uint64_t& sum_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

void Pong::On(const Ball& ball) { peer_.Tell(Ball(ball)); }

// Arguments: window; 1 for a pair in two loops.
void BM_PingPong(benchmark::State& state) {
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = Scheduler::Create(std::move(options)).value();
  ActorSystem system(*scheduler);
  constexpr uint64_t kTotal = 100'000;
  for (auto _ : state) {
    Parker done;
    uint64_t sum = 0;
    auto pong = system.SpawnAt<Pong>(0);
    auto ping = system.SpawnAt<Ping>(static_cast<uint32_t>(state.range(1)), pong, kTotal,
                                     static_cast<uint64_t>(state.range(0)), done, sum);
    if (!BlockOn(pong.Ask(ping)).ok()) state.SkipWithError("no answer");
    ping.Tell(Go{});
    done.Park();
    if (sum != kTotal * (kTotal - 1) / 2) state.SkipWithError("messages were lost");
    ping.Stop();
    pong.Stop();
  }
  state.SetItemsProcessed(static_cast<int64_t>(2 * kTotal) * state.iterations());
}
BENCHMARK(BM_PingPong)->Args({1, 0})->Args({100, 0})->Args({1, 1})->Args({100, 1})->UseRealTime();

struct Report {
  uint64_t sum;
};
struct Start {
  uint64_t first;
  uint64_t count;
};

// Skynet: a tree of ten children each, whose leaves report their number.
class Node : public Actor<Node, Start, Report> {
 public:
  explicit Node(Recipient<Report> parent) : parent_(parent) {}
  void On(Start start) {
    if (start.count == 1) {
      parent_.Tell(Report{start.first});
      return Stop();
    }
    const uint64_t each = start.count / 10;
    for (uint64_t i = 0; i < 10; ++i) {
      Spawn<Node>(self()).Tell(Start{start.first + i * each, each});
    }
    left_ = 10;
  }
  void On(Report report) {
    sum_ += report.sum;
    if (--left_ != 0) return;
    parent_.Tell(Report{sum_});
    Stop();
  }

 private:
  Recipient<Report> parent_;
  uint64_t sum_ = 0;
  int left_ = 0;
};

class Root : public Actor<Root, Report> {
 public:
  Root(Parker& done, uint64_t& sum) : done_(done), sum_(sum) {}
  void On(Report report) {
    sum_ = report.sum;
    done_.Unpark();
  }

 private:
  Parker& done_;
  uint64_t& sum_;
};

void BM_Skynet(benchmark::State& state) {
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = Scheduler::Create(std::move(options)).value();
  ActorSystem system(*scheduler);
  const auto count = static_cast<uint64_t>(state.range(0));
  for (auto _ : state) {
    Parker done;
    uint64_t sum = 0;
    auto root = system.Spawn<Root>(done, sum);
    system.Spawn<Node>(root).Tell(Start{0, count});
    done.Park();
    if (sum != count * (count - 1) / 2) state.SkipWithError("actors were lost");
    root.Stop();
  }
  state.SetItemsProcessed(static_cast<int64_t>(count) * state.iterations());
}
BENCHMARK(BM_Skynet)->Arg(10'000)->UseRealTime();

}  // namespace
}  // namespace zokio
