// What streams have beside reading and writing: vectors, options of the connection.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "io/testing.h"

namespace zokio {
namespace {

using io::testing::AttachedLoop;
using io::testing::Await;
using io::testing::Connection;
using io::testing::Driven;
using io::testing::MakeConnection;
using io::testing::Peer;
using io::testing::TurnUntil;

class StreamVectorTest : public io::testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(StreamVectorTest);

TEST_P(StreamVectorTest, PiecesArriveAsOne) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  const uint8_t borrowed[] = {'s', 'p', 'a', 'n'};
  std::vector<io::WriteData> pieces;
  pieces.emplace_back(std::string("head "));
  pieces.emplace_back(std::string());
  pieces.emplace_back(std::span<const uint8_t>(borrowed));
  pieces.emplace_back(std::string(" tail"));
  const uint64_t before = loop->stats().speculative_calls;
  ASSERT_TRUE(Await(connection.stream.WriteVector(std::move(pieces))).ok());
  EXPECT_EQ(loop->stats().speculative_calls - before, 1u);
  EXPECT_EQ(connection.peer.Receive(14), "head span tail");
  EXPECT_TRUE(Await(connection.stream.WriteVector({})).ok());
}

// More than the socket takes, in more pieces than one call takes.
TEST_P(StreamVectorTest, ALargeVectorArrivesWhole) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  std::vector<io::WriteData> pieces;
  std::string expected;
  for (int i = 0; i < 150; ++i) {
    std::string piece(50'000 + static_cast<size_t>(i), static_cast<char>('a' + i % 26));
    expected += piece;
    pieces.emplace_back(std::move(piece));
  }
  Driven write(connection.stream.WriteVector(std::move(pieces)));
  ASSERT_FALSE(write.Poll());
  std::string got;
  std::vector<char> buffer(1 << 18);
  TurnUntil([&] {
    if (!write.ready() && write.woken()) (void)write.Poll();
    ssize_t count;
    while ((count = recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >
           0) {
      got.append(buffer.data(), static_cast<size_t>(count));
    }
    return got.size() >= expected.size();
  });
  EXPECT_TRUE(write.Finish().ok());
  EXPECT_TRUE(got == expected);
}

TEST_P(StreamVectorTest, AVectorThatWaitsOutlivesItsStream) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  std::vector<io::WriteData> pieces;
  for (int i = 0; i < 40; ++i) pieces.emplace_back(std::string(1 << 18, 'v'));
  Driven write(connection.stream.WriteVector(std::move(pieces)));
  ASSERT_FALSE(write.Poll());
  connection.stream.Close();
  EXPECT_EQ(write.Finish().error().code(), ErrorCode::kClosed);
}

TEST_P(StreamVectorTest, SeveralPlacesAreFilledInTurn) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  std::string first(4, '-');
  std::string second(6, '-');
  const auto span = [](std::string& text) {
    return std::span<uint8_t>(reinterpret_cast<uint8_t*>(text.data()), text.size());
  };
  Driven read(connection.stream.ReadVector({span(first), {}, span(second)}));
  ASSERT_FALSE(read.Poll());
  connection.peer.Send("abcdefghijkl");
  EXPECT_EQ(*read.Finish(), 10u);
  EXPECT_EQ(first + second, "abcdefghij");
  EXPECT_EQ(*Await(connection.stream.ReadVector({span(first)})), 2u);
  EXPECT_EQ(first.substr(0, 2), "kl");
  EXPECT_EQ(*Await(connection.stream.ReadVector({})), 0u);
}

// Empty places at the front are no room for nothing, which would look like the end.
TEST_P(StreamVectorTest, EmptyPlacesAreNoEnd) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  std::string text(4, '-');
  std::vector<std::span<uint8_t>> targets(100);
  targets.emplace_back(reinterpret_cast<uint8_t*>(text.data()), text.size());
  Driven read(connection.stream.ReadVector(std::move(targets)));
  (void)read.Poll();
  connection.peer.Send("abcd");
  EXPECT_EQ(*read.Finish(), 4u);
  EXPECT_EQ(text, "abcd");
}

