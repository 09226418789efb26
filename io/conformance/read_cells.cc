// Reading a stream by lease, in every condition.
#include "io/conformance/cells.h"

namespace zokio::io::conformance {
namespace {

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

}  // namespace

std::vector<Cell> ReadCells() {
  return {
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
  };
}

}  // namespace zokio::io::conformance
