// Batches of fixed sizes and the one that adapts, on three loads, in one run:
//
//   flood    one actor tells another, of the other loop, as fast as it can: ns a message
//   lockstep two actors of two loops send each other batches of 100: ns a message
//   mixed    a worker with messages of about 0.5 µs each beside an actor that is pinged: mean µs
//            from 100 pings to their answers, which a large batch makes wait
//
//   batch_benchmark [REPETITIONS [MESSAGES]]
//
// All of it is CPU time of the process, so that who else uses the machine matters less; in `mixed`
// one thread has all the work, so that is the time that a ping waits. Each repetition runs every
// size, and the adaptive one between each two of them: what is compared is the median of the ratios
// of neighbours. Prints, for each fixed size, its median and the adaptive one's in parts of it; the
// largest of those is what the adaptive one takes of the best. Last the adaptive one beside itself.
// Sums are verified. Less is better.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/batch_options.h"
#include "base/atomic.h"
#include "base/parker.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

struct Ball {
  uint64_t words[8];
};
struct Go {};

class Sink : public Actor<Sink, Ball> {
 public:
  Sink(uint64_t total, Parker& done, uint64_t& sum) : total_(total), done_(done), sum_(sum) {}
  void On(const Ball& ball) {
    sum_ += ball.words[0];
    if (++received_ == total_) done_.Unpark();
  }

 private:
  const uint64_t total_;
  Parker& done_;
  uint64_t& sum_;
  uint64_t received_ = 0;
};

// Tells a share at a time, so that its loop has its turns.
class Source : public Actor<Source, Go> {
 public:
  Source(ActorRef<Sink> sink, uint64_t total) : sink_(sink), total_(total) {}
  void On(Go) {
    const uint64_t end = std::min(total_, sent_ + 2000);
    for (; sent_ < end; ++sent_) sink_.Tell(Ball{{sent_}});
    if (sent_ < total_) self().Tell(Go{});
  }

 private:
  ActorRef<Sink> sink_;
  const uint64_t total_;
  uint64_t sent_ = 0;
};

class Echo : public Actor<Echo, Ball, ActorRef<class Player>> {
 public:
  void On(ActorRef<Player> to) { to_ = to; }
  void On(Ball& ball);

 private:
  ActorRef<Player> to_;
};

class Player : public Actor<Player, Ball, Go> {
 public:
  Player(ActorRef<Echo> echo, uint64_t total, Parker& done, uint64_t& sum)
      : echo_(echo), total_(total), done_(done), sum_(sum) {}
  void On(Go) {
    for (uint64_t i = 0; i < 100; ++i) echo_.Tell(Ball{{sent_++}});
  }
  void On(const Ball& ball) {
    sum_ += ball.words[0];
    if (++received_ == total_) return (void)done_.Unpark();
    if (received_ == sent_) On(Go{});
  }

 private:
  ActorRef<Echo> echo_;
  const uint64_t total_;
  Parker& done_;
  uint64_t& sum_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

void Echo::On(Ball& ball) { Forward(to_, ball); }

// Each message takes half a microsecond, and there is always more.
class Grinder : public Actor<Grinder, Ball> {
 public:
  explicit Grinder(Atomic<bool>& stop) : stop_(stop) {}
  void On(Ball& ball) {
    for (int i = 0; i < 1500; ++i) ball.words[1] = ball.words[1] * 6364136223846793005u + 1;
    if (!stop_.load(memory_order_relaxed)) Forward(self(), ball);
  }

