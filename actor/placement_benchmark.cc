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
// repetition. Besides the time that passes, which says little on a machine that others use as well:
// CPU time of the process, that is what moving and sending elsewhere cost, and the part of the work
// that the busier of the two loops has, counted: one half is the best.
#include "actor/placement.h"

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

struct Cost {
  double ns = 0;      // that passed, a message; negative: messages were lost
  double cpu_ns = 0;  // of the process, a message
  double busier = 0;  // the part of the messages that the busier loop handled
};

// What the process has used up.
double CpuNs() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Messages handled in each loop, counted there.
struct alignas(64) LoopCount {
  Atomic<uint64_t> handled{0};
};
LoopCount loop_counts[2];

void CountHere() {
  Atomic<uint64_t>& handled = loop_counts[internal::ActorLoop::Current()->index()].handled;
  handled.store(handled.load(memory_order_relaxed) + 1, memory_order_relaxed);
}

class Player : public Actor<Player, Ball, ActorRef<Player>> {
 public:
  Player(uint64_t total, Count& count) : total_(total), count_(count) {}
  void On(ActorRef<Player> peer) { peer_ = peer; }
  void On(Ball& ball) {
    CountHere();
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
    CountHere();
    for (int i = 0; i < 800; ++i) {
      ball.words[1] = ball.words[1] * 6364136223846793005u + 1;
      asm volatile("" : "+r"(ball.words[1]));  // else compilers take several steps at once
    }
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

Cost Run(double (*load)(ActorSystem&, uint64_t), Mode mode, uint64_t messages, uint64_t* moved) {
  SchedulerOptions scheduler_options;
  scheduler_options.workers = 2;
  auto scheduler = Scheduler::Create(std::move(scheduler_options)).value();
  ActorSystemOptions options;
  options.placement.follow_talk = mode != Mode::kOff;
  options.placement.balance = mode != Mode::kOff;
  options.placement.predict = mode == Mode::kForecast;
  ActorSystem system(*scheduler, std::move(options));
  for (LoopCount& count : loop_counts) count.handled.store(0, memory_order_relaxed);
  const double cpu_begin = CpuNs();
  Cost cost;
  cost.ns = load(system, messages);
  if (cost.ns < 0) {
    std::fprintf(stderr, "messages were lost\n");
    std::exit(1);
  }
  const auto one = static_cast<double>(loop_counts[0].handled.load(memory_order_relaxed));
  const auto other = static_cast<double>(loop_counts[1].handled.load(memory_order_relaxed));
  cost.cpu_ns = (CpuNs() - cpu_begin) / (one + other);
  cost.busier = std::max(one, other) / (one + other);
  *moved += system.Stats().moved;
  return cost;
}

void Compare(const char* name, double (*load)(ActorSystem&, uint64_t), int repetitions,
             uint64_t messages) {
  constexpr std::array<const char*, 3> kNames = {"off", "on, by the last", "on, by the forecast"};
  std::array<std::vector<Cost>, 3> costs;
  std::array<uint64_t, 3> moved{};
  for (int r = 0; r < repetitions; ++r) {
    for (size_t mode = 0; mode < 3; ++mode) {
      costs[mode].push_back(Run(load, static_cast<Mode>(mode), messages, &moved[mode]));
    }
  }
  for (size_t mode = 0; mode < 3; ++mode) {
    const auto median_of = [&](auto&& value) {
      std::vector<double> values;
      for (size_t r = 0; r < costs[mode].size(); ++r) {
        values.push_back(value(costs[mode][r], costs[0][r]));
      }
      return Median(std::move(values));
    };
    const double ns = median_of([](const Cost& cost, const Cost&) { return cost.ns; });
    const double of_off =
        median_of([](const Cost& cost, const Cost& off) { return cost.ns / off.ns; });
    const double cpu = median_of([](const Cost& cost, const Cost&) { return cost.cpu_ns; });
    const double cpu_of_off =
        median_of([](const Cost& cost, const Cost& off) { return cost.cpu_ns / off.cpu_ns; });
    const double busier = median_of([](const Cost& cost, const Cost&) { return cost.busier; });
    std::printf(
        "%-9s %-20s %.0f ns (%.2f of off), CPU %.0f ns (%.2f), busier loop %.2f, "
        "moves a run %.1f\n",
        name, kNames[mode], ns, of_off, cpu, cpu_of_off, busier,
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
