// Receive buffers of two sizes: a stream gets the one that its messages ask for.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::Driven;
using testing::MakeConnection;

constexpr size_t kSmall = 4096;
constexpr size_t kLarge = 65536;

class ReceiveBuffersTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(ReceiveBuffersTest);

std::string Pattern(size_t size, size_t seed) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>((i * 31 + seed * 7 + i / 251) % 253);
  return text;
}

// Reads a message whole and returns the size of its largest chunk.
size_t ReadMessage(SocketStream& stream, const std::string& message) {
  std::string got;
  size_t largest = 0;
  while (got.size() < message.size()) {
    Result<Lease> chunk = Await(stream.Read());
    if (!chunk.ok() || chunk->empty()) break;
    largest = std::max(largest, chunk->size());
    got.append(chunk->view());
  }
  EXPECT_TRUE(got == message) << "bytes were lost or changed";
  return largest;
}

// Until its messages come in large buffers.
void GrowByMessages(Connection& connection) {
  for (size_t i = 0; i < 200; ++i) {
    const std::string message = Pattern(kLarge, i);
    connection.peer.Send(message);
    if (ReadMessage(connection.stream, message) > kSmall) return;
  }
  FAIL() << "large messages still come in small buffers";
}

TEST_P(ReceiveBuffersTest, LargeMessagesGetLargeBuffersUntilSmallOnesComeAgain) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  connection.peer.SetBuffers(1 << 20);
  GrowByMessages(connection);
  for (size_t i = 0; i < 100; ++i) {
    const std::string message = Pattern(1 + i, i);
    connection.peer.Send(message);
    ReadMessage(connection.stream, message);
  }
  const std::string message = Pattern(3 * kSmall, 1);
  connection.peer.Send(message);
  EXPECT_LE(ReadMessage(connection.stream, message), kSmall);
  EXPECT_GT(loop->stats().large_buffers_made, 0u);
  GrowByMessages(connection);
}

// Messages that fill a small buffer exactly, one at a time, are no reason for large ones.
TEST_P(ReceiveBuffersTest, MessagesOfOneBufferStaySmall) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  for (size_t i = 0; i < 200; ++i) {
    const std::string message = Pattern(kSmall, i);
    connection.peer.Send(message);
    ReadMessage(connection.stream, message);
    Driven more(connection.stream.Read());
    ASSERT_FALSE(more.Poll());
  }
  EXPECT_EQ(loop->stats().large_buffers_made, 0u);
}

TEST_P(ReceiveBuffersTest, SizeZeroMeansNoLargeBuffers) {
  LoopOptions options;
  options.large_buffer_size = 0;
  AttachedLoop loop(GetParam(), options);
  Connection connection = MakeConnection();
  for (size_t i = 0; i < 50; ++i) {
    const std::string message = Pattern(kLarge, i);
    connection.peer.Send(message);
    EXPECT_LE(ReadMessage(connection.stream, message), kSmall);
  }
  EXPECT_EQ(loop->stats().large_buffers_made, 0u);
}

// Whoever keeps all large leases leaves small buffers to the rest; the leases outlive the loop.
TEST_P(ReceiveBuffersTest, SmallBuffersServeWhenLargeOnesAreLentOut) {
  LoopOptions options;
  options.large_buffers_max = 32;
  AttachedLoop loop(GetParam(), options);
  Connection connection = MakeConnection();
  GrowByMessages(connection);
  std::vector<Lease> leases;
  std::string expected;
  std::string got;
  for (size_t i = 0; i < 64; ++i) {
    const std::string message = Pattern(kLarge, i);
    expected.append(message);
    connection.peer.Send(message);
    while (got.size() < expected.size()) {
      Result<Lease> chunk = Await(connection.stream.Read());
      ASSERT_TRUE(chunk.ok());
      ASSERT_FALSE(chunk->empty());
      got.append(chunk->view());
      leases.push_back(*std::move(chunk));
    }
  }
  EXPECT_TRUE(got == expected);
  loop->Park(Clock::Monotonic().Now());  // refreshes the figures
  EXPECT_EQ(loop->stats().large_buffers_made, 32u);
  loop.End();
  got.clear();
  for (const Lease& lease : leases) got.append(lease.view());
  EXPECT_TRUE(got == expected) << "a lease changed";
}

}  // namespace
}  // namespace zokio::io
