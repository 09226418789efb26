// What copying costs: from one stream to another, from a file to a stream. Both peers are on the
// same thread, so that their part is in all figures; the bytes that came are counted.
#include "io/stream_copy.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "future/testing.h"
#include "io/create_loop.h"
#include "io/file/file.h"
#include "io/internal/socket_calls.h"
#include "io/stream_copier.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio::io {
namespace {

constexpr size_t kPart = 256 << 10;

LoopPtr MakeLoop(benchmark::State& state, BackendChoice choice) {
  LoopOptions options;
  options.backend = choice;
  Result<LoopPtr> loop = CreateLoop(options);
  if (!loop.ok()) {
    state.SkipWithError(loop.error().ToString().c_str());
    return nullptr;
  }
  (*loop)->Attach();
  return *std::move(loop);
}

template <Future F>
OutputOf<F> Await(Loop& loop, F future) {
  zokio::testing::ManualContext manual;
  while (true) {
    manual.environment.budget = kPollBudget;
    auto poll = future.poll(manual.context);
    if (poll.ready()) return std::move(poll).value();
    loop.Park(Clock::Monotonic().Now() + std::chrono::milliseconds(1));
  }
}

// A stream of the loop, and its other end as a plain socket.
struct Pair {
  explicit Pair(Loop& loop) {
    Result<TcpListener> listener = Await(loop, TcpListener::Bind("127.0.0.1:0"));
    ZOKIO_CHECK(listener.ok(), "bind");
    peer = OpenTcp(SocketAddress::Family::kIpv4);
    ZOKIO_CHECK(TryConnect(peer, *listener->local_address()) == 0, "connect");
    stream = *Await(loop, listener->Accept());
  }
  ~Pair() { CloseSocket(peer); }
  TcpStream stream;
  NativeHandle peer = kNoHandle;
};

Task<> Keep(Task<Result<uint64_t>> task, Result<uint64_t>* result) {
  *result = co_await std::move(task);
}

// Takes what came; how many bytes.
size_t Drain(NativeHandle peer, std::vector<uint8_t>& buffer) {
  size_t total = 0;
  int32_t count;
  while ((count = TryReceive(peer, buffer.data(), buffer.size())) > 0) {
    total += static_cast<size_t>(count);
  }
  return total;
}

// By splice, or through buffers.
void BM_CopyBulk(benchmark::State& state) {
  const LoopPtr loop =
      MakeLoop(state, state.range(0) == 0 ? BackendChoice::kUring : BackendChoice::kEpoll);
  if (loop == nullptr) return;
  {
    Pair from(*loop);
    Pair to(*loop);
    StreamCopier copier(&from.stream, &to.stream);
    Result<uint64_t> result = uint64_t{0};
    LocalExecutor executor;
    Spawn(
        executor,
        Keep(state.range(1) != 0 ? copier.Run() : CopyByBuffers(&from.stream, &to.stream), &result))
        .Detach();
    std::vector<uint8_t> buffer(kPart, 'b');
    for (auto _ : state) {
      for (size_t sent = 0, got = 0; got < kPart;) {
        if (sent < kPart) {
          const int32_t count = TrySend(from.peer, buffer.data(), kPart - sent);
          if (count > 0) sent += static_cast<size_t>(count);
        }
        executor.RunUntilIdle();
        loop->Poll();
        executor.RunUntilIdle();
        got += Drain(to.peer, buffer);
      }
    }
    state.counters["spliced_share"] =
        static_cast<double>(copier.spliced()) /
        static_cast<double>(kPart * static_cast<size_t>(state.iterations()));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(kPart));
  loop->Detach();
}
BENCHMARK(BM_CopyBulk)->ArgNames({"epoll", "splice"})->ArgsProduct({{0, 1}, {0, 1}});

// A file from the page cache, in calls of so many KiB; those from 256 KiB on splice.
void BM_SendFile(benchmark::State& state) {
  const LoopPtr loop =
      MakeLoop(state, state.range(0) == 0 ? BackendChoice::kUring : BackendChoice::kEpoll);
  if (loop == nullptr) return;
  const auto size = static_cast<size_t>(state.range(1)) << 10;
  {
    Pair to(*loop);
    std::FILE* made = std::tmpfile();
    std::vector<uint8_t> buffer(1 << 20, 'f');
    ZOKIO_CHECK(std::fwrite(buffer.data(), 1, buffer.size(), made) == buffer.size(), "write");
    std::fflush(made);
    File file = *Await(*loop, File::Open("/proc/self/fd/" + std::to_string(fileno(made))));
    for (auto _ : state) {
      for (uint64_t offset = 0; offset < buffer.size(); offset += size) {
        LocalExecutor executor;
        Result<uint64_t> result = uint64_t{0};
        Spawn(executor, Keep(SendFile(file, offset, size, to.stream), &result)).Detach();
        for (size_t got = 0; got < size || executor.live() > 0;) {
          executor.RunUntilIdle();
          loop->Poll();
          got += Drain(to.peer, buffer);
        }
        ZOKIO_CHECK(result.ok() && *result == size, "a part was sent");
      }
    }
    std::fclose(made);
  }
  state.SetBytesProcessed(state.iterations() * (1 << 20));
  loop->Detach();
}
BENCHMARK(BM_SendFile)
    ->ArgNames({"epoll", "kib"})
    ->ArgsProduct({{0, 1}, {64, 128, 256, 1024}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace zokio::io
