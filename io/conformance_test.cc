// The conformance table: every operation in every condition, on every backend.
//
// A cell is a function below; a cell that makes no sense is listed with its reason in
// testdata/conformance_not_applicable.txt. The last test checks that each cell is one or the other
// and prints the matrix.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "future/timeout.h"
#include "gtest/gtest.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::CountDescriptors;
using testing::Driven;
using testing::MakeConnection;
using testing::Peer;
using testing::TurnUntil;
using zokio::testing::ManualContext;
using zokio::testing::VirtualTimer;

constexpr const char* kOperations[] = {"read", "read_span", "write", "accept", "connect"};
constexpr const char* kConditions[] = {
    "ok",      "cancel_before", "cancel_in_flight", "cancel_after",   "close_during",
    "timeout", "partial",       "end_of_file",      "out_of_buffers", "queue_full"};

// What the cells start from.
struct Rig {
  explicit Rig(BackendChoice choice, const LoopOptions& options = LoopOptions())
      : loop(choice, options), connection(MakeConnection()) {
    Result<TcpListener> bound = Await(TcpListener::Bind("127.0.0.1:0"));
    ZOKIO_CHECK(bound.ok(), "bind");
    listener = *std::move(bound);
    address = *listener.local_address();
    for (int i = 0; i < 4; ++i) loop->Poll();  // what MakeConnection left is closed
  }
  // Fills the socket until a write has to wait.
  void FillSocket() {
    const std::string piece(1 << 16, 'f');
    while (TrySend(connection.stream.native_handle(),
                   reinterpret_cast<const uint8_t*>(piece.data()), piece.size()) > 0) {
    }
  }
  std::string Drain(size_t size) {
    std::string text;
    std::vector<char> buffer(1 << 16);
    TurnUntil([&] {
      ssize_t count;
      while ((count = recv(connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT)) >
             0) {
        text.append(buffer.data(), static_cast<size_t>(count));
      }
      return text.size() >= size;
    });
    return text;
  }

  AttachedLoop loop;
  Connection connection;
  TcpListener listener;
  SocketAddress address;
};

std::string ReadAll(TcpStream& stream, size_t size) {
  std::string text;
  while (text.size() < size) {
    Result<Lease> chunk = Await(stream.Read());
    if (!chunk.ok() || chunk->empty()) break;
    text.append(chunk->view());
  }
  return text;
}

// Polls `future` under a deadline that passes while it waits.
template <typename F>
ErrorCode RunIntoTheDeadline(F future) {
  VirtualTimer timer;
  ManualContext manual(nullptr, &timer);
  Context& context = manual.context;
  manual.environment.timer = &timer;
  auto limited = Timeout(std::move(future), std::chrono::seconds(1));
  if (limited.poll(context).ready()) return ErrorCode::kUnknown;
  Loop::Current()->Poll();
  timer.Advance(std::chrono::seconds(2));
  EXPECT_GT(manual.counter.wakes(), 0);
  auto poll = limited.poll(context);
  if (poll.pending() || poll.value().ok()) return ErrorCode::kUnknown;
  return poll.value().error().code();
}

// ---- read ---------------------------------------------------------------------------------------

