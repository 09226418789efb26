// Reading a stream into memory of the caller, in every condition.
#include "io/conformance/cells.h"

namespace zokio::io::conformance {
namespace {

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
  connections.reserve(32);
  for (int i = 0; i < 32; ++i) connections.push_back(MakeConnection());
  for (Connection& connection : connections) {
    uint8_t target[4];
    Driven read(connection.stream.Read(std::span<uint8_t>(target)));
    ASSERT_FALSE(read.Poll());
    connection.peer.Send("q");
  }
  for (Connection& connection : connections) EXPECT_EQ(ReadAll(connection.stream, 1), "q");
}

}  // namespace

std::vector<Cell> ReadSpanCells() {
  return {
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
  };
}

}  // namespace zokio::io::conformance
