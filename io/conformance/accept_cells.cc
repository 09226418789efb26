// Accepting, in every condition.
#include "io/conformance/cells.h"

namespace zokio::io::conformance {
namespace {

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

// Before any turn of the loop.
bool RefusesNow(const SocketAddress& address) {
  const NativeHandle handle = OpenTcp(address.family());
  const int32_t result = TryConnect(handle, address);
  CloseSocket(handle);
  return result == -ECONNREFUSED;
}

// New connections are refused at once; those accepted but not asked for are closed with the
// listener: none leaks.
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
  EXPECT_TRUE(RefusesNow(rig.address));
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
  peers.reserve(100);
  for (int i = 0; i < 100; ++i) peers.push_back(Peer::ConnectTo(rig.address));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Await(rig.listener.Accept()).ok());
}

}  // namespace

std::vector<Cell> AcceptCells() {
  return {
      {"accept", "ok", &AcceptOk},
      {"accept", "cancel_before", &AcceptCancelBefore},
      {"accept", "cancel_in_flight", &AcceptCancelInFlight},
      {"accept", "cancel_after", &AcceptCancelAfter},
      {"accept", "close_during", &AcceptCloseDuring},
      {"accept", "timeout", &AcceptTimeout},
      {"accept", "queue_full", &AcceptQueueFull},
  };
}

}  // namespace zokio::io::conformance
