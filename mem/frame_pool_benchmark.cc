// The frame pool beside malloc: a block at once, batches, and a coroutine's whole life.

#include "mem/frame_pool.h"

#include <benchmark/benchmark.h>

#include <coroutine>
#include <cstdlib>
#include <vector>

namespace zokio {
namespace {

struct Pooled {
  static void* Allocate(size_t size) { return FramePool::Allocate(size); }
  static void Free(void* block, size_t size) { FramePool::Free(block, size); }
};
struct Malloc {
  static void* Allocate(size_t size) { return std::malloc(size); }
  static void Free(void* block, size_t) { std::free(block); }
};

template <typename Source>
void BM_AtOnce(benchmark::State& state) {
  const size_t size = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    void* block = Source::Allocate(size);
    benchmark::DoNotOptimize(*static_cast<char*>(block) = 1);
    Source::Free(block, size);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AtOnce<Pooled>)->Arg(64)->Arg(320)->Arg(2000);
BENCHMARK(BM_AtOnce<Malloc>)->Arg(64)->Arg(320)->Arg(2000);

template <typename Source>
void BM_Batch(benchmark::State& state) {
  std::vector<void*> blocks(static_cast<size_t>(state.range(0)));
  uint64_t sum = 0;
  for (auto _ : state) {
    for (void*& block : blocks) {
      block = Source::Allocate(256);
      *static_cast<char*>(block) = 1;
    }
    for (void* block : blocks) {
      sum += static_cast<uint64_t>(*static_cast<char*>(block));
      Source::Free(block, 256);
    }
  }
  if (sum != state.iterations() * blocks.size()) state.SkipWithError("blocks lost their bytes");
  state.SetItemsProcessed(static_cast<int64_t>(sum));
}
BENCHMARK(BM_Batch<Pooled>)->Arg(500)->Arg(100'000);
BENCHMARK(BM_Batch<Malloc>)->Arg(500)->Arg(100'000);

template <typename Source>
struct Coroutine {
  struct promise_type {
    static void* operator new(size_t size) { return Source::Allocate(size); }
    static void operator delete(void* frame, size_t size) { Source::Free(frame, size); }
    Coroutine get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

template <typename Source>
[[gnu::noinline]] Coroutine<Source> AddOne(int64_t* sum) {
  co_await std::suspend_always();
  ++*sum;
}

// Create, run, destroy.
template <typename Source>
void BM_CoroutineLife(benchmark::State& state) {
  int64_t sum = 0;
  for (auto _ : state) {
    Coroutine<Source> task = AddOne<Source>(&sum);
    task.handle.resume();
    task.handle.resume();
    task.handle.destroy();
  }
  if (sum != static_cast<int64_t>(state.iterations())) state.SkipWithError("a body did not run");
}
BENCHMARK(BM_CoroutineLife<Pooled>);
BENCHMARK(BM_CoroutineLife<Malloc>);

}  // namespace
}  // namespace zokio
