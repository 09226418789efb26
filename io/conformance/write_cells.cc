// Writing a stream, in every condition.
#include "io/conformance/cells.h"

namespace zokio::io::conformance {
namespace {

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
    ssize_t count;
    while ((count = recv(rig.connection.peer.handle(), buffer.data(), buffer.size(),
                         MSG_DONTWAIT)) > 0) {
      rest.append(buffer.data(), static_cast<size_t>(count));
    }
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
      while (recv(rig.connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
      }
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
    ssize_t count;
    while ((count = recv(rig.connection.peer.handle(), buffer.data(), buffer.size(),
                         MSG_DONTWAIT)) > 0) {
      got.append(buffer.data(), static_cast<size_t>(count));
    }
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
    while (recv(rig.connection.peer.handle(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
    }
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
      ssize_t count;
      while ((count = recv(connections[i].peer.handle(), buffer.data(), buffer.size(),
                           MSG_DONTWAIT)) > 0) {
        got += static_cast<size_t>(count);
      }
      if (writes[i]->woken() && !writes[i]->ready()) (void)writes[i]->Poll();
    }
    rig.loop->Poll();
    return got == text.size() * connections.size();
  });
  for (auto& write : writes) EXPECT_TRUE(write->Finish().ok());
}

}  // namespace

std::vector<Cell> WriteCells() {
  return {
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
  };
}

}  // namespace zokio::io::conformance