void ReadOk(BackendChoice choice) {
  Rig rig(choice);
  Driven read(rig.connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  rig.connection.peer.Send("bytes");
  EXPECT_EQ(read.Finish()->view(), "bytes");
}

void ReadCancelBefore(BackendChoice choice) {
  Rig rig(choice);
  {
    Driven read(rig.connection.stream.Read());
    ASSERT_FALSE(read.Poll());
  }  // nothing of it was submitted yet
  rig.connection.peer.Send("kept");
  EXPECT_EQ(ReadAll(rig.connection.stream, 4), "kept");
}

void ReadCancelInFlight(BackendChoice choice) {
  Rig rig(choice);
  {
    Driven read(rig.connection.stream.Read());
    ASSERT_FALSE(read.Poll());
    rig.loop->Poll();
    rig.connection.peer.Send("kept");
  }
  EXPECT_EQ(ReadAll(rig.connection.stream, 4), "kept");
}

void ReadCancelAfter(BackendChoice choice) {
  Rig rig(choice);
  {
    Driven read(rig.connection.stream.Read());
    ASSERT_FALSE(read.Poll());
    rig.connection.peer.Send("kept");
    TurnUntil([&] { return read.woken(); });
  }
  EXPECT_EQ(ReadAll(rig.connection.stream, 4), "kept");
}

void ReadCloseDuring(BackendChoice choice) {
  Rig rig(choice);
  Driven read(rig.connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  rig.loop->Poll();
  rig.connection.stream.Close();
  EXPECT_EQ(read.Finish().error().code(), ErrorCode::kClosed);
  EXPECT_TRUE(rig.connection.peer.AtEndAfterTurns());
}

void ReadTimeout(BackendChoice choice) {
  Rig rig(choice);
  EXPECT_EQ(RunIntoTheDeadline(rig.connection.stream.Read()), ErrorCode::kDeadlineExceeded);
  rig.connection.peer.Send("kept");
  EXPECT_EQ(ReadAll(rig.connection.stream, 4), "kept");
}

void ReadPartial(BackendChoice choice) {
  Rig rig(choice);
  const std::string text(3 * 4096 + 17, 'p');  // more than a buffer
  rig.connection.peer.Send(text);
  Result<Lease> first = Await(rig.connection.stream.Read());
  ASSERT_TRUE(first.ok());
  EXPECT_LT(first->size(), text.size());
  EXPECT_EQ(first->size() + ReadAll(rig.connection.stream, text.size() - first->size()).size(),
            text.size());
}

void ReadEndOfFile(BackendChoice choice) {
  Rig rig(choice);
  Driven read(rig.connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  rig.connection.peer.ShutdownSend();
  Result<Lease> end = read.Finish();
  ASSERT_TRUE(end.ok());
  EXPECT_TRUE(end->empty());
}

// All buffers are lent out: reading waits until one comes back.
void ReadOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 32;
  Rig rig(choice, options);
  std::vector<Lease> leases;
  for (int i = 0; i < 32; ++i) {
    rig.connection.peer.Send("x");
    leases.push_back(*Await(rig.connection.stream.Read()));
  }
  rig.connection.peer.Send("y");
  Driven read(rig.connection.stream.Read());
  ASSERT_FALSE(read.Poll());
  TurnUntil([&] {
    if (read.woken()) {
      EXPECT_FALSE(read.Poll());
    }
    return rig.loop->stats().out_of_buffers > 0;
  });
  EXPECT_FALSE(read.ready());
  leases.clear();
  EXPECT_EQ(read.Finish()->view(), "y");
}

LoopOptions TinyQueues() {
  LoopOptions options;
  options.submission_entries = 2;
  options.completion_entries = 4;
  return options;
}

// More operations at once than the queues hold.
void ReadQueueFull(BackendChoice choice) {
  Rig rig(choice, TinyQueues());
  std::vector<Connection> connections;
  std::vector<std::unique_ptr<Driven<ReadLease>>> reads;
  for (int i = 0; i < 64; ++i) {
    connections.push_back(MakeConnection());
    reads.push_back(std::make_unique<Driven<ReadLease>>(connections.back().stream.Read()));
    ASSERT_FALSE(reads.back()->Poll());
  }
  for (Connection& connection : connections) connection.peer.Send("abc");
  for (auto& read : reads) EXPECT_EQ(read->Finish()->view(), "abc");
  for (Connection& connection : connections) {
    connection.peer.Send("d");
    EXPECT_EQ(ReadAll(connection.stream, 1), "d");
  }
}

// ---- read into a span ---------------------------------------------------------------------------

void SpanOk(BackendChoice choice) {
  Rig rig(choice);
  uint8_t target[8] = {};
  Driven read(rig.connection.stream.Read(std::span<uint8_t>(target)));
  ASSERT_FALSE(read.Poll());
  rig.connection.peer.Send("bytes");
  ASSERT_EQ(*read.Finish(), 5u);
  EXPECT_EQ(std::string(target, target + 5), "bytes");
}

template <typename During>
void SpanDropped(BackendChoice choice, During during) {
  Rig rig(choice);
  uint8_t target[8] = {};
  {
    Driven read(rig.connection.stream.Read(std::span<uint8_t>(target)));
    ASSERT_FALSE(read.Poll());
    during(rig, read);
  }
  if (rig.connection.stream.open()) {
    EXPECT_EQ(ReadAll(rig.connection.stream, 4), "kept");
  }
  EXPECT_EQ(target[0], 0);
}

void SpanCancelBefore(BackendChoice choice) {
  SpanDropped(choice, [](Rig& rig, auto&) { rig.connection.peer.Send("kept"); });
}
void SpanCancelInFlight(BackendChoice choice) {
  SpanDropped(choice, [](Rig& rig, auto&) {
    rig.loop->Poll();
    rig.connection.peer.Send("kept");
  });
}
void SpanCancelAfter(BackendChoice choice) {
  SpanDropped(choice, [](Rig& rig, auto& read) {
    rig.connection.peer.Send("kept");
    TurnUntil([&] { return read.woken(); });
  });
}
void SpanCloseDuring(BackendChoice choice) {
  SpanDropped(choice, [](Rig& rig, auto& read) {
    rig.loop->Poll();
    rig.connection.stream.Close();
    EXPECT_EQ(read.Finish().error().code(), ErrorCode::kClosed);
  });
}

void SpanTimeout(BackendChoice choice) {
  Rig rig(choice);
  uint8_t target[8] = {};
  EXPECT_EQ(RunIntoTheDeadline(rig.connection.stream.Read(std::span<uint8_t>(target))),
            ErrorCode::kDeadlineExceeded);
  rig.connection.peer.Send("kept");
  EXPECT_EQ(ReadAll(rig.connection.stream, 4), "kept");
}

void SpanPartial(BackendChoice choice) {
  Rig rig(choice);
  rig.connection.peer.Send("0123456789");
  std::string got;
  while (got.size() < 10) {
    uint8_t target[3];
    const Result<size_t> count = Await(rig.connection.stream.Read(std::span<uint8_t>(target)));
    ASSERT_TRUE(count.ok());
    got.append(target, target + *count);
  }
  EXPECT_EQ(got, "0123456789");
}

void SpanEndOfFile(BackendChoice choice) {
  Rig rig(choice);
  rig.connection.peer.ShutdownSend();
  uint8_t target[8];
  EXPECT_EQ(*Await(rig.connection.stream.Read(std::span<uint8_t>(target))), 0u);
}

void SpanOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 32;
  Rig rig(choice, options);
  std::vector<Lease> leases;
  for (int i = 0; i < 32; ++i) {
    rig.connection.peer.Send("x");
    leases.push_back(*Await(rig.connection.stream.Read()));
  }
  rig.connection.peer.Send("y");
  uint8_t target[8] = {};
  Driven read(rig.connection.stream.Read(std::span<uint8_t>(target)));
  if (!read.Poll()) leases.clear();  // epoll needs no buffer of the pool
  EXPECT_EQ(*read.Finish(), 1u);
  EXPECT_EQ(target[0], 'y');
}

void SpanQueueFull(BackendChoice choice) {
  Rig rig(choice, TinyQueues());
  std::vector<Connection> connections;
  for (int i = 0; i < 32; ++i) connections.push_back(MakeConnection());
  for (Connection& connection : connections) {
    uint8_t target[4];
    Driven read(connection.stream.Read(std::span<uint8_t>(target)));
    ASSERT_FALSE(read.Poll());
    connection.peer.Send("q");
  }
  for (Connection& connection : connections) EXPECT_EQ(ReadAll(connection.stream, 1), "q");
}

// ---- write --------------------------------------------------------------------------------------

void WriteOk(BackendChoice choice) {
  Rig rig(choice);
  ASSERT_TRUE(Await(rig.connection.stream.WriteAll(std::string("bytes"))).ok());
  EXPECT_EQ(rig.connection.peer.Receive(5), "bytes");
}

// A write that waits is dropped: what was not sent is not sent later, and memory is intact.
template <typename During>
void WriteDropped(BackendChoice choice, During during) {
  Rig rig(choice);
  rig.FillSocket();
  {
    Driven write(rig.connection.stream.WriteAll(std::string(100, 'w')));
    ASSERT_FALSE(write.Poll());
    during(rig, write);
  }
  rig.loop->Poll();
  ASSERT_TRUE(rig.connection.stream.Shutdown().ok());
  std::string rest;
  std::vector<char> buffer(1 << 16);
  TurnUntil([&] {
    const ssize_t count =
        recv(rig.connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) rest.append(buffer.data(), static_cast<size_t>(count));
    return count == 0;
  });
  EXPECT_LE(std::count(rest.begin(), rest.end(), 'w'), 100);
}

void WriteCancelBefore(BackendChoice choice) {
  WriteDropped(choice, [](Rig&, auto&) {});
}
void WriteCancelInFlight(BackendChoice choice) {
  WriteDropped(choice, [](Rig& rig, auto&) { rig.loop->Poll(); });
}
void WriteCancelAfter(BackendChoice choice) {
  WriteDropped(choice, [](Rig& rig, auto& write) {
    rig.loop->Poll();
    std::vector<char> buffer(1 << 16);
    TurnUntil([&] {
      (void)!recv(rig.connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      return write.woken();
    });
  });
}

void WriteCloseDuring(BackendChoice choice) {
  Rig rig(choice);
  rig.FillSocket();
  Driven write(rig.connection.stream.WriteAll(std::string(100, 'w')));
  ASSERT_FALSE(write.Poll());
  rig.loop->Poll();
  rig.connection.stream.Close();
  EXPECT_EQ(write.Finish().error().code(), ErrorCode::kClosed);
}

void WriteTimeout(BackendChoice choice) {
  Rig rig(choice);
  rig.FillSocket();
  EXPECT_EQ(RunIntoTheDeadline(rig.connection.stream.WriteAll(std::string(100, 'w'))),
            ErrorCode::kDeadlineExceeded);
}

void WritePartial(BackendChoice choice) {
  Rig rig(choice);
  const std::string text(8u << 20, 'p');
  Driven write(rig.connection.stream.WriteAll(text));
  ASSERT_FALSE(write.Poll());
  std::string got;
  std::vector<char> buffer(1 << 16);
  TurnUntil([&] {
    const ssize_t count =
        recv(rig.connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) got.append(buffer.data(), static_cast<size_t>(count));
    if (write.woken() && !write.ready()) (void)write.Poll();
    rig.loop->Poll();
    return got.size() == text.size();
  });
  EXPECT_TRUE(write.Finish().ok());
  EXPECT_EQ(got, text);
}

void WriteEndOfFile(BackendChoice choice) {
  Rig rig(choice);
  rig.connection.peer.Reset();
  TurnUntil([&] {
    const Result<void> result = Await(rig.connection.stream.WriteAll(std::string("x")));
    if (result.ok()) return false;
    EXPECT_EQ(result.error().code(), ErrorCode::kConnectionReset);
    return true;
  });
}

// A span that has to wait is copied; without a buffer of the pool, to the heap.
void WriteOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 32;
  Rig rig(choice, options);
  std::vector<Lease> leases;
  for (int i = 0; i < 32; ++i) {
    rig.connection.peer.Send("x");
    leases.push_back(*Await(rig.connection.stream.Read()));
  }
  rig.FillSocket();
  const std::vector<uint8_t> data(100, 'w');
  Driven write(rig.connection.stream.WriteAll(std::span<const uint8_t>(data)));
  ASSERT_FALSE(write.Poll());
  TurnUntil([&] {
    std::vector<char> buffer(1 << 16);
    (void)!recv(rig.connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return write.ready() || (write.woken() && write.Poll());
  });
  EXPECT_TRUE(write.value().ok());
}

void WriteQueueFull(BackendChoice choice) {
  Rig rig(choice, TinyQueues());
  std::vector<Connection> connections;
  std::vector<std::unique_ptr<Driven<WriteAll>>> writes;
  const std::string text(4u << 20, 'q');
  for (int i = 0; i < 8; ++i) {
    connections.push_back(MakeConnection());
    writes.push_back(std::make_unique<Driven<WriteAll>>(connections.back().stream.WriteAll(text)));
    (void)writes.back()->Poll();
  }
  std::vector<char> buffer(1 << 16);
  size_t got = 0;
  TurnUntil([&] {
    for (size_t i = 0; i < connections.size(); ++i) {
      const ssize_t count =
          recv(connections[i].peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      got += count > 0 ? static_cast<size_t>(count) : 0;
      if (writes[i]->woken() && !writes[i]->ready()) (void)writes[i]->Poll();
    }
    rig.loop->Poll();
    return got == text.size() * connections.size();
  });
  for (auto& write : writes) EXPECT_TRUE(write->Finish().ok());
}

// ---- accept -------------------------------------------------------------------------------------

void AcceptOk(BackendChoice choice) {
  Rig rig(choice);
  Driven accept(rig.listener.Accept());
  ASSERT_FALSE(accept.Poll());
  Peer peer = Peer::ConnectTo(rig.address);
  EXPECT_TRUE(accept.Finish().ok());
}

// Dropping an accept loses no connection.
template <typename During>
void AcceptDropped(BackendChoice choice, During during) {
  Rig rig(choice);
  Peer peer;
  {
    Driven accept(rig.listener.Accept());
    ASSERT_FALSE(accept.Poll());
    during(rig, accept, peer);
  }
  if (peer.handle() == kNoHandle) peer = Peer::ConnectTo(rig.address);
  Result<TcpStream> stream = Await(rig.listener.Accept());
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE(Await(stream->WriteAll(std::string("hi"))).ok());
  EXPECT_EQ(peer.Receive(2), "hi");
}

void AcceptCancelBefore(BackendChoice choice) {
  AcceptDropped(choice, [](Rig&, auto&, Peer&) {});
}
void AcceptCancelInFlight(BackendChoice choice) {
  AcceptDropped(choice, [](Rig& rig, auto&, Peer& peer) {
    rig.loop->Poll();
    peer = Peer::ConnectTo(rig.address);
  });
}
void AcceptCancelAfter(BackendChoice choice) {
  AcceptDropped(choice, [](Rig& rig, auto& accept, Peer& peer) {
    peer = Peer::ConnectTo(rig.address);
    TurnUntil([&] { return accept.woken(); });
  });
}

// Connections accepted but not asked for are closed with the listener: none leaks.
void AcceptCloseDuring(BackendChoice choice) {
  Rig rig(choice);
  const int before = CountDescriptors();
  Driven accept(rig.listener.Accept());
  ASSERT_FALSE(accept.Poll());
  rig.loop->Poll();
  Peer first = Peer::ConnectTo(rig.address);
  Peer second = Peer::ConnectTo(rig.address);
  TurnUntil([&] { return accept.woken(); });
  rig.listener.Close();
  EXPECT_EQ(accept.Finish().error().code(), ErrorCode::kClosed);
  EXPECT_TRUE(first.AtEndAfterTurns());
  EXPECT_TRUE(second.AtEndAfterTurns());
  accept.Drop();
  first.Close();
  second.Close();
  TurnUntil([&] { return CountDescriptors() == before - 1; });  // the listener's is gone too
}

void AcceptTimeout(BackendChoice choice) {
  Rig rig(choice);
  EXPECT_EQ(RunIntoTheDeadline(rig.listener.Accept()), ErrorCode::kDeadlineExceeded);
  Peer peer = Peer::ConnectTo(rig.address);
  EXPECT_TRUE(Await(rig.listener.Accept()).ok());
}

void AcceptQueueFull(BackendChoice choice) {
  Rig rig(choice, TinyQueues());
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) peers.push_back(Peer::ConnectTo(rig.address));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Await(rig.listener.Accept()).ok());
}

// ---- connect ------------------------------------------------------------------------------------

void ConnectOk(BackendChoice choice) {
  Rig rig(choice);
  Result<TcpStream> stream = Await(TcpStream::Connect(rig.address));
  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(*stream->peer_address(), rig.address);
}

// An address that never answers: the listener's backlog is full.
struct FullBacklog {
  explicit FullBacklog() {
    Result<NativeHandle> opened = OpenListener(*SocketAddress::Parse("127.0.0.1:0"), Backlog());
    ZOKIO_CHECK(opened.ok(), "listen");
    listener = *opened;
    address = *LocalAddressOf(listener);
    for (int i = 0; i < 4; ++i) {
      const NativeHandle handle = OpenTcp(SocketAddress::Family::kIpv4);
      SetNonBlocking(handle);
      (void)TryConnect(handle, address);
      fillers.emplace_back(handle);
    }
  }
  ~FullBacklog() { CloseSocket(listener); }
  static ListenParameters Backlog() {
    ListenParameters parameters;
    parameters.backlog = 0;
    return parameters;
  }

  NativeHandle listener;
  SocketAddress address;
  std::vector<Peer> fillers;
};

// Dropping a connect closes its socket, also when the connection is made too late.
template <typename During>
void ConnectDropped(BackendChoice choice, const SocketAddress* where, During during) {
  Rig rig(choice);
  const int before = CountDescriptors();
  {
    Driven connect(TcpStream::Connect(where != nullptr ? *where : rig.address));
    if (!connect.Poll()) during(rig, connect);
  }
  TurnUntil([&] { return CountDescriptors() <= before; });
}

void ConnectCancelBefore(BackendChoice choice) {
  ConnectDropped(choice, nullptr, [](Rig&, auto&) {});
}
void ConnectCancelInFlight(BackendChoice choice) {
  FullBacklog full;
  ConnectDropped(choice, &full.address, [](Rig& rig, auto& connect) {
    rig.loop->Poll();
    rig.loop->Poll();
    EXPECT_FALSE(connect.woken());
  });
}
void ConnectCancelAfter(BackendChoice choice) {
  ConnectDropped(choice, nullptr,
                 [](Rig&, auto& connect) { TurnUntil([&] { return connect.woken(); }); });
}

// The listener goes while the connection is being made.
void ConnectCloseDuring(BackendChoice choice) {
  Rig rig(choice);
  auto full = std::make_unique<FullBacklog>();
  Driven connect(TcpStream::Connect(full->address));
  ASSERT_FALSE(connect.Poll());
  rig.loop->Poll();
  full.reset();
  const Result<TcpStream> stream = connect.Finish();  // after a retransmission by the kernel
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(stream.error().code(), ErrorCode::kConnectionRefused);
}

void ConnectTimeout(BackendChoice choice) {
  Rig rig(choice);
  FullBacklog full;
  EXPECT_EQ(RunIntoTheDeadline(TcpStream::Connect(full.address)), ErrorCode::kDeadlineExceeded);
}

void ConnectQueueFull(BackendChoice choice) {
  Rig rig(choice, TinyQueues());
  std::vector<std::unique_ptr<Driven<ConnectTcp>>> connects;
  for (int i = 0; i < 100; ++i) {
    connects.push_back(std::make_unique<Driven<ConnectTcp>>(TcpStream::Connect(rig.address)));
    (void)connects.back()->Poll();
  }
  for (auto& connect : connects) EXPECT_TRUE(connect->Finish().ok());
}

// ---- the table ----------------------------------------------------------------------------------

struct Cell {
  const char* operation;
  const char* condition;
  void (*check)(BackendChoice);
};

const Cell kCells[] = {
    {"read", "ok", &ReadOk},
    {"read", "cancel_before", &ReadCancelBefore},
    {"read", "cancel_in_flight", &ReadCancelInFlight},
    {"read", "cancel_after", &ReadCancelAfter},
    {"read", "close_during", &ReadCloseDuring},
    {"read", "timeout", &ReadTimeout},
    {"read", "partial", &ReadPartial},
    {"read", "end_of_file", &ReadEndOfFile},
    {"read", "out_of_buffers", &ReadOutOfBuffers},
    {"read", "queue_full", &ReadQueueFull},
    {"read_span", "ok", &SpanOk},
    {"read_span", "cancel_before", &SpanCancelBefore},
    {"read_span", "cancel_in_flight", &SpanCancelInFlight},
    {"read_span", "cancel_after", &SpanCancelAfter},
    {"read_span", "close_during", &SpanCloseDuring},
    {"read_span", "timeout", &SpanTimeout},
    {"read_span", "partial", &SpanPartial},
    {"read_span", "end_of_file", &SpanEndOfFile},
    {"read_span", "out_of_buffers", &SpanOutOfBuffers},
    {"read_span", "queue_full", &SpanQueueFull},
    {"write", "ok", &WriteOk},
    {"write", "cancel_before", &WriteCancelBefore},
    {"write", "cancel_in_flight", &WriteCancelInFlight},
    {"write", "cancel_after", &WriteCancelAfter},
    {"write", "close_during", &WriteCloseDuring},
    {"write", "timeout", &WriteTimeout},
    {"write", "partial", &WritePartial},
    {"write", "end_of_file", &WriteEndOfFile},
    {"write", "out_of_buffers", &WriteOutOfBuffers},
    {"write", "queue_full", &WriteQueueFull},
    {"accept", "ok", &AcceptOk},
    {"accept", "cancel_before", &AcceptCancelBefore},
    {"accept", "cancel_in_flight", &AcceptCancelInFlight},
    {"accept", "cancel_after", &AcceptCancelAfter},
    {"accept", "close_during", &AcceptCloseDuring},
    {"accept", "timeout", &AcceptTimeout},
    {"accept", "queue_full", &AcceptQueueFull},
    {"connect", "ok", &ConnectOk},
    {"connect", "cancel_before", &ConnectCancelBefore},
    {"connect", "cancel_in_flight", &ConnectCancelInFlight},
    {"connect", "cancel_after", &ConnectCancelAfter},
    {"connect", "close_during", &ConnectCloseDuring},
    {"connect", "timeout", &ConnectTimeout},
    {"connect", "queue_full", &ConnectQueueFull},
};

class ConformanceTest : public ::testing::TestWithParam<std::tuple<BackendChoice, Cell>> {};

TEST_P(ConformanceTest, Cell) {
  const auto& [choice, cell] = GetParam();
  LoopOptions options;
  options.backend = choice;
  if (!BackendPlan::Make(options).ok()) GTEST_SKIP() << Describe();
  const int before = CountDescriptors();
  cell.check(choice);
  EXPECT_EQ(CountDescriptors(), before) << "descriptors leaked";
}

INSTANTIATE_TEST_SUITE_P(Table, ConformanceTest,
                         ::testing::Combine(::testing::Values(BackendChoice::kUring,
                                                              BackendChoice::kEpoll),
                                            ::testing::ValuesIn(kCells)),
                         [](const auto& info) {
                           const Cell& cell = std::get<1>(info.param);
                           return std::string(testing::ChoiceName(std::get<0>(info.param))) + "_" +
                                  cell.operation + "_" + cell.condition;
                         });

TEST(ConformanceTableTest, EveryCellRunsOrIsExcused) {
  std::set<std::string> seen;
  for (const Cell& cell : kCells) {
    EXPECT_TRUE(seen.insert(std::string(cell.operation) + " " + cell.condition).second);
  }
  EXPECT_EQ(seen.size(), 44u);
  std::ifstream file("io/testdata/conformance_not_applicable.txt");
  ASSERT_TRUE(file.is_open());
  std::set<std::string> excused;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t colon = line.find(": ");
    ASSERT_NE(colon, std::string::npos) << line;
    EXPECT_TRUE(excused.insert(line.substr(0, colon)).second) << line;
    EXPECT_EQ(seen.count(line.substr(0, colon)), 0u) << "excused, but it runs: " << line;
  }
  std::printf("| operation |");
  for (const char* condition : kConditions) std::printf(" %s |", condition);
  std::printf("\n");
  for (const char* operation : kOperations) {
    std::printf("| %s |", operation);
    for (const char* condition : kConditions) {
      const std::string name = std::string(operation) + " " + condition;
      const bool runs = seen.count(name) != 0;
      EXPECT_TRUE(runs || excused.count(name) != 0) << name << " is neither run nor excused";
      std::printf(" %s |", runs ? "yes" : "n/a");
    }
    std::printf("\n");
  }
  EXPECT_EQ(seen.size() + excused.size(), std::size(kOperations) * std::size(kConditions));
}

}  // namespace
}  // namespace zokio::io
