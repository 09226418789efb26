// Serving connections, and the end of it.
#include "io/net/serve_connections.h"

#include <string>
#include <utility>

#include "future/oneshot.h"
#include "future/select.h"
#include "future/task_scope.h"
#include "gtest/gtest.h"
#include "io/net/testing.h"

namespace zokio {
namespace {

class ServeConnectionsTest : public io::testing::RuntimeTest {};
ZOKIO_IO_ON_EACH_BACKEND(ServeConnectionsTest);

Task<> WaitFor(OneshotReceiver<Unit> told) { (void)co_await told; }

// One byte, or 0 at the end.
Task<char> Byte(TcpStream* stream) {
  uint8_t byte = 0;
  ReadSome read = stream->Read(std::span<uint8_t>(&byte, 1));
  const Result<size_t> count = co_await std::move(read);
  co_return count.ok() && *count == 1 ? static_cast<char>(byte) : '\0';
}

Task<> Say(TcpStream* stream, std::string word) {
  WriteAll write = stream->WriteAll(std::move(word));
  (void)co_await std::move(write);
}

// Greets; each byte is a request, which is answered by 's' at once and by 'd' when it is released.
Task<> Answer(TcpStream stream, Drain* drain, Notify* release) {
  co_await Say(&stream, "h");
  while (!drain->begun()) {
    char request = '\0';
    bool ended = false;
    {
      auto read = [](TcpStream* from, char* byte, bool* end) -> Task<> {
        *byte = co_await Byte(from);
        *end = *byte == '\0';
      };
      co_await Select(read(&stream, &request, &ended), drain->Begun());
    }
    if (ended) co_return;
    if (request == '\0') continue;
    auto released = release->Wait();
    co_await Say(&stream, "s");
    co_await released;
    co_await Say(&stream, "d");
  }
}

struct Outcome {
  Outcome() = default;
  ServeReport report;
  std::string busy;
  char idle = '?';
  bool refused = false;
  SocketAddress busy_address;
};

// A connection amid a request and an idle one, when the server is to stop.
Task<> StopAmidARequest(Duration grace, bool let_it_end, Outcome* outcome) {
  auto listener = co_await TcpListener::Bind("127.0.0.1:0");
  const SocketAddress address = *listener->local_address();
  auto stop = MakeOneshot<Unit>();
  Notify release;
  ServeOptions options;
  options.grace = grace;
  const ConnectionHandler handler = [&release](TcpStream stream, Drain* drain) {
    return Answer(std::move(stream), drain, &release);
  };
  co_await WithScope([&](TaskScope& scope) -> Task<> {
    auto served = scope.SpawnWithResult(
        ServeConnections(&*listener, WaitFor(std::move(stop.receiver)), handler, options));
    auto busy = co_await TcpStream::Connect(address);
    auto idle = co_await TcpStream::Connect(address);
    outcome->busy_address = *busy->local_address();
    outcome->busy += co_await Byte(&*busy);
    outcome->idle = co_await Byte(&*idle);
    co_await Say(&*busy, "r");
    outcome->busy += co_await Byte(&*busy);
    std::move(stop.sender).Send(Unit());
    outcome->idle = co_await Byte(&*idle);
    auto late = co_await TcpStream::Connect(address);
    outcome->refused = !late.ok() && late.error().code() == ErrorCode::kConnectionRefused;
    if (let_it_end) release.NotifyAll();
    outcome->busy += co_await Byte(&*busy);
    outcome->busy += co_await Byte(&*busy);
    outcome->report = *(co_await served);
  });
}

TEST_P(ServeConnectionsTest, WhatIsUnderWayEndsAndTheIdleGoAtOnce) {
  Outcome outcome;
  runtime_->BlockOn(StopAmidARequest(std::chrono::seconds(60), /*let_it_end=*/true, &outcome));
  EXPECT_EQ(outcome.busy, std::string("hsd\0", 4));
  EXPECT_EQ(outcome.idle, '\0');
  EXPECT_TRUE(outcome.refused);
  EXPECT_EQ(outcome.report.accepted, 2u);
  EXPECT_EQ(outcome.report.ended, 2u);
  EXPECT_EQ(outcome.report.cut, 0u);
  EXPECT_FALSE(outcome.report.accept_error.has_value());
}

TEST_P(ServeConnectionsTest, WhatIsLeftAfterTheGraceIsCutAndNamed) {
  Outcome outcome;
  runtime_->BlockOn(
      StopAmidARequest(std::chrono::milliseconds(20), /*let_it_end=*/false, &outcome));
  EXPECT_EQ(outcome.busy, std::string("hs\0\0", 4));
  EXPECT_TRUE(outcome.refused);
  EXPECT_EQ(outcome.report.ended + outcome.report.cut, 2u);
  ASSERT_GE(outcome.report.cut, 1u);
  ASSERT_EQ(outcome.report.cut_peers.size(), outcome.report.cut);
  bool named = false;
  for (const SocketAddress& peer : outcome.report.cut_peers) {
    named = named || peer == outcome.busy_address;
  }
  EXPECT_TRUE(named);
  EXPECT_GE(outcome.report.draining, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace zokio
