// What placement brings, and what it costs, on two loads; each with it off, on by the last period's
// load, and on by the forecast of the next one's, in one run:
//
//   pairs    8 pairs whose two actors were born in different loops play balls: ns a message
//   shifting 32 actors, all born in one loop; 4 of them at a time are busy, one as much as the
//   others
//            together, and others after a while: ns a message
//
//   placement_benchmark [REPETITIONS [MESSAGES]]
//
// Sums are verified. Less is better. Medians, and those of the ratios to `off` of the same
// repetition. With one core both loads show what moving costs.
#include "actor/placement.h"

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
#include "base/atomic.h"
#include "base/clock.h"
#include "base/parker.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

struct Ball {
  uint64_t value;
  uint64_t words[7];
};

struct Count {
  explicit Count(uint64_t parts) : left(parts) {}
  void Part(uint64_t part) {
    sum.fetch_add(part, memory_order_relaxed);
    if (left.fetch_sub(1, memory_order_acq_rel) == 1) parker.Unpark();
  }
  Atomic<uint64_t> left;
  Atomic<uint64_t> sum{0};
  Parker parker;
};

class Player : public Actor<Player, Ball, ActorRef<Player>> {
 public:
  Player(uint64_t total, Count& count) : total_(total), count_(count) {}
  void On(ActorRef<Player> peer) { peer_ = peer; }
  void On(Ball& ball) {
    sum_ += ball.value;
    if (++handled_ == total_) count_.Part(sum_);
    if (handled_ <= total_) Forward(peer_, ball);  // the other one has its last to come
  }

 private:
  const uint64_t total_;
  Count& count_;
  ActorRef<Player> peer_;
  uint64_t handled_ = 0;
  uint64_t sum_ = 0;
};

double Pairs(ActorSystem& system, uint64_t messages) {
  constexpr uint64_t kPairs = 8;
  const uint64_t each = messages / kPairs / 2;
  Count count(2 * kPairs);
  const Instant begin = Clock::Monotonic().Now();
  for (uint64_t i = 0; i < kPairs; ++i) {
    auto a = system.SpawnAt<Player>(0, each, count);
    auto b = system.SpawnAt<Player>(1, each, count);
    a.Tell(b);
    b.Tell(a);
    a.Tell(Ball{1, {}});
  }
  while (count.left.load(memory_order_acquire) != 0) count.parker.Park();
  const auto spent = static_cast<double>((Clock::Monotonic().Now() - begin).count());
  return count.sum.load(memory_order_relaxed) == 2 * kPairs * each
             ? spent / static_cast<double>(2 * kPairs * each)
             : -1;
}

// Gives back what it gets, so that who works is idle between two messages.
class Feeder : public Actor<Feeder, Ball, ActorRef<class Worker>> {
 public:
  void On(ActorRef<Worker> worker) { worker_ = worker; }
  void On(Ball& ball);

 private:
  ActorRef<Worker> worker_;
};

// About a microsecond of work a message.
class Worker : public Actor<Worker, Ball> {
 public:
  Worker(ActorRef<Feeder> feeder, Count& count) : feeder_(feeder), count_(count) {}
  void On(Ball& ball) {
    for (int i = 0; i < 800; ++i) ball.words[1] = ball.words[1] * 6364136223846793005u + 1;
    sum_ += 1;
    if (--ball.value != 0) return Forward(feeder_, ball);
    count_.Part(std::exchange(sum_, 0));
  }

 private:
  ActorRef<Feeder> feeder_;
  Count& count_;
  uint64_t sum_ = 0;
};

void Feeder::On(Ball& ball) { Forward(worker_, ball); }

double Shifting(ActorSystem& system, uint64_t messages) {
  constexpr uint64_t kBusy = 4;
  constexpr uint64_t kPhases = 8;
  const uint64_t part = messages / 5 / kPhases / (kBusy + 2);
  const auto share = [&](uint64_t i) { return i == 0 ? 3 * part : part; };
  std::vector<std::unique_ptr<Count>> counts;
  for (uint64_t i = 0; i < kPhases; ++i) counts.push_back(std::make_unique<Count>(kBusy));
  std::vector<std::vector<ActorRef<Worker>>> workers(kPhases);
  for (uint64_t phase = 0; phase < kPhases; ++phase) {
    for (uint64_t i = 0; i < kBusy; ++i) {
      auto feeder = system.SpawnAt<Feeder>(0);
      workers[phase].push_back(system.SpawnAt<Worker>(0, feeder, *counts[phase]));
      feeder.Tell(workers[phase].back());
    }
  }
  const Instant begin = Clock::Monotonic().Now();
  uint64_t sum = 0;
  for (uint64_t phase = 0; phase < kPhases; ++phase) {
    for (uint64_t i = 0; i < kBusy; ++i) workers[phase][i].Tell(Ball{share(i), {}});
    Count& count = *counts[phase];
    while (count.left.load(memory_order_acquire) != 0) count.parker.Park();
    sum += count.sum.load(memory_order_relaxed);
  }
  const auto spent = static_cast<double>((Clock::Monotonic().Now() - begin).count());
  const uint64_t total = kPhases * (kBusy + 2) * part;
  return sum == total ? spent / static_cast<double>(total) : -1;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

enum class Mode { kOff, kLast, kForecast };

double Run(double (*load)(ActorSystem&, uint64_t), Mode mode, uint64_t messages, uint64_t* moved) {
  SchedulerOptions scheduler_options;
  scheduler_options.workers = 2;
  auto scheduler = Scheduler::Create(std::move(scheduler_options)).value();
  ActorSystemOptions options;
  options.placement.follow_talk = mode != Mode::kOff;
  options.placement.balance = mode != Mode::kOff;
  options.placement.predict = mode == Mode::kForecast;
  ActorSystem system(*scheduler, std::move(options));
  const double ns = load(system, messages);
  if (ns < 0) {
    std::fprintf(stderr, "messages were lost\n");
    std::exit(1);
  }
  *moved += system.Stats().moved;
  return ns;
}

void Compare(const char* name, double (*load)(ActorSystem&, uint64_t), int repetitions,
             uint64_t messages) {
  constexpr std::array<const char*, 3> kNames = {"off", "on, by the last", "on, by the forecast"};
  std::array<std::vector<double>, 3> costs;
  std::array<std::vector<double>, 3> ratios;
  std::array<uint64_t, 3> moved{};
  for (int r = 0; r < repetitions; ++r) {
    for (size_t mode = 0; mode < 3; ++mode) {
      costs[mode].push_back(Run(load, static_cast<Mode>(mode), messages, &moved[mode]));
      ratios[mode].push_back(costs[mode].back() / costs[0].back());
    }
  }
  for (size_t mode = 0; mode < 3; ++mode) {
    std::printf("%-9s %-20s %.1f ns, %.2f of off; moves a run: %.1f\n", name, kNames[mode],
                Median(costs[mode]), Median(ratios[mode]),
                static_cast<double>(moved[mode]) / repetitions);
  }
}

int Main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::max(1, std::atoi(argv[1])) : 9;
  const uint64_t messages = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  Compare("pairs", &Pairs, repetitions, messages);
  Compare("shifting", &Shifting, repetitions, messages);
  return 0;
}

}  // namespace
}  // namespace zokio

int main(int argc, char** argv) { return zokio::Main(argc, argv); }
