// The whole path, from co_await to the kernel and back, on every backend; and the lives of several
// runtimes in one process.
#include "runtime/runtime.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/parker.h"
#include "base/thread.h"
#include "future/select.h"
#include "future/sleep.h"
#include "future/task_scope.h"
#include "future/timeout.h"
#include "future/yield.h"
#include "gtest/gtest.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio {
namespace {

using namespace std::chrono_literals;

std::string Text(const Lease& lease) { return std::string(lease.view()); }

class RuntimeTest : public ::testing::TestWithParam<io::BackendChoice> {
 protected:
  static RuntimeOptions Options(int workers = 2) {
    RuntimeOptions options;
    options.workers = workers;
    options.io.backend = GetParam();
    return options;
  }
};

Task<> EchoOnce(TcpListener* listener) {
  auto stream = co_await listener->Accept();
  if (!stream.ok()) co_return;
  while (true) {
    auto chunk = co_await stream->Read();
    if (!chunk.ok() || chunk->empty()) co_return;
    if (!(co_await stream->WriteAll(*std::move(chunk))).ok()) co_return;
  }
}

Task<std::string> Ask(SocketAddress address, std::string question) {
  auto stream = co_await TcpStream::Connect(address);
  if (!stream.ok()) co_return stream.error().ToString();
  size_t expected = question.size();
  if (!(co_await stream->WriteAll(std::move(question))).ok()) co_return "write failed";
  std::string answer;
  while (answer.size() < expected) {
    auto chunk = co_await stream->Read();
    if (!chunk.ok()) co_return chunk.error().ToString();
    if (chunk->empty()) break;
    answer += Text(*chunk);
  }
  co_return answer;
}

// A7: the event loop is wired to something: the answer went through the kernel and the loops.
TEST_P(RuntimeTest, A7OnePathFromAwaitToTheKernelAndBack) {
  Runtime runtime(Options());
  std::string answer = runtime.BlockOn([]() -> Task<std::string> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    std::string result;
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(EchoOnce(&*listener));
      result = co_await Ask(*listener->local_address(), std::string(100'000, 'x'));
    });
    co_return result;
  });
  EXPECT_EQ(answer, std::string(100'000, 'x'));
  uint64_t read = 0;
  uint64_t completions = 0;
  for (const io::LoopStats& loop : runtime.Stats().loops) {
    read += loop.bytes_read;
    completions += loop.completions;
  }
  EXPECT_EQ(read, 200'000u);  // each byte once on either side
  EXPECT_GT(completions, 0u);
}

// A3: starting an operation returns at once. A read from a silent peer is pending, and the worker
// (there is one) runs another task meanwhile, which is the one that makes the peer speak.
TEST_P(RuntimeTest, A3AReadThatMustWaitDoesNotHoldItsWorker) {
  Runtime runtime(Options(1));
  std::string got = runtime.BlockOn([]() -> Task<std::string> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    auto client = co_await TcpStream::Connect(*listener->local_address());
    auto server = co_await listener->Accept();
    std::string text;
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(
          [](TcpStream* from, std::string* into) -> Task<> {
            auto chunk = co_await from->Read();
            *into = Text(*chunk);
          },
          &*server, &text);
      co_await Yield();
      EXPECT_EQ(text, "");
      (void)co_await client->WriteAll(std::string("now"));
    });
    co_return text;
  });
  EXPECT_EQ(got, "now");
}

TEST_P(RuntimeTest, ManyConnectionsAtOnce) {
  constexpr int kClients = 100;
  Runtime runtime(Options());
  int good = runtime.BlockOn([]() -> Task<int> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    std::vector<std::string> answers(kClients);
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      for (int i = 0; i < kClients; ++i) {
        scope.Spawn([](SocketAddress address,
                       std::string* answer) -> Task<> { *answer = co_await Ask(address, "hello"); },
                    *listener->local_address(), &answers[static_cast<size_t>(i)]);
      }
      for (int i = 0; i < kClients; ++i) {
        auto stream = co_await listener->Accept();
        scope.Spawn(
            [](TcpStream s) -> Task<> {
              while (true) {
                auto chunk = co_await s.Read();
                if (!chunk.ok() || chunk->empty()) co_return;
                (void)co_await s.WriteAll(*std::move(chunk));
              }
            },
            *std::move(stream));
      }
    });
    int count = 0;
    for (const std::string& answer : answers) count += answer == "hello";
    co_return count;
  });
  EXPECT_EQ(good, kClients);
}

