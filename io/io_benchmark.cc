// Echoes over loopback through one loop on one thread, on each backend: client and server in turns,
// polled by hand. The bytes that came back are counted.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "future/local_executor.h"
#include "future/task.h"
#include "future/testing.h"
#include "io/create_loop.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio::io {
namespace {

constexpr int kTrips = 100;

Task<int64_t> EchoTrips(size_t bytes) {
  auto listener = co_await TcpListener::Bind("127.0.0.1:0");
  auto client = co_await TcpStream::Connect(*listener->local_address());
  auto server = co_await listener->Accept();
  int64_t total = 0;
  for (int i = 0; i < kTrips; ++i) {
    (void)co_await client->WriteAll(std::string(bytes, 'x'));
    for (size_t got = 0; got < bytes;) {
      auto chunk = co_await server->Read();
      got += chunk->size();
      (void)co_await server->WriteAll(*std::move(chunk));
    }
    for (size_t got = 0; got < bytes;) {
      auto chunk = co_await client->Read();
      got += chunk->size();
      total += static_cast<int64_t>(chunk->size());
    }
  }
  co_return total;
}

void Echo(benchmark::State& state) {
  LoopOptions options;
  options.backend = state.range(0) == 0 ? BackendChoice::kUring : BackendChoice::kEpoll;
  auto bytes = static_cast<size_t>(state.range(1));
  Result<LoopPtr> loop = CreateLoop(options);
  if (!loop.ok()) {
    state.SkipWithError(loop.error().ToString().c_str());
    return;
  }
  state.SetLabel(BackendName((*loop)->report().kind));
  (*loop)->Attach();
  for (auto _ : state) {
    testing::ManualContext manual;
    auto trips = EchoTrips(bytes).IntoFuture();
    while (true) {
      manual.environment.budget = kPollBudget;
      Poll<int64_t> poll = trips.poll(manual.context);
      if (poll.ready()) {
        if (poll.value() != static_cast<int64_t>(bytes) * kTrips) {
          state.SkipWithError("bytes were lost");
        }
        break;
      }
      int wakes = manual.counter.wakes();
      while (manual.counter.wakes() == wakes && (*loop)->Poll() == 0) {
      }
    }
  }
  (*loop)->Detach();
  state.SetItemsProcessed(state.iterations() * kTrips);
}
BENCHMARK(Echo)->ArgsProduct({{0, 1}, {64, 4096}});

}  // namespace
}  // namespace zokio::io
