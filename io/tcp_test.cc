// Streams and listeners against blocking peers, on each backend.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <string>
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

class TcpTest : public io::testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(TcpTest);

std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

// Reads until `size` bytes came or the stream ended.
std::string ReadBytes(SocketStream& stream, size_t size) {
  std::string text;
  while (text.size() < size) {
    Result<Lease> chunk = Await(stream.Read());
    if (!chunk.ok() || chunk->empty()) break;
    text.append(chunk->view());
  }
  return text;
}

TEST_P(TcpTest, EchoesToAPeer) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  for (int i = 0; i < 100; ++i) {
    const std::string message = Pattern(static_cast<size_t>(1 + i * 37));
    connection.peer.Send(message);
    size_t left = message.size();
    while (left > 0) {
      Result<Lease> chunk = Await(connection.stream.Read());
      ASSERT_TRUE(chunk.ok()) << chunk.error().ToString();
      ASSERT_FALSE(chunk->empty());
      left -= chunk->size();
      ASSERT_TRUE(Await(connection.stream.WriteAll(*std::move(chunk))).ok());
    }
    EXPECT_EQ(connection.peer.Receive(message.size()), message);
  }
}

TEST_P(TcpTest, ConnectsAndReportsAddresses) {
  AttachedLoop loop(GetParam());
  for (const char* where : {"127.0.0.1:0", "[::1]:0"}) {
    Result<TcpListener> listener = Await(TcpListener::Bind(where));
    ASSERT_TRUE(listener.ok()) << where << ": " << listener.error().ToString();
    const SocketAddress address = *listener->local_address();
    EXPECT_NE(address.port(), 0);
    Driven connect(TcpStream::Connect(address));
    Driven accept(listener->Accept());
    Result<TcpStream> client = connect.Finish();
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    Result<TcpStream> server = accept.Finish();
    ASSERT_TRUE(server.ok());
    EXPECT_EQ(*client->peer_address(), address);
    EXPECT_EQ(*client->local_address(), *server->peer_address());
    for (TcpStream* stream : {&*client, &*server}) {
      int no_delay = 0;
      socklen_t size = sizeof(no_delay);
      ASSERT_EQ(getsockopt(stream->native_handle(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
      EXPECT_NE(no_delay, 0);
    }
    ASSERT_TRUE(Await(client->WriteAll(std::string("over"))).ok());
    EXPECT_EQ(ReadBytes(*server, 4), "over");
  }
}

TEST_P(TcpTest, EmptyLeaseAtTheEndAndEverAfter) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  connection.peer.Send("last words");
  connection.peer.ShutdownSend();
  EXPECT_EQ(ReadBytes(connection.stream, 100), "last words");
  for (int i = 0; i < 3; ++i) {
    Result<Lease> end = Await(connection.stream.Read());
    ASSERT_TRUE(end.ok());
    EXPECT_TRUE(end->empty());
  }
  ASSERT_TRUE(Await(connection.stream.WriteAll(std::string("bye"))).ok());
  ASSERT_TRUE(connection.stream.Shutdown().ok());
  EXPECT_EQ(connection.peer.Receive(100), "bye");
}

TEST_P(TcpTest, EndThatComesWhileWaitingIsSeen) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Driven read(connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  connection.peer.Close();
  Result<Lease> end = read.Finish();
  ASSERT_TRUE(end.ok());
  EXPECT_TRUE(end->empty());
}

TEST_P(TcpTest, ResetIsATypedError) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Driven read(connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  connection.peer.Reset();
  Result<Lease> chunk = read.Finish();
  ASSERT_FALSE(chunk.ok());
  EXPECT_EQ(chunk.error().code(), ErrorCode::kConnectionReset);
  // The socket's error was taken by the read; writing now fails by itself.
  Result<void> write = Await(connection.stream.WriteAll(std::string("x")));
  ASSERT_FALSE(write.ok());
  EXPECT_EQ(write.error().code(), ErrorCode::kConnectionReset);
}

TEST_P(TcpTest, RefusedConnectionIsATypedError) {
  AttachedLoop loop(GetParam());
  SocketAddress address;
  {
    Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
    ASSERT_TRUE(listener.ok());
    address = *listener->local_address();
  }
  TurnUntil([&] {
    Result<TcpStream> stream = Await(TcpStream::Connect(address));
    return !stream.ok() && stream.error().code() == ErrorCode::kConnectionRefused;
  });
  EXPECT_EQ(Await(TcpStream::Connect("nonsense")).error().code(), ErrorCode::kInvalidArgument);
}

TEST_P(TcpTest, SecondBindOfAPortIsATypedError) {
  AttachedLoop loop(GetParam());
  Result<TcpListener> first = Await(TcpListener::Bind("127.0.0.1:0"));
  ASSERT_TRUE(first.ok());
  Result<TcpListener> second = Await(TcpListener::Bind(*first->local_address()));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kAddressInUse);
  ListenOptions shared;
  shared.reuse_port = true;
  Result<TcpListener> third = Await(TcpListener::Bind("127.0.0.1:0", shared));
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(Await(TcpListener::Bind(*third->local_address(), shared)).ok());
}

// A write larger than the socket takes at once: it waits, goes on, and nothing is lost.
TEST_P(TcpTest, LargeWritesArriveWhole) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  connection.peer.SetBuffers(1 << 18);  // else the kernel makes them grow from round to round
  const std::string message = Pattern(8u << 20);
  int kind = 0;
  for (int round = 0; round < 3; ++round, ++kind) {
    std::optional<Driven<WriteAll>> write;
    const std::span<const uint8_t> borrowed(reinterpret_cast<const uint8_t*>(message.data()),
                                            message.size());
    if (kind == 0) write.emplace(connection.stream.WriteAll(message));
    if (kind == 1) write.emplace(connection.stream.WriteAll(borrowed));
    if (kind == 2) {
      write.emplace(connection.stream.WriteAll(io::OwnedBytes(const_cast<uint8_t*>(borrowed.data()),
                                                              borrowed.size(), nullptr, nullptr)));
    }
    ASSERT_FALSE(write->Poll()) << "8 MiB fit into the socket";
    std::string got;
    std::vector<char> buffer(1u << 16);
    while (got.size() < message.size()) {
      const ssize_t count =
          recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count > 0) got.append(buffer.data(), static_cast<size_t>(count));
      loop->Poll();
      if (write->woken() && !write->ready()) write->Poll();
    }
    EXPECT_EQ(got, message);
    EXPECT_TRUE(write->Finish().ok());
  }
}