TEST_P(RuntimeTest, ATimeoutLosesNoByte) {
  Runtime runtime(Options());
  std::string got = runtime.BlockOn([]() -> Task<std::string> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    auto client = co_await TcpStream::Connect(*listener->local_address());
    auto server = co_await listener->Accept();
    std::string text;
    for (int i = 0; i < 20; ++i) {
      auto late = co_await Timeout(server->Read(), 100us);
      if (late.ok()) text += Text(*late);
      (void)co_await client->WriteAll(std::string(1, static_cast<char>('a' + i)));
    }
    client->Close();
    while (true) {
      auto chunk = co_await server->Read();
      if (!chunk.ok() || chunk->empty()) break;
      text += Text(*chunk);
    }
    co_return text;
  });
  EXPECT_EQ(got, "abcdefghijklmnopqrst");
}

TEST_P(RuntimeTest, CancellingAServerJoinsItsConnections) {
  Runtime runtime(Options());
  auto serve = [](TcpListener listener) -> Task<> {
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      while (true) {
        auto stream = co_await listener.Accept();
        if (!stream.ok()) co_return;
        scope.Spawn([](TcpStream s) -> Task<> { (void)co_await s.Read(); }, *std::move(stream));
      }
    });
  };
  runtime.BlockOn([&runtime, serve]() -> Task<> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    SocketAddress address = *listener->local_address();
    JoinHandle<void> server = runtime.Spawn(serve(*std::move(listener)));
    std::vector<TcpStream> clients;
    for (int i = 0; i < 20; ++i) {
      auto client = co_await TcpStream::Connect(address);
      EXPECT_TRUE(client.ok());
      clients.push_back(*std::move(client));
    }
    server.Cancel();
    Result<void> ended = co_await server;
    EXPECT_FALSE(ended.ok());
    for (TcpStream& client : clients) {
      auto end = co_await client.Read();
      EXPECT_TRUE(!end.ok() || end->empty());
    }
  });
}

TEST_P(RuntimeTest, AStreamThatOutlivesItsRuntimeFailsWithATypedError) {
  std::optional<TcpStream> orphan;
  {
    Runtime runtime(Options());
    runtime.BlockOn([&]() -> Task<> {
      auto listener = co_await TcpListener::Bind("127.0.0.1:0");
      auto client = co_await TcpStream::Connect(*listener->local_address());
      auto server = co_await listener->Accept();
      (void)co_await Timeout(client->Read(), 1ms);  // it has a home now
      orphan = *std::move(client);
    });
  }
  Runtime other(Options());
  ErrorCode code = other.BlockOn([&]() -> Task<ErrorCode> {
    auto chunk = co_await orphan->Read();
    co_return chunk.ok() ? ErrorCode::kUnknown : chunk.error().code();
  });
  EXPECT_EQ(code, ErrorCode::kShutdown);
}

TEST_P(RuntimeTest, TwoRuntimesTalkToEachOther) {
  Runtime server(Options(1));
  Runtime client(Options(1));
  auto listener = std::make_unique<TcpListener>(server.BlockOn([]() -> Task<TcpListener> {
    auto bound = co_await TcpListener::Bind("127.0.0.1:0");
    co_return *std::move(bound);
  }));
  SocketAddress address = *listener->local_address();
  JoinHandle<void> serving = server.Spawn(EchoOnce(listener.get()));
  EXPECT_EQ(client.BlockOn(Ask(address, "across")), "across");
  EXPECT_TRUE(server.BlockOn(
      [](JoinHandle<void> handle) -> Task<bool> { co_return (co_await handle).ok(); },
      std::move(serving)));
}

TEST_P(RuntimeTest, EndsWithTasksInEveryState) {
  for (int round = 0; round < 20; ++round) {
    Runtime runtime(Options());
    auto listener = std::make_shared<std::optional<TcpListener>>();
    runtime
        .Spawn([listener]() -> Task<> {
          auto bound = co_await TcpListener::Bind("127.0.0.1:0");
          *listener = *std::move(bound);
          (void)co_await (*listener)->Accept();
        })
        .Detach();
    runtime.Spawn([]() -> Task<> { co_await SleepFor(1h); }).Detach();
    runtime
        .Spawn([]() -> Task<> {
          while (true) co_await Yield();
        })
        .Detach();
  }
}

TEST_P(RuntimeTest, IoOutsideALoopIsATypedError) {
  Result<Lease> result = Error(ErrorCode::kUnknown, "unset");
  TcpStream stream;
  {
    Runtime runtime(Options());
    stream = runtime.BlockOn([]() -> Task<TcpStream> {
      auto listener = co_await TcpListener::Bind("127.0.0.1:0");
      auto client = co_await TcpStream::Connect(*listener->local_address());
      co_return *std::move(client);
    });
    PollEnvironment environment;
    environment.budget = kPollBudget;
    Context context(NoopWaker(), environment);
    auto read = stream.Read();
    auto poll = read.poll(context);
    ASSERT_TRUE(poll.ready());
    result = std::move(poll).value();
  }
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kWrongThread);
}

