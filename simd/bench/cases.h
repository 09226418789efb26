// Registering a benchmark case once for each target that is of interest and for each peer.
#ifndef ZOKIO_SIMD_BENCH_CASES_H_
#define ZOKIO_SIMD_BENCH_CASES_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "base/check.h"
#include "simd/targets.h"

namespace zokio::simd::bench {

// Buffers begin on a cache line, for elsewhere every wide load touches two, and each at another
// place of its page than the one before: a load that follows a store to the same place of another
// page waits for it. Both would be measured instead of the kernel.
template <class T>
struct LineAllocator {
  static constexpr size_t kLine = 64;
  static constexpr size_t kPage = 4096;

  using value_type = T;
  LineAllocator() = default;
  template <class U>
  explicit LineAllocator(const LineAllocator<U>&) {}
  T* allocate(size_t count) {
    static size_t place = 0;
    place = (place + kPage / 2 - kLine) % kPage;
    const size_t size = (count * sizeof(T) + kPage - 1) / kPage * kPage;
    char* const base =
        static_cast<char*>(::operator new(size + 2 * kPage, std::align_val_t{kPage}));
    // The base lies in front, for deallocate().
    *reinterpret_cast<void**>(base + place + kLine - sizeof(void*)) = base;
    return reinterpret_cast<T*>(base + place + kLine);
  }
  void deallocate(T* p, size_t) {
    void* base = *(reinterpret_cast<void**>(p) - 1);
    ::operator delete(base, std::align_val_t{kPage});
  }
  bool operator==(const LineAllocator&) const { return true; }
};
template <class T>
using Vector = std::vector<T, LineAllocator<T>>;
using String = std::basic_string<char, std::char_traits<char>, LineAllocator<char>>;

// What a case processes in one call: reported as bytes or items per second.
struct Work {
  size_t bytes = 0;
  size_t items = 0;
};

// `run` does the work once and returns a number that depends on all of it; `expected` is what it
// must return, so that a case which does not do its work aborts the program.
template <class Run>
void Measure(benchmark::State& state, Work work, uint64_t expected, const Run& run) {
  uint64_t result = expected;
  for (auto _ : state) {
    result = run();
    benchmark::DoNotOptimize(result);
    benchmark::ClobberMemory();
  }
  ZOKIO_CHECK(result == expected, "the benchmark did not do its work");
  const auto total = [&](size_t one) {
    return static_cast<int64_t>(one) * static_cast<int64_t>(state.iterations());
  };
  if (work.bytes > 0) state.SetBytesProcessed(total(work.bytes));
  if (work.items > 0) state.SetItemsProcessed(total(work.items));
}

// "case/ours" on the best target, and "case/TARGET" forced for the others worth a figure.
template <class Run>
void Ours(const std::string& name, Work work, uint64_t expected, const Run& run) {
  const TargetInfo info = Targets();
  for (const Target target : info.supported) {
    if (target != info.supported.front() && target != Target::kAvx2) continue;
    const char* const label = target == info.supported.front() ? "ours" : TargetName(target);
    benchmark::RegisterBenchmark((name + "/" + label).c_str(), [=](benchmark::State& state) {
      ZOKIO_CHECK(ForceTarget(target), "target");
      Measure(state, work, expected, run);
      ResetTarget();
      state.SetLabel(TargetName(target));
    });
  }
}

// "case/PEER".
template <class Run>
void Peer(const std::string& name, const char* peer, Work work, uint64_t expected, const Run& run) {
  benchmark::RegisterBenchmark((name + "/" + peer).c_str(), [=](benchmark::State& state) {
    Measure(state, work, expected, run);
  });
}

// A peer that is not installed.
inline void Missing(const std::string& name, const char* peer, const char* package) {
  benchmark::RegisterBenchmark((name + "/" + peer).c_str(), [=](benchmark::State& state) {
    state.SkipWithError((std::string("not installed: ") + package).c_str());
  });
}

}  // namespace zokio::simd::bench

#endif  // ZOKIO_SIMD_BENCH_CASES_H_
