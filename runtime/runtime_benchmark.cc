// What a turn, a spawn, a switch between workers and a loopback round trip cost in a whole runtime.
// Each benchmark counts its work on the far side and fails when the count is off.
#include "runtime/runtime.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "base/atomic.h"
#include "future/task_scope.h"
#include "future/yield.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio {
namespace {

constexpr int kTasks = 10'000;

void SpawnAndJoin(benchmark::State& state) {
  Runtime runtime({.workers = static_cast<int>(state.range(0))});
  for (auto _ : state) {
    int64_t sum = runtime.BlockOn([&runtime]() -> Task<int64_t> {
      std::vector<JoinHandle<int>> handles;
      handles.reserve(kTasks);
      auto one = [](int value) -> Task<int> { co_return value; };
      for (int i = 0; i < kTasks; ++i) handles.push_back(runtime.Spawn(one(i)));
      int64_t total = 0;
      for (auto& handle : handles) total += *co_await handle;
      co_return total;
    });
    if (sum != int64_t{kTasks} * (kTasks - 1) / 2) state.SkipWithError("a task was lost");
  }
  state.SetItemsProcessed(state.iterations() * kTasks);
}
BENCHMARK(SpawnAndJoin)->Arg(1)->Arg(2)->UseRealTime();

void Yields(benchmark::State& state) {
  Runtime runtime({.workers = 1});
  for (auto _ : state) {
    int count = runtime.BlockOn([]() -> Task<int> {
      int done = 0;
      for (; done < kTasks; ++done) co_await Yield();
      co_return done;
    });
    if (count != kTasks) state.SkipWithError("a yield was lost");
  }
  state.SetItemsProcessed(state.iterations() * kTasks);
}
BENCHMARK(Yields)->UseRealTime();

// One connection inside one runtime: a write, a read on the far side, and back.
void LoopbackRoundTrip(benchmark::State& state) {
  constexpr int kTrips = 200;
  RuntimeOptions options;
  options.workers = 1;
  options.io.backend = state.range(0) == 0 ? io::BackendChoice::kUring : io::BackendChoice::kEpoll;
  state.SetLabel(state.range(0) == 0 ? "io_uring" : "epoll");
  Result<std::unique_ptr<Runtime>> runtime = Runtime::Create(options);
  if (!runtime.ok()) {
    state.SkipWithError(runtime.error().ToString().c_str());
    return;
  }
  for (auto _ : state) {
    int64_t bytes = (*runtime)->BlockOn([]() -> Task<int64_t> {
      auto listener = co_await TcpListener::Bind("127.0.0.1:0");
      auto client = co_await TcpStream::Connect(*listener->local_address());
      auto server = co_await listener->Accept();
      int64_t total = 0;
      for (int i = 0; i < kTrips; ++i) {
        (void)co_await client->WriteAll(std::string(64, 'x'));
        auto there = co_await server->Read();
        (void)co_await server->WriteAll(*std::move(there));
        auto back = co_await client->Read();
        total += static_cast<int64_t>(back->size());
      }
      co_return total;
    });
    if (bytes != 64 * kTrips) state.SkipWithError("bytes were lost");
  }
  state.SetItemsProcessed(state.iterations() * kTrips);
}
BENCHMARK(LoopbackRoundTrip)->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace zokio