// A future that is done and kept does not keep the connection open.
TEST_P(StreamVectorTest, AVectorThatIsDoneLetsItsStreamClose) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  std::vector<io::WriteData> pieces;
  pieces.emplace_back(std::string("all"));
  Driven write(connection.stream.WriteVector(std::move(pieces)));
  ASSERT_TRUE(write.Finish().ok());
  connection.stream.Close();
  std::string got;
  TurnUntil([&] {
    char bytes[8];
    const ssize_t count = recv(connection.peer.handle(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (count > 0) got.append(bytes, static_cast<size_t>(count));
    return count == 0;
  });
  EXPECT_EQ(got, "all");
}

int OptionOf(io::NativeHandle handle, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(getsockopt(handle, level, name, &value, &size), 0);
  return value;
}

TEST_P(StreamVectorTest, OptionsReachTheSocket) {
  AttachedLoop loop(GetParam());
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  TcpStream stream = *Await(TcpStream::Connect(*listener->local_address()));
  const io::NativeHandle handle = stream.native_handle();
  EXPECT_EQ(OptionOf(handle, IPPROTO_TCP, TCP_NODELAY), 1);
  ASSERT_TRUE(stream.SetNoDelay(false).ok());
  EXPECT_EQ(OptionOf(handle, IPPROTO_TCP, TCP_NODELAY), 0);
  KeepAlive keep_alive;
  keep_alive.idle = std::chrono::seconds(7);
  keep_alive.interval = std::chrono::seconds(3);
  keep_alive.probes = 2;
  ASSERT_TRUE(stream.SetKeepAlive(keep_alive).ok());
  EXPECT_EQ(OptionOf(handle, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(OptionOf(handle, IPPROTO_TCP, TCP_KEEPIDLE), 7);
  EXPECT_EQ(OptionOf(handle, IPPROTO_TCP, TCP_KEEPINTVL), 3);
  EXPECT_EQ(OptionOf(handle, IPPROTO_TCP, TCP_KEEPCNT), 2);
  keep_alive.on = false;
  ASSERT_TRUE(stream.SetKeepAlive(keep_alive).ok());
  EXPECT_EQ(OptionOf(handle, SOL_SOCKET, SO_KEEPALIVE), 0);
  keep_alive.on = true;
  keep_alive.probes = -1;
  EXPECT_EQ(stream.SetKeepAlive(keep_alive).error().code(), ErrorCode::kInvalidArgument);
  keep_alive.probes = 2;
  keep_alive.idle = std::chrono::seconds((int64_t{1} << 32) + 7);  // 7, cut to 32 bits
  EXPECT_EQ(stream.SetKeepAlive(keep_alive).error().code(), ErrorCode::kInvalidArgument);
  ASSERT_TRUE(stream.SetBuffers(20'000, 30'000).ok());
  EXPECT_EQ(OptionOf(handle, SOL_SOCKET, SO_RCVBUF), 40'000);
  EXPECT_EQ(OptionOf(handle, SOL_SOCKET, SO_SNDBUF), 60'000);
}

// The kernel chooses one of them by the client's port.
TEST_P(StreamVectorTest, ListenersOfOnePortShareItsConnections) {
  AttachedLoop loop(GetParam());
  ListenOptions shared;
  shared.reuse_port = true;
  TcpListener first = *Await(TcpListener::Bind("127.0.0.1:0", shared));
  const SocketAddress address = *first.local_address();
  TcpListener second = *Await(TcpListener::Bind(address, shared));
  Driven one(first.Accept());
  Driven two(second.Accept());
  (void)one.Poll();
  (void)two.Poll();
  std::vector<Peer> peers;
  while (!(one.ready() && two.ready()) && peers.size() < 500) {
    peers.push_back(Peer::ConnectTo(address));
    loop->Poll();
    if (one.woken() && !one.ready()) (void)one.Poll();
    if (two.woken() && !two.ready()) (void)two.Poll();
  }
  ASSERT_TRUE(one.ready() && two.ready()) << "each of " << peers.size() << " went to one listener";
  EXPECT_TRUE(one.value().ok() && two.value().ok());
}

// Without lingering, closing resets: the peer reads an error and no end.
TEST_P(StreamVectorTest, ClosingWithoutLingeringResets) {
  AttachedLoop loop(GetParam());
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  TcpStream client = *Await(TcpStream::Connect(*listener->local_address()));
  TcpStream server = *Await(listener->Accept());
  ASSERT_TRUE(client.SetLinger(std::chrono::seconds(5)).ok());
  ASSERT_TRUE(client.SetLinger(std::nullopt).ok());
  // Cut to 32 bits this would be 0, and a negative one would turn lingering off.
  for (const std::chrono::seconds wrong :
       {std::chrono::seconds(int64_t{1} << 32), std::chrono::seconds(-1)}) {
    EXPECT_EQ(client.SetLinger(wrong).error().code(), ErrorCode::kInvalidArgument);
  }
  ASSERT_TRUE(client.SetLinger(std::chrono::seconds(0)).ok());
  client.Close();
  EXPECT_EQ(Await(server.Read()).error().code(), ErrorCode::kConnectionReset);
  EXPECT_EQ(client.SetLinger(std::nullopt).error().code(), ErrorCode::kClosed);
}

}  // namespace
}  // namespace zokio
