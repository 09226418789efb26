// Connecting, in every condition.
#include "io/conformance/cells.h"

namespace zokio::io::conformance {
namespace {

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

}  // namespace

std::vector<Cell> ConnectCells() {
  return {
      {"connect", "ok", &ConnectOk},
      {"connect", "cancel_before", &ConnectCancelBefore},
      {"connect", "cancel_in_flight", &ConnectCancelInFlight},
      {"connect", "cancel_after", &ConnectCancelAfter},
      {"connect", "close_during", &ConnectCloseDuring},
      {"connect", "timeout", &ConnectTimeout},
      {"connect", "queue_full", &ConnectQueueFull},
  };
}

}  // namespace zokio::io::conformance
