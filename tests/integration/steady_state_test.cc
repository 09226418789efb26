// What a runtime takes it gives back, and in steady state it takes nothing: descriptors, threads
// and heap blocks are counted around real echoes over loopback, on both backends.
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "future/task_scope.h"
#include "gtest/gtest.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/runtime.h"
#include "tools/testing/heap_count.h"
#include "tools/testing/resource_balance.h"

namespace zokio {
namespace {

using testing::HeapScope;
using testing::ResourceBalance;

constexpr int kMessages = 500;
constexpr uint8_t kMessage[64] = {1, 2, 3};

Task<> Echo(TcpStream stream) {
  while (true) {
    auto chunk = co_await stream.Read();
    if (!chunk.ok() || chunk->empty()) co_return;
    auto written = co_await stream.WriteAll(*std::move(chunk));
    if (!written.ok()) co_return;
  }
}

// How many messages came back whole.
Task<int> Exchange(TcpStream* stream, int messages) {
  for (int done = 0; done < messages; ++done) {
    auto written = co_await stream->WriteAll(std::span<const uint8_t>(kMessage));
    if (!written.ok()) co_return done;
    for (size_t bytes = 0; bytes < sizeof(kMessage);) {
      auto chunk = co_await stream->Read();
      if (!chunk.ok() || chunk->empty()) co_return done;
      bytes += chunk->size();
    }
  }
  co_return messages;
}

struct Outcome {
  int echoed = 0;
  uint64_t allocations = 0;
};

Task<Outcome> EchoAndCount() {
  Outcome outcome;
  auto listener = co_await TcpListener::Bind("127.0.0.1:0");
  if (!listener.ok()) co_return outcome;
  const SocketAddress address = *listener->local_address();
  co_await WithScope([&](TaskScope& scope) -> Task<> {
    auto client = co_await TcpStream::Connect(address);
    auto served = co_await listener->Accept();
    if (!client.ok() || !served.ok()) co_return;
    scope.Spawn(Echo(*std::move(served)));
    outcome.echoed = co_await Exchange(&*client, kMessages);  // pools fill
    HeapScope heap(HeapScope::Of::kProcess);
    outcome.echoed += co_await Exchange(&*client, kMessages);
    outcome.allocations = heap.allocations();
    client->Close();
  });
  co_return outcome;
}

class SteadyStateTest : public ::testing::TestWithParam<io::BackendChoice> {
 protected:
  static Outcome Run(int workers) {
    RuntimeOptions options;
    options.workers = workers;
    options.io.backend = GetParam();
    Runtime runtime(options);
    return runtime.BlockOn(EchoAndCount());
  }
};

TEST_P(SteadyStateTest, EchoesAllocateNothing) {
  // One worker: a second one would fill its pools whenever it steals for the first time.
  const Outcome outcome = Run(1);
  EXPECT_EQ(outcome.echoed, 2 * kMessages);
  EXPECT_EQ(outcome.allocations, 0u);
}

TEST_P(SteadyStateTest, ARuntimeGivesEverythingBack) {
  Run(2);  // what is made once for the process
  ResourceBalance::Options options;
  options.heap_bytes_max = 16 << 10;
  ResourceBalance balance(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run(2).echoed, 2 * kMessages);
}

INSTANTIATE_TEST_SUITE_P(Backends, SteadyStateTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         [](const auto& choice) {
                           return choice.param == io::BackendChoice::kUring ? "Uring" : "Epoll";
                         });

}  // namespace
}  // namespace zokio
