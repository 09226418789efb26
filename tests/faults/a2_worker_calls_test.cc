// A2 in one process: real work on a runtime, its workers under a filter of system calls. What
// blocks is named; the calls that the originals made in their event loop are planted and caught.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "future/oneshot.h"
#include "future/sleep.h"
#include "future/task_scope.h"
#include "gtest/gtest.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/runtime.h"
#include "tools/testing/blocking_calls.h"

namespace zokio {
namespace {

constexpr int kConnections = 20;
constexpr int kMessages = 50;

Task<> Echo(TcpStream stream) {
  while (true) {
    auto chunk = co_await stream.Read();
    if (!chunk.ok() || chunk->empty()) co_return;
    auto written = co_await stream.WriteAll(*std::move(chunk));
    if (!written.ok()) co_return;
  }
}

// How many bytes came back.
Task<size_t> Exchange(SocketAddress address) {
  auto stream = co_await TcpStream::Connect(address);
  if (!stream.ok()) co_return 0;
  size_t bytes = 0;
  for (int i = 0; i < kMessages; ++i) {
    auto written = co_await stream->WriteAll(std::string(1000, 'x'));
    if (!written.ok()) co_return bytes;
    for (size_t target = bytes + 1000; bytes < target;) {
      auto chunk = co_await stream->Read();
      if (!chunk.ok() || chunk->empty()) co_return bytes;
      bytes += chunk->size();
    }
  }
  co_return bytes;
}

Task<size_t> EchoOverLoopback() {
  auto listener = co_await TcpListener::Bind("127.0.0.1:0");
  if (!listener.ok()) co_return 0;
  const SocketAddress address = *listener->local_address();
  size_t bytes = 0;
  co_await WithScope([&](TaskScope& scope) -> Task<> {
    std::vector<OneshotReceiver<size_t>> clients;
    for (int i = 0; i < kConnections; ++i) {
      clients.push_back(scope.SpawnWithResult(Exchange(address)));
      auto stream = co_await listener->Accept();
      if (stream.ok()) scope.Spawn(Echo(*std::move(stream)));
    }
    for (auto& client : clients) {
      auto received = co_await client;
      bytes += received.ok() ? *received : 0;
    }
  });
  co_await Sleep(std::chrono::milliseconds(1));
  co_return bytes;
}

class A2WorkerCallsTest : public ::testing::TestWithParam<io::BackendChoice> {
 protected:
  void SetUp() override {
    const std::string why = testing::WhyBlockingCallsAreNotWatched();
    if (!why.empty()) GTEST_SKIP() << why;
  }

  template <typename Body>
  testing::BlockingCallReport Watch(Body body) {
    RuntimeOptions options;
    options.workers = 2;
    options.io.backend = GetParam();
    return testing::WatchForBlockingCalls({}, [&] {
      Runtime runtime(options);
      runtime.BlockOn(body);
    });
  }
};

TEST_P(A2WorkerCallsTest, A2NoWorkerMakesABlockingCall) {
  size_t bytes = 0;
  const testing::BlockingCallReport report =
      Watch([&bytes]() -> Task<> { bytes = co_await EchoOverLoopback(); });
  EXPECT_EQ(report.ToString(), "");
  EXPECT_EQ(report.watched_threads, 3u);  // two workers and their watchdog
  EXPECT_EQ(bytes, size_t{1000} * kConnections * kMessages);
}

TEST_P(A2WorkerCallsTest, A2PlantedSleepIsCaught) {
  const auto report = Watch([]() -> Task<> {
    usleep(1000);  // NOLINT: the fault
    co_return;
  });
  EXPECT_EQ(report.ToString(), "clock_nanosleep 1");
}

TEST_P(A2WorkerCallsTest, A2PlantedReadOfAFileIsCaught) {
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  const auto report = Watch([file]() -> Task<> {
    char magic[4];
    EXPECT_EQ(pread(file, magic, sizeof(magic), 0), 4);
    co_return;
  });
  close(file);
  EXPECT_EQ(report.ToString(), "pread64 1");
}

INSTANTIATE_TEST_SUITE_P(Backends, A2WorkerCallsTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         [](const auto& choice) {
                           return choice.param == io::BackendChoice::kUring ? "Uring" : "Epoll";
                         });

}  // namespace
}  // namespace zokio