TEST_P(TcpTest, ReadIntoASpanTakesWhatFits) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  const std::string message = Pattern(10'000);
  connection.peer.Send(message);
  std::string got;
  while (got.size() < message.size()) {
    uint8_t piece[777];
    Result<size_t> count = Await(connection.stream.Read(std::span<uint8_t>(piece)));
    ASSERT_TRUE(count.ok());
    ASSERT_GT(*count, 0u);
    got.append(reinterpret_cast<char*>(piece), *count);
  }
  EXPECT_EQ(got, message);
}

// Dropping a read loses nothing: the next one has the bytes.
TEST_P(TcpTest, DroppedReadLosesNoByte) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  const std::string message = Pattern(50'000);
  std::string got;
  size_t sent = 0;
  for (int i = 0; got.size() < message.size(); ++i) {
    {
      Driven dropped(connection.stream.Read());
      if (dropped.Poll()) {
        got.append(dropped.value()->view());
      } else if (sent < message.size()) {
        const size_t part = std::min<size_t>(997, message.size() - sent);
        connection.peer.Send(std::string_view(message).substr(sent, part));
        sent += part;
        if (i % 3 != 0) TurnUntil([&] { return dropped.woken(); });
      }
    }
    if (i % 2 == 0) loop->Poll();
  }
  EXPECT_EQ(got, message);
}

TEST_P(TcpTest, ClosingWakesAReadAndAnAccept) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Driven read(connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  loop->Poll();
  connection.stream.Close();
  EXPECT_EQ(read.Finish().error().code(), ErrorCode::kClosed);
  EXPECT_TRUE(connection.peer.AtEndAfterTurns());

  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  Driven accept(listener->Accept());
  ASSERT_FALSE(accept.Poll());
  loop->Poll();
  listener->Close();
  EXPECT_EQ(accept.Finish().error().code(), ErrorCode::kClosed);
  EXPECT_EQ(Await(connection.stream.Read()).error().code(), ErrorCode::kClosed);
  EXPECT_EQ(Await(connection.stream.WriteAll(std::string("x"))).error().code(), ErrorCode::kClosed);
}

TEST_P(TcpTest, ClosingEndsAWriteThatWaits) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Driven write(connection.stream.WriteAll(Pattern(16u << 20)));
  ASSERT_FALSE(write.Poll());
  loop->Poll();
  connection.stream.Close();
  EXPECT_EQ(write.Finish().error().code(), ErrorCode::kClosed);
}

TEST_P(TcpTest, OneReadMayWaitAtATime) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  Driven first(connection.stream.Read());
  ASSERT_FALSE(first.Poll());
  EXPECT_EQ(Await(connection.stream.Read()).error().code(), ErrorCode::kInvalidArgument);
  first.Drop();
  EXPECT_EQ(first.waker_clones(), 1) << "the dropped read kept a waker";
  connection.peer.Send("x");
  EXPECT_EQ(ReadBytes(connection.stream, 1), "x");
}

