// Unix streams: reading and writing as TCP does, accepting, connecting, credentials.
#include <unistd.h>

#include "io/conformance/cells.h"
#include "io/unix_socket.h"

namespace zokio::io::conformance {
namespace {

// The same cells, over Unix sockets.
std::vector<Cell> OverUnixSockets(std::vector<Cell> cells, const char* name) {
  for (Cell& cell : cells) {
    cell.operation = name;
    cell.check = [check = std::move(cell.check)](BackendChoice choice) {
      testing::UnixConnections() = true;
      check(choice);
      testing::UnixConnections() = false;
    };
  }
  return cells;
}

struct UnixRig {
  explicit UnixRig(BackendChoice choice, const LoopOptions& options = LoopOptions())
      : loop(choice, options),
        address(*UnixAddress::Abstract("zokio-test-" + std::to_string(getpid()))),
        listener(*Await(UnixListener::Bind(address))) {}
  UnixStream Connect() {
    Result<UnixStream> stream = Await(UnixStream::Connect(address));
    ZOKIO_CHECK(stream.ok(), "connect");
    return *std::move(stream);
  }

  AttachedLoop loop;
  UnixAddress address;
  UnixListener listener;
};

void AcceptOk(BackendChoice choice) {
  UnixRig rig(choice);
  Driven accept(rig.listener.Accept());
  ASSERT_FALSE(accept.Poll());
  UnixStream client = rig.Connect();
  Result<UnixStream> server = accept.Finish();
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(server->peer_credentials()->process, getpid());
  EXPECT_EQ(server->peer_credentials()->user, getuid());
  ASSERT_TRUE(Await(server->WriteAll(std::string("hi"))).ok());
  EXPECT_EQ(Await(client.Read())->view(), "hi");
  EXPECT_EQ(Await(UnixListener::Bind(rig.address)).error().code(), ErrorCode::kAddressInUse);
}

template <int kWhen>
void AcceptDropped(BackendChoice choice) {
  UnixRig rig(choice);
  UnixStream client;
  {
    Driven accept(rig.listener.Accept());
    ASSERT_FALSE(accept.Poll());
    if (kWhen == 1) rig.loop->Poll();
    if (kWhen >= 1) client = rig.Connect();
    if (kWhen == 2) TurnUntil([&] { return accept.woken(); });
  }
  if (kWhen == 0) client = rig.Connect();
  Result<UnixStream> server = Await(rig.listener.Accept());
  ASSERT_TRUE(server.ok());
  ASSERT_TRUE(Await(client.WriteAll(std::string("hi"))).ok());
  EXPECT_EQ(Await(server->Read())->view(), "hi");
}

void AcceptCloseDuring(BackendChoice choice) {
  UnixRig rig(choice);
  Driven accept(rig.listener.Accept());
  ASSERT_FALSE(accept.Poll());
  rig.loop->Poll();
  UnixStream backlog = rig.Connect();
  rig.listener.Close();
  EXPECT_EQ(accept.Finish().error().code(), ErrorCode::kClosed);
  Result<UnixStream> late = Await(UnixStream::Connect(rig.address));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::kConnectionRefused);
  accept.Drop();
  const Result<Lease> end = Await(backlog.Read());
  EXPECT_TRUE(!end.ok() || end->empty());
}

void AcceptTimeout(BackendChoice choice) {
  UnixRig rig(choice);
  EXPECT_EQ(RunIntoTheDeadline(rig.listener.Accept()), ErrorCode::kDeadlineExceeded);
  UnixStream client = rig.Connect();
  EXPECT_TRUE(Await(rig.listener.Accept()).ok());
}

void AcceptQueueFull(BackendChoice choice) {
  UnixRig rig(choice, TinyQueues());
  std::vector<UnixStream> clients;
  clients.reserve(50);
  for (int i = 0; i < 50; ++i) clients.push_back(rig.Connect());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Await(rig.listener.Accept()).ok());
}

}  // namespace

std::vector<Cell> UnixCells() {
  std::vector<Cell> cells = OverUnixSockets(ReadCells(), "unix_read");
  for (Cell& cell : OverUnixSockets(WriteCells(), "unix_write")) cells.push_back(std::move(cell));
  cells.push_back({"unix_accept", "ok", &AcceptOk});
  cells.push_back({"unix_accept", "cancel_before", &AcceptDropped<0>});
  cells.push_back({"unix_accept", "cancel_in_flight", &AcceptDropped<1>});
  cells.push_back({"unix_accept", "cancel_after", &AcceptDropped<2>});
  cells.push_back({"unix_accept", "close_during", &AcceptCloseDuring});
  cells.push_back({"unix_accept", "timeout", &AcceptTimeout});
  cells.push_back({"unix_accept", "queue_full", &AcceptQueueFull});
  return cells;
}

}  // namespace zokio::io::conformance
