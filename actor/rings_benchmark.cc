// Rings between two threads, 64-byte elements; the sum proves that all arrived.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <thread>

#include "actor/mpmc_ring.h"
#include "actor/mpsc_ring.h"
#include "actor/spsc_ring.h"
#include "base/thread.h"

namespace zokio {
namespace {

struct Element {
  uint64_t words[8];
};

template <template <typename> class Ring>
void BM_Ring(benchmark::State& state) {
  const auto batch = static_cast<size_t>(state.range(0));
  constexpr uint64_t kEach = 1 << 18;
  for (auto _ : state) {
    Ring<Element> ring(1024);
    Thread producer = Thread::Start("producer", [&] {
                        for (uint64_t sent = 0; sent < kEach;) {
                          const size_t n = ring.TryPushBatch(
                              std::min<uint64_t>(batch, kEach - sent),
                              [&](size_t i) { return Element{{sent + i, 0, 0, 0, 0, 0, 0, 0}}; });
                          sent += n;
                          if (n == 0) std::this_thread::yield();
                        }
                      }).value();
    uint64_t sum = 0;
    for (uint64_t got = 0; got < kEach;) {
      const size_t n = ring.Drain(batch, [&](Element&& element) { sum += element.words[0]; });
      got += n;
      if (n == 0) std::this_thread::yield();
    }
    if (sum != kEach * (kEach - 1) / 2) state.SkipWithError("elements were lost");
  }
  state.SetItemsProcessed(static_cast<int64_t>(kEach) * state.iterations());
}
BENCHMARK_TEMPLATE(BM_Ring, SpscRing)->Arg(1)->Arg(16)->Arg(256)->UseRealTime();
BENCHMARK_TEMPLATE(BM_Ring, MpscRing)->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK_TEMPLATE(BM_Ring, MpmcRing)->Arg(1)->Arg(16)->UseRealTime();

}  // namespace
}  // namespace zokio
