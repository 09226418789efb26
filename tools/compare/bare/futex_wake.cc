// The limit of park_wake and immediate_p99: threads that sleep on a futex, and nothing else.
//
//   futex_wake CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/atomic.h"
#include "base/parker.h"
#include "tools/compare/load/latency.h"
#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

uint64_t ParkWake(uint64_t count) {
  Parker there;
  Parker back;
  uint64_t done = 0;
  std::thread other([&] {
    for (; done < count; ++done) {
      there.Park();
      back.Unpark();
    }
  });
  for (uint64_t i = 0; i < count; ++i) {
    there.Unpark();
    back.Park();
  }
  other.join();
  return done;
}

// As many busy threads as workers, and one that is woken.
int ImmediateP99(uint64_t count, unsigned workers) {
  Atomic<bool> stop{false};
  std::vector<std::thread> busy;
  busy.reserve(workers);
  for (unsigned i = 0; i < workers; ++i) {
    busy.emplace_back([&] {
      while (!stop.load(memory_order_relaxed)) WorkFor(kBackgroundPollUs);
    });
  }
  using Clock = std::chrono::steady_clock;
  Parker wake;
  Parker* done = nullptr;
  int64_t* delay_ns = nullptr;
  Clock::time_point start;
  std::thread woken([&] {
    for (uint64_t i = 0; i < count; ++i) {
      wake.Park();
      *delay_ns = std::chrono::nanoseconds(Clock::now() - start).count();
      done->Unpark();
    }
  });
  const double p99 = P99DelayUs(count, [&](int64_t* delay, Parker* answered) {
    delay_ns = delay;
    done = answered;
    start = Clock::now();
    wake.Unpark();
  });
  woken.join();
  stop.store(true);
  for (std::thread& thread : busy) thread.join();
  std::printf("value=%.2f work=%llu\n", p99, static_cast<unsigned long long>(count));
  return 0;
}

int Main(const RepeatOptions& options) {
  if (options.name == "immediate_p99") return ImmediateP99(options.count, options.workers);
  if (options.name != "park_wake") return 2;
  Repeat(options, [](uint64_t count) { return ParkWake(count); });
  return 0;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
