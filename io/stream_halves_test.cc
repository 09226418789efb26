// The two halves of a stream.
#include "io/stream_halves.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/thread.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::Driven;
using testing::MakeConnection;
using testing::TurnUntil;

constexpr size_t kTotal = 1 << 20;
constexpr size_t kPiece = 10'000;

class StreamHalvesTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(StreamHalvesTest);

TEST_P(StreamHalvesTest, TheEndOfOneLeavesTheOtherOpen) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  auto [reader, writer] = Split(std::move(connection.stream));
  EXPECT_TRUE(Await(writer.WriteAll(std::string("hello"))).ok());
  EXPECT_EQ(connection.peer.Receive(5), "hello");
  {
    const auto gone = std::move(writer);
  }
  EXPECT_TRUE(connection.peer.AtEndAfterTurns());  // no more to read for the peer
  connection.peer.Send("answer");
  EXPECT_EQ(Await(reader.Read())->view(), "answer");
  connection.peer.ShutdownSend();
  EXPECT_TRUE(Await(reader.Read())->empty());
}

TEST_P(StreamHalvesTest, TheStreamClosesWithTheLast) {
  AttachedLoop loop(GetParam());
  const int before = testing::CountDescriptors();
  Connection connection = MakeConnection();
  {
    auto halves = Split(std::move(connection.stream));
    {
      const auto gone = std::move(halves.first);
    }
    EXPECT_TRUE(Await(halves.second.WriteAll(std::string("still"))).ok());
    EXPECT_EQ(connection.peer.Receive(5), "still");
  }
  EXPECT_TRUE(connection.peer.AtEndAfterTurns());
  connection.peer.Close();
  TurnUntil([&] { return testing::CountDescriptors() <= before; });
}

TEST_P(StreamHalvesTest, HalvesOfOneStreamReunite) {
  AttachedLoop loop(GetParam());
  Connection first = MakeConnection();
  Connection second = MakeConnection();
  auto one = Split(std::move(first.stream));
  auto two = Split(std::move(second.stream));
  EXPECT_EQ(Reunite(std::move(one.first), std::move(two.second)).error().code(),
            ErrorCode::kInvalidArgument);
  Result<SocketStream> whole = Reunite(std::move(one.first), std::move(one.second));
  ASSERT_TRUE(whole.ok());
  first.peer.Send("whole");
  EXPECT_EQ(Await(whole->Read())->view(), "whole");
  EXPECT_TRUE(Await(whole->WriteAll(std::string("again"))).ok());  // it was not shut down
  EXPECT_EQ(first.peer.Receive(5), "again");
}

// One half on another thread, whose loop is not the stream's home.
TEST_P(StreamHalvesTest, HalvesWorkOnTwoThreads) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  auto halves = Split(std::move(connection.stream));
  EXPECT_FALSE(Driven(halves.first.Read()).Poll());  // its home is this thread
  const BackendChoice choice = GetParam();
  Result<Thread> other = Thread::Start("writer", [choice, &halves] {
    AttachedLoop own(choice);
    WriteHalf<SocketStream> writer = std::move(halves.second);
    for (size_t sent = 0; sent < kTotal; sent += kPiece) {
      const std::string piece(std::min(kPiece, kTotal - sent), static_cast<char>('a' + sent % 26));
      ZOKIO_CHECK(Await(writer.WriteAll(std::span<const uint8_t>(
                            reinterpret_cast<const uint8_t*>(piece.data()), piece.size())))
                      .ok(),
                  "write");
    }
  });
  Result<Thread> peer = Thread::Start("peer", [&connection] {  // sends back what it gets
    while (true) {
      std::string text = connection.peer.Receive(4096);
      connection.peer.Send(text);
      if (text.size() < 4096) break;
    }
    connection.peer.ShutdownSend();
  });
  size_t got = 0;
  while (true) {
    Result<Lease> chunk = Await(halves.first.Read());
    ASSERT_TRUE(chunk.ok());
    if (chunk->empty()) break;
    for (const char c : chunk->view()) {
      ASSERT_EQ(c, static_cast<char>('a' + got / kPiece * kPiece % 26)) << got;
      ++got;
    }
  }
  EXPECT_EQ(got, kTotal);
  other->Join();
  peer->Join();
}

}  // namespace
}  // namespace zokio::io
