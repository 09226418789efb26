// What the seams cost: a result, a check, an unpark nobody waits for, a clock reading, the fence's
// fast side. Each loop folds what it got into a checksum that is verified.
#include <benchmark/benchmark.h>

#include "base/asymmetric_fence.h"
#include "base/clock.h"
#include "base/parker.h"
#include "base/random.h"
#include "base/result.h"

namespace zokio {
namespace {

[[gnu::noinline]] Result<int> MaybeFail(uint64_t draw) {
  if (draw % 4 == 0) return Error(ErrorCode::kClosed, "benchmark");
  return static_cast<int>(draw % 4);
}

void ResultReturn(benchmark::State& state) {
  Random random(1);
  int64_t failed = 0;
  int64_t total = 0;
  for (auto _ : state) {
    Result<int> result = MaybeFail(random.Next());
    if (result.ok()) {
      total += *result;
    } else {
      ++failed;
    }
  }
  if (total < state.iterations() - failed) state.SkipWithError("a value was lost");
}
BENCHMARK(ResultReturn);

void ParkWithToken(benchmark::State& state) {
  Parker parker;
  int64_t woken = 0;
  for (auto _ : state) {
    parker.Unpark();
    woken += parker.ParkUntil(kNever);
  }
  if (woken != state.iterations()) state.SkipWithError("a token was lost");
}
BENCHMARK(ParkWithToken);

void ClockNow(benchmark::State& state) {
  Instant last{};
  for (auto _ : state) {
    Instant now = Clock::Monotonic().Now();
    if (now < last) state.SkipWithError("time went back");
    last = now;
  }
}
BENCHMARK(ClockNow);

void FenceFastSide(benchmark::State& state) {
  AsymmetricFence::Prepare();
  int64_t count = 0;
  for (auto _ : state) {
    ++count;
    AsymmetricFence::FastSide();
  }
  if (count != state.iterations()) state.SkipWithError("the loop did not run");
}
BENCHMARK(FenceFastSide);

}  // namespace
}  // namespace zokio