TEST_P(RuntimeTest, SaysWhichBackendItRunsOn) {
  Runtime runtime(Options());
  io::BackendKind expected =
      GetParam() == io::BackendChoice::kUring ? io::BackendKind::kUring : io::BackendKind::kEpoll;
  EXPECT_EQ(runtime.backend().kind, expected);
  EXPECT_FALSE(runtime.backend().reason.empty());
  EXPECT_NE(runtime.Stats().ToString().find("workers 2\n"), std::string::npos);
}

TEST_P(RuntimeTest, SleepsAreNeverEarlyAndRunInOrder) {
  Runtime runtime(Options());
  std::vector<int> order = runtime.BlockOn([]() -> Task<std::vector<int>> {
    std::vector<int> log;
    Instant start = Clock::Monotonic().Now();
    for (int i = 0; i < 5; ++i) {
      co_await SleepFor(1ms);
      EXPECT_GE(Clock::Monotonic().Now() - start, 1ms * (i + 1));
      log.push_back(i);
    }
    co_return log;
  });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

// The only worker blocks with a read in flight on its ring. I/O goes on, on another ring; what
// comes for the stuck one waits, and is counted.
TEST_P(RuntimeTest, IoGoesOnWhileAWorkerIsStuck) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  Parker stuck;
  bool io_waits = false;
  RuntimeOptions options = Options(1);
  options.stuck_poll_limit = 20ms;
  options.on_stuck_poll = [&](const StuckPoll& poll) {
    io_waits = poll.io_waits;
    stuck.Unpark();
  };
  Runtime runtime(options);
  std::optional<TcpStream> client;
  JoinHandle<std::string> reading = runtime.Spawn([&client]() -> Task<std::string> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    auto connected = co_await TcpStream::Connect(*listener->local_address());
    auto server = co_await listener->Accept();
    client = *std::move(connected);
    auto chunk = co_await server->Read();
    co_return chunk.ok() ? Text(*chunk) : "no data";
  });
  JoinHandle<void> blocking = runtime.Spawn(
      [](std::optional<TcpStream>* connected, int fd) -> Task<> {
        while (!connected->has_value()) co_await Yield();
        co_await Yield();  // the read is in flight
        char byte;
        EXPECT_EQ(read(fd, &byte, 1), 1);
      },
      &client, gate[0]);
  stuck.Park();
  EXPECT_TRUE(io_waits);
  // Another worker, with a ring of its own.
  std::string answer = runtime.BlockOn([]() -> Task<std::string> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    std::string result;
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      scope.Spawn(EchoOnce(&*listener));
      result = co_await Ask(*listener->local_address(), "meanwhile");
    });
    co_return result;
  });
  EXPECT_EQ(answer, "meanwhile");
  // The bytes reach the socket by a thread that has nothing to do with either.
  EXPECT_EQ(send(client->native_handle(), "late", 4, 0), 4);
  EXPECT_FALSE(reading.finished());
  ASSERT_EQ(write(gate[1], "x", 1), 1);
  EXPECT_EQ(
      runtime.BlockOn([](JoinHandle<std::string> text, JoinHandle<void> end) -> Task<std::string> {
        Result<std::string> got = co_await text;
        (void)co_await end;
        co_return got.ok() ? *got : "cancelled";
      }(std::move(reading), std::move(blocking))),
      "late");
  RuntimeStats stats = runtime.Stats();
  EXPECT_EQ(stats.workers.size(), 2u);
  EXPECT_EQ(stats.loops.size(), 2u);
  EXPECT_GE(stats.workers[0].late_completions, 1u);
  client.reset();
  close(gate[0]);
  close(gate[1]);
}

// Virtual time passes between operations, not while they are on their way.
TEST_P(RuntimeTest, HoursPassAtOnceBetweenRealIo) {
  VirtualClock clock(/*io_grace=*/20ms);
  RuntimeOptions options = Options(1);
  options.virtual_clock = &clock;
  Runtime runtime(options);
  const Instant start = clock.Now();
  runtime.BlockOn([]() -> Task<> {
    auto listener = co_await TcpListener::Bind("127.0.0.1:0");
    auto client = co_await TcpStream::Connect(*listener->local_address());
    auto server = co_await listener->Accept();
    for (int i = 0; i < 3; ++i) {
      co_await SleepFor(1h);
      (void)co_await client->WriteAll(std::string("tick"));
      auto chunk = co_await Timeout(server->Read(), 1h);
      EXPECT_TRUE(chunk.ok());
    }
  });
  EXPECT_GE(clock.Now() - start, 3h);
  EXPECT_LT(clock.Now() - start, 4h);
}

INSTANTIATE_TEST_SUITE_P(Backends, RuntimeTest,
                         ::testing::Values(io::BackendChoice::kUring, io::BackendChoice::kEpoll),
                         [](const auto& info) {
                           return info.param == io::BackendChoice::kUring ? "io_uring" : "epoll";
                         });

}  // namespace
}  // namespace zokio