 private:
  Atomic<bool>& stop_;
};

struct Load {
  const char* name;
  double (*run)(const BatchOptions& batch, uint64_t messages);
};

std::unique_ptr<Scheduler> TwoWorkers() {
  SchedulerOptions options;
  options.workers = 2;
  return Scheduler::Create(std::move(options)).value();
}

ActorSystemOptions With(const BatchOptions& batch) {
  ActorSystemOptions options;
  options.batch = batch;
  return options;
}

// What the process has used up.
int64_t CpuNs() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

double NsPerMessage(int64_t begin, uint64_t messages, uint64_t sum, uint64_t values) {
  const auto spent = static_cast<double>(CpuNs() - begin);
  if (sum != values * (values - 1) / 2) {
    std::fprintf(stderr, "messages were lost\n");
    std::exit(1);
  }
  return spent / static_cast<double>(messages);
}

double Flood(const BatchOptions& batch, uint64_t messages) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler, With(batch));
  Parker done;
  uint64_t sum = 0;
  auto sink = system.SpawnAt<Sink>(1, messages, done, sum);
  const int64_t begin = CpuNs();
  system.SpawnAt<Source>(0, sink, messages).Tell(Go{});
  done.Park();
  return NsPerMessage(begin, messages, sum, messages);
}

double Lockstep(const BatchOptions& batch, uint64_t messages) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler, With(batch));
  Parker done;
  uint64_t sum = 0;
  const uint64_t total = messages / 200 * 100;
  auto echo = system.SpawnAt<Echo>(1);
  auto player = system.SpawnAt<Player>(0, echo, total, done, sum);
  echo.Tell(player);
  const int64_t begin = CpuNs();
  player.Tell(Go{});
  done.Park();
  return NsPerMessage(begin, 2 * total, sum, total);
}

double Mixed(const BatchOptions& batch, uint64_t messages) {
  auto scheduler = TwoWorkers();
  ActorSystem system(*scheduler, With(batch));
  Atomic<bool> stop{false};
  Parker done;
  uint64_t sum = 0;
  auto grinder = system.SpawnAt<Grinder>(0, stop);
  for (int i = 0; i < 2000; ++i) grinder.Tell(Ball{});
  const uint64_t pings = messages / 1000 * 100;
  auto echo = system.SpawnAt<Echo>(0);
  auto player = system.SpawnAt<Player>(0, echo, pings, done, sum);
  echo.Tell(player);
  const int64_t begin = CpuNs();
  player.Tell(Go{});
  done.Park();
  const double us = NsPerMessage(begin, pings / 100, sum, pings) / 1000;
  stop.store(true, memory_order_relaxed);
  return us;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Compare(const Load& load, int repetitions, uint64_t messages) {
  constexpr std::array<uint32_t, 7> kSizes = {16, 32, 64, 128, 256, 512, 1024};
  // The last is the adaptive one, beside itself.
  std::array<std::vector<double>, kSizes.size() + 1> costs;
  std::array<std::vector<double>, kSizes.size() + 1> ratios;
  for (int r = 0; r < repetitions; ++r) {
    double before = load.run(BatchOptions(), messages);
    for (size_t i = 0; i <= kSizes.size(); ++i) {
      const BatchOptions batch =
          i < kSizes.size() ? BatchOptions(kSizes[i], kSizes[i]) : BatchOptions();
      const double cost = load.run(batch, messages);
      const double after = load.run(BatchOptions(), messages);
      costs[i].push_back(cost);
      ratios[i].push_back((before + after) / 2 / cost);
      before = after;
    }
  }
  std::printf("%-12s", load.name);
  double worst = 0;
  for (size_t i = 0; i < kSizes.size(); ++i) {
    const double ratio = Median(ratios[i]);
    worst = std::max(worst, ratio);
    std::printf(" %u: %.2f (%.2f)", kSizes[i], Median(costs[i]), ratio);
  }
  std::printf(" adaptive: %.2f, %.3f of the best; beside itself %.3f\n", Median(costs.back()),
              worst, Median(ratios.back()));
}

int Main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::max(1, std::atoi(argv[1])) : 9;
  const uint64_t messages = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  constexpr std::array<Load, 3> kLoads = {
      {{"flood ns", &Flood}, {"lockstep ns", &Lockstep}, {"mixed us", &Mixed}}};
  for (const Load& load : kLoads) Compare(load, repetitions, messages);
  return 0;
}

}  // namespace
}  // namespace zokio

int main(int argc, char** argv) { return zokio::Main(argc, argv); }