TEST_P(TcpTest, OutsideALoopIsATypedError) {
  SocketStream stream;
  {
    AttachedLoop loop(GetParam());
    Connection connection = MakeConnection();
    stream = std::move(connection.stream);
  }
  zokio::testing::ManualContext manual;
  EXPECT_EQ(stream.Read().poll(manual.context).value().error().code(), ErrorCode::kWrongThread);
  EXPECT_EQ(stream.WriteAll(std::string("x")).poll(manual.context).value().error().code(),
            ErrorCode::kWrongThread);
  EXPECT_EQ(TcpStream::Connect("127.0.0.1:1").poll(manual.context).value().error().code(),
            ErrorCode::kWrongThread);
  EXPECT_EQ(TcpListener::Bind("127.0.0.1:0").poll(manual.context).value().error().code(),
            ErrorCode::kWrongThread);
}

// What outlives its loop fails with a typed error and keeps no descriptor.
TEST_P(TcpTest, OutlivingTheLoopIsATypedError) {
  const int before = io::testing::CountDescriptors();
  {
    std::optional<AttachedLoop> loop(std::in_place, GetParam());
    Connection connection = MakeConnection();
    Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
    connection.peer.Send("left behind");
    Result<Lease> lease = Await(connection.stream.Read());
    ASSERT_TRUE(lease.ok());
    Driven read(connection.stream.Read());
    ASSERT_FALSE(read.Poll());
    Driven accept(listener->Accept());
    ASSERT_FALSE(accept.Poll());
    Driven write(connection.stream.WriteAll(Pattern(16u << 20)));
    ASSERT_FALSE(write.Poll());
    loop->operator->()->Poll();
    loop.reset();
    EXPECT_TRUE(read.woken());
    EXPECT_TRUE(accept.woken());
    EXPECT_TRUE(write.woken());
    EXPECT_EQ(lease->view(), "left behind");
    AttachedLoop other(GetParam());
    EXPECT_EQ(read.Finish().error().code(), ErrorCode::kShutdown);
    EXPECT_EQ(accept.Finish().error().code(), ErrorCode::kShutdown);
    EXPECT_EQ(write.Finish().error().code(), ErrorCode::kShutdown);
  }
  EXPECT_EQ(io::testing::CountDescriptors(), before);
}

TEST_P(TcpTest, ManyConnectionsComeAndGoWithoutALeak) {
  AttachedLoop loop(GetParam());
  Result<TcpListener> listener = Await(TcpListener::Bind("127.0.0.1:0"));
  const SocketAddress address = *listener->local_address();
  const int before = io::testing::CountDescriptors();
  for (int round = 0; round < 5; ++round) {
    std::vector<TcpStream> clients;
    std::vector<TcpStream> servers;
    for (int i = 0; i < 50; ++i) {
      Driven connect(TcpStream::Connect(address));
      clients.push_back(*connect.Finish());
      const SocketAddress wanted = *clients.back().local_address();
      while (true) {  // skips what came of connects that were dropped
        servers.push_back(*Await(listener->Accept()));
        const Result<SocketAddress> peer = servers.back().peer_address();
        if (peer.ok() && *peer == wanted) break;
        servers.pop_back();
      }
      if (i % 3 == 0) {
        Driven dropped(servers.back().Read());
        ASSERT_FALSE(dropped.Poll());
      }
      if (i % 5 == 0) Driven(TcpStream::Connect(address)).Poll();  // dropped at once
    }
    for (size_t i = 0; i < clients.size(); ++i) {
      ASSERT_TRUE(Await(clients[i].WriteAll(std::string("ping"))).ok());
      EXPECT_EQ(ReadBytes(servers[i], 4), "ping");
    }
  }
  TurnUntil([&] {
    Driven stray(listener->Accept());  // what was dropped half-way
    stray.Poll();
    return io::testing::CountDescriptors() == before;
  });
}

// A buffer that came back goes to the kernel although the first in line no longer wants one: the
// next in line gets it.
TEST_P(TcpTest, AReaderGetsTheBufferThatAnotherNoLongerWants) {
  io::LoopOptions options;
  options.buffers_max = 32;
  AttachedLoop loop(GetParam(), options);
  Connection filler = MakeConnection();
  Connection first = MakeConnection();
  Connection second = MakeConnection();
  std::vector<Lease> leases;
  for (int i = 0; i < 32; ++i) {
    filler.peer.Send("x");
    leases.push_back(*Await(filler.stream.Read()));
  }
  auto gone = std::make_unique<Driven<ReadLease>>(first.stream.Read());
  Driven waits(second.stream.Read());
  first.peer.Send("a");
  second.peer.Send("b");
  ASSERT_FALSE(gone->Poll());
  ASSERT_FALSE(waits.Poll());
  TurnUntil([&] {
    if (gone->woken()) (void)gone->Poll();
    if (waits.woken()) (void)waits.Poll();
    return loop->stats().out_of_buffers >= 2;
  });
  gone.reset();
  leases.pop_back();
  EXPECT_EQ(waits.Finish()->view(), "b");
}

}  // namespace
}  // namespace zokio
