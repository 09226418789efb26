// A stack from the pool beside one mapped, guarded and unmapped each time.

#include "mem/stack_pool.h"

#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <vector>

namespace zokio {
namespace {

constexpr size_t kSize = 64 << 10;

std::unique_ptr<StackPool> Pool(uint32_t stacks_max) {
  Result<std::unique_ptr<StackPool>> pool =
      StackPool::Create({.stack_size = kSize, .stacks_max = stacks_max});
  ZOKIO_CHECK(pool.ok(), "no pool");
  return *std::move(pool);
}

void BM_GetPut(benchmark::State& state) {
  auto pool = Pool(1000);
  StackCache cache(*pool);
  for (auto _ : state) {
    StackSpan stack = cache.Get();
    benchmark::DoNotOptimize(stack.end()[-8] = 1);
    cache.Put(stack);
  }
}
BENCHMARK(BM_GetPut);

// Without a cache: a lock each time.
void BM_GetPutShared(benchmark::State& state) {
  auto pool = Pool(1000);
  for (auto _ : state) {
    StackSpan stack = pool->Get();
    benchmark::DoNotOptimize(stack.end()[-8] = 1);
    pool->Put(stack);
  }
}
BENCHMARK(BM_GetPutShared);

void BM_MapGuardUnmap(benchmark::State& state) {
  for (auto _ : state) {
    void* mapping = mmap(nullptr, kSize + 4096, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping, 4096, PROT_NONE) != 0) {
      state.SkipWithError("no mapping");
      break;
    }
    benchmark::DoNotOptimize(static_cast<char*>(mapping)[kSize + 4096 - 8] = 1);
    munmap(mapping, kSize + 4096);
  }
}
BENCHMARK(BM_MapGuardUnmap);

// Per stack: guards and first touches of many that are held at once.
void BM_HoldMany(benchmark::State& state) {
  const size_t count = static_cast<size_t>(state.range(0));
  std::vector<StackSpan> stacks(count);
  for (auto _ : state) {
    auto pool = Pool(static_cast<uint32_t>(count));
    StackCache cache(*pool);
    for (StackSpan& stack : stacks) {
      stack = cache.Get();
      stack.end()[-8] = 1;
    }
    for (StackSpan stack : stacks) cache.Put(stack);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * count));
}
BENCHMARK(BM_HoldMany)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zokio
