// What a loop costs by itself: an empty turn, a wake-up, how late a wait ends, an echo between two
// streams of one loop.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "benchmark/benchmark.h"
#include "future/testing.h"
#include "io/create_loop.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio::io {
namespace {

using zokio::testing::ManualContext;

LoopPtr MakeLoop(benchmark::State& state) {
  LoopOptions options;
  options.backend = state.range(0) == 0 ? BackendChoice::kUring : BackendChoice::kEpoll;
  Result<LoopPtr> loop = CreateLoop(options);
  if (!loop.ok()) {
    state.SkipWithError(loop.error().ToString().c_str());
    return nullptr;
  }
  (*loop)->Attach();
  return *std::move(loop);
}

// Polls when woken, turns the loop otherwise.
template <Future F>
OutputOf<F> Await(Loop& loop, F future) {
  ManualContext manual;
  while (true) {
    const int seen = manual.counter.wakes();
    manual.environment.budget = kPollBudget;
    auto poll = future.poll(manual.context);
    if (poll.ready()) return std::move(poll).value();
    while (manual.counter.wakes() == seen) loop.Park(kNever);
  }
}

struct Pair {
  explicit Pair(Loop& loop) {
    Result<TcpListener> listener = Await(loop, TcpListener::Bind("127.0.0.1:0"));
    ZOKIO_CHECK(listener.ok(), "bind");
    Result<TcpStream> connected = Await(loop, TcpStream::Connect(*listener->local_address()));
    ZOKIO_CHECK(connected.ok(), "connect");
    client = *std::move(connected);
    server = *Await(loop, listener->Accept());
  }
  TcpStream client;
  TcpStream server;
};

void BM_EmptyTurn(benchmark::State& state) {
  const LoopPtr loop = MakeLoop(state);
  if (loop == nullptr) return;
  loop->Poll();
  for (auto _ : state) benchmark::DoNotOptimize(loop->Poll());
  loop->Detach();
}
BENCHMARK(BM_EmptyTurn)->ArgName("epoll")->Arg(0)->Arg(1);

void BM_UnparkThenPark(benchmark::State& state) {
  const LoopPtr loop = MakeLoop(state);
  if (loop == nullptr) return;
  for (auto _ : state) {
    loop->Unpark();
    loop->Park(kNever);
  }
  loop->Detach();
}
BENCHMARK(BM_UnparkThenPark)->ArgName("epoll")->Arg(0)->Arg(1);

// How late a wait for a deadline so far away ends.
void BM_ParkUntil(benchmark::State& state) {
  const LoopPtr loop = MakeLoop(state);
  if (loop == nullptr) return;
  std::vector<int64_t> late_ns;
  for (auto _ : state) {
    const Instant deadline = Clock::Monotonic().Now() + std::chrono::microseconds(state.range(1));
    Instant now;
    do {
      loop->Park(deadline);
      now = Clock::Monotonic().Now();
    } while (now < deadline);
    late_ns.push_back((now - deadline).count());
  }
  std::sort(late_ns.begin(), late_ns.end());
  state.counters["late_p50_ns"] = static_cast<double>(late_ns[late_ns.size() / 2]);
  state.counters["late_p99_ns"] = static_cast<double>(late_ns[late_ns.size() * 99 / 100]);
  loop->Detach();
}
BENCHMARK(BM_ParkUntil)->ArgNames({"epoll", "us"})->ArgsProduct({{0, 1}, {50, 1000}});

// Both ends on one loop: four system calls' worth of kernel, and what the loop adds.
void BM_Echo(benchmark::State& state) {
  const LoopPtr loop = MakeLoop(state);
  if (loop == nullptr) return;
  {
    Pair pair(*loop);
    const std::string message(static_cast<size_t>(state.range(1)), 'm');
    size_t echoed = 0;
    for (auto _ : state) {
      ZOKIO_CHECK(Await(*loop, pair.client.WriteAll(message)).ok(), "write");
      for (size_t left = message.size(); left > 0;) {
        Result<Lease> chunk = Await(*loop, pair.server.Read());
        ZOKIO_CHECK(chunk.ok() && !chunk->empty(), "read");
        left -= chunk->size();
        ZOKIO_CHECK(Await(*loop, pair.server.WriteAll(*std::move(chunk))).ok(), "echo");
      }
      for (size_t left = message.size(); left > 0;) {
        Result<Lease> chunk = Await(*loop, pair.client.Read());
        ZOKIO_CHECK(chunk.ok() && !chunk->empty(), "read");
        ZOKIO_CHECK(chunk->data()[0] == 'm', "what came back is what was sent");
        left -= chunk->size();
        echoed += chunk->size();
      }
    }
    ZOKIO_CHECK(echoed == message.size() * static_cast<size_t>(state.iterations()), "all echoed");
    state.SetBytesProcessed(static_cast<int64_t>(echoed));
  }
  loop->Detach();
}
BENCHMARK(BM_Echo)->ArgNames({"epoll", "bytes"})->ArgsProduct({{0, 1}, {64, 4096}});

}  // namespace
}  // namespace zokio::io
