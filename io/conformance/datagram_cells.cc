// Datagrams, over UDP and between processes, in every condition.
#include <unistd.h>

#include <cstring>

#include "io/conformance/cells.h"
#include "io/udp_socket.h"
#include "io/unix_socket.h"

namespace zokio::io::conformance {
namespace {

std::string Text(const OwnedBytes& bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

struct UdpRig {
  explicit UdpRig(BackendChoice choice, const LoopOptions& options = LoopOptions())
      : loop(choice, options),
        socket(*Await(UdpSocket::Bind("127.0.0.1:0"))),
        other(*Await(UdpSocket::Bind("127.0.0.1:0"))),
        address(*socket.local_address()) {}
  void Send(const std::string& text) { ASSERT_TRUE(Await(other.SendTo(text, address)).ok()); }

  AttachedLoop loop;
  UdpSocket socket;
  UdpSocket other;
  SocketAddress address;
};

struct MessageRig {
  explicit MessageRig(BackendChoice choice, const LoopOptions& options = LoopOptions())
      : loop(choice, options) {
    auto pair = *Await(UnixDatagram::Pair());
    socket = std::move(pair.first);
    other = std::move(pair.second);
  }
  void Send(const std::string& text) { ASSERT_TRUE(Await(other.Send(text)).ok()); }
  // Until a send has to wait; answers how many went.
  int Fill() {
    int sent = 0;
    while (TrySendUnix(socket.native_handle(), std::span<const uint8_t>(), nullptr, {}) >= 0)
      ++sent;
    return sent;
  }
  int ReceiveAll(int count) {
    int with_text = 0;
    for (int i = 0; i < count; ++i) with_text += Await(other.Receive())->bytes.size() > 0 ? 1 : 0;
    return with_text;
  }

  AttachedLoop loop;
  UnixDatagram socket;
  UnixDatagram other;
};

// ---- receiving, the same for both ---------------------------------------------------------------

template <typename Rig>
void ReceiveOk(BackendChoice choice) {
  Rig rig(choice);
  Driven receive(rig.socket.Receive());
  ASSERT_FALSE(receive.Poll());
  rig.Send("bytes");
  auto got = receive.Finish();
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(Text(got->bytes), "bytes");
  EXPECT_FALSE(got->truncated);
}

// Dropping a receive loses no datagram.
template <typename Rig, int kWhen>
void ReceiveDropped(BackendChoice choice) {
  Rig rig(choice);
  {
    Driven receive(rig.socket.Receive());
    ASSERT_FALSE(receive.Poll());
    if (kWhen == 1) rig.loop->Poll();
    if (kWhen >= 1) rig.Send("kept");
    if (kWhen == 2) TurnUntil([&] { return receive.woken(); });
  }
  if (kWhen == 0) rig.Send("kept");
  EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), "kept");
}

template <typename Rig>
void ReceiveCloseDuring(BackendChoice choice) {
  Rig rig(choice);
  Driven receive(rig.socket.Receive());
  ASSERT_FALSE(receive.Poll());
  rig.loop->Poll();
  rig.socket.Close();
  EXPECT_EQ(receive.Finish().error().code(), ErrorCode::kClosed);
  EXPECT_EQ(Await(rig.socket.Receive()).error().code(), ErrorCode::kClosed);
}

template <typename Rig>
void ReceiveTimeout(BackendChoice choice) {
  Rig rig(choice);
  EXPECT_EQ(RunIntoTheDeadline(rig.socket.Receive()), ErrorCode::kDeadlineExceeded);
  rig.Send("kept");
  EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), "kept");
}

// Longer than asked for: it is cut, and says so; the next one is whole.
template <typename Rig>
void ReceivePartial(BackendChoice choice) {
  Rig rig(choice);
  rig.Send("0123456789");
  rig.Send("next");
  auto got = Await(rig.socket.Receive(4));
  EXPECT_EQ(Text(got->bytes), "0123");
  EXPECT_TRUE(got->truncated);
  EXPECT_EQ(Text(Await(rig.socket.Receive(4))->bytes), "next");
}

template <typename Rig>
void ReceiveOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 1;
  Rig rig(choice, options);
  for (int i = 0; i < 4; ++i) rig.Send("x" + std::to_string(i));
  std::vector<OwnedBytes> held;
  held.reserve(4);
  for (int i = 0; i < 4; ++i) held.push_back(std::move(Await(rig.socket.Receive())->bytes));
  EXPECT_EQ(Text(held[3]), "x3");
}

template <typename Rig>
void ReceiveQueueFull(BackendChoice choice) {
  AttachedLoop loop(choice, TinyQueues());
  std::vector<std::unique_ptr<Rig>> rigs;
  using Future = decltype(std::declval<Rig&>().socket.Receive());
  std::vector<std::unique_ptr<Driven<Future>>> receives;
  {
    Rig shared(choice, TinyQueues());
    for (int i = 0; i < 40; ++i) {
      receives.push_back(std::make_unique<Driven<Future>>(shared.socket.Receive()));
      if (i == 0) {
        ASSERT_FALSE(receives.back()->Poll());
        continue;
      }
      // One waits at a time; the others are told so.
      ASSERT_TRUE(receives.back()->Poll());
      EXPECT_EQ(receives.back()->value().error().code(), ErrorCode::kInvalidArgument);
    }
    for (int i = 0; i < 100; ++i) shared.Send("many");
    EXPECT_EQ(Text(receives[0]->Finish()->bytes), "many");
    for (int i = 1; i < 100; ++i) EXPECT_EQ(Text(Await(shared.socket.Receive())->bytes), "many");
    receives.clear();
  }
}

template <typename Rig>
void AddReceiveRows(std::vector<Cell>& cells, const char* name) {
  cells.push_back({name, "ok", &ReceiveOk<Rig>});
  cells.push_back({name, "cancel_before", &ReceiveDropped<Rig, 0>});
  cells.push_back({name, "cancel_in_flight", &ReceiveDropped<Rig, 1>});
  cells.push_back({name, "cancel_after", &ReceiveDropped<Rig, 2>});
  cells.push_back({name, "close_during", &ReceiveCloseDuring<Rig>});
  cells.push_back({name, "timeout", &ReceiveTimeout<Rig>});
  cells.push_back({name, "partial", &ReceivePartial<Rig>});
  cells.push_back({name, "out_of_buffers", &ReceiveOutOfBuffers<Rig>});
  cells.push_back({name, "queue_full", &ReceiveQueueFull<Rig>});
}

// ---- sending over UDP ---------------------------------------------------------------------------

void UdpSendOk(BackendChoice choice) {
  UdpRig rig(choice);
  ASSERT_TRUE(Await(rig.socket.SendTo(std::string("to"), *rig.other.local_address())).ok());
  const Result<Datagram> got = Await(rig.other.Receive());
  EXPECT_EQ(Text(got->bytes), "to");
  EXPECT_EQ(got->from, rig.address);
  ASSERT_TRUE(rig.socket.Connect(*rig.other.local_address()).ok());
  ASSERT_TRUE(Await(rig.socket.Send(std::string("connected"))).ok());
  EXPECT_EQ(Text(Await(rig.other.Receive())->bytes), "connected");
}

// One call, several datagrams; and several datagrams, one receive.
void UdpSendPartial(BackendChoice choice) {
  UdpRig rig(choice);
  const Result<void> long_one = Await(rig.other.SendTo(std::string(70'000, 'x'), rig.address));
  EXPECT_EQ(long_one.error().code(), ErrorCode::kOutOfRange);
  ASSERT_TRUE(Await(rig.other.SendSegments(std::string("aaaabbbbcc"), 4, rig.address)).ok());
  EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), "aaaa");
  EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), "bbbb");
  EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), "cc");
  ASSERT_TRUE(rig.socket.SetCoalescing(true).ok());
  ASSERT_TRUE(Await(rig.other.SendSegments(std::string("aaaabbbbcc"), 4, rig.address)).ok());
  const Result<Datagram> got = Await(rig.socket.Receive(1 << 16));
  EXPECT_EQ(Text(got->bytes), "aaaabbbbcc");
  EXPECT_EQ(got->segment_size, 4u);
}

// Nobody is there: a connected socket hears of it.
void UdpSendEndOfFile(BackendChoice choice) {
  UdpRig rig(choice);
  ASSERT_TRUE(rig.socket.Connect(*rig.other.local_address()).ok());
  rig.other.Close();
  rig.loop->Poll();
  Driven receive(rig.socket.Receive());
  ASSERT_FALSE(receive.Poll());
  TurnUntil([&] {
    (void)Await(rig.socket.Send(std::string("anybody?")));
    return receive.woken() || Await(rig.socket.Send(std::string("?"))).ok() == false;
  });
}

void UdpSendQueueFull(BackendChoice choice) {
  UdpRig rig(choice, TinyQueues());
  for (int i = 0; i < 64; ++i) rig.Send(std::to_string(i));
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), std::to_string(i));
  }
}

// ---- sending messages ---------------------------------------------------------------------------

// With a descriptor: what it names is the same file.
void MessageSendOk(BackendChoice choice) {
  MessageRig rig(choice);
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  std::vector<OwnedHandle> handles;
  handles.emplace_back(pipe_ends[1]);
  ASSERT_TRUE(Await(rig.socket.Send(std::string("take this"), std::move(handles))).ok());
  {
    Result<UnixMessage> got = Await(rig.other.Receive());
    EXPECT_EQ(Text(got->bytes), "take this");
    ASSERT_EQ(got->handles.size(), 1u);
    ASSERT_EQ(write(got->handles[0].get(), "hi", 2), 2);
  }
  char text[4];
  EXPECT_EQ(read(pipe_ends[0], text, 4), 2);
  EXPECT_EQ(read(pipe_ends[0], text, 4), 0);  // both write ends are closed
  close(pipe_ends[0]);
}

template <int kWhen>
void MessageSendDropped(BackendChoice choice) {
  MessageRig rig(choice);
  const int before = rig.Fill();
  {
    Driven send(rig.socket.Send(std::string("late")));
    ASSERT_FALSE(send.Poll());
    if (kWhen >= 1) rig.loop->Poll();
    if (kWhen == 2) {
      EXPECT_EQ(rig.ReceiveAll(before), 0);
      TurnUntil([&] { return send.woken(); });
    }
  }
  if (kWhen < 2) {
    EXPECT_EQ(rig.ReceiveAll(before), 0);
  }
  ASSERT_TRUE(Await(rig.socket.Send(std::string("next"))).ok());
  EXPECT_EQ(Text(Await(rig.other.Receive())->bytes), "next");  // the dropped one never went
}

void MessageSendCloseDuring(BackendChoice choice) {
  MessageRig rig(choice);
  rig.Fill();
  Driven send(rig.socket.Send(std::string("late")));
  ASSERT_FALSE(send.Poll());
  rig.loop->Poll();
  rig.socket.Close();
  EXPECT_EQ(send.Finish().error().code(), ErrorCode::kClosed);
}

void MessageSendTimeout(BackendChoice choice) {
  MessageRig rig(choice);
  rig.Fill();
  EXPECT_EQ(RunIntoTheDeadline(rig.socket.Send(std::string("late"))), ErrorCode::kDeadlineExceeded);
}

// A message is sent whole or not at all.
void MessageSendPartial(BackendChoice choice) {
  MessageRig rig(choice);
  const Result<void> result = Await(rig.socket.Send(std::string(8u << 20, 'x')));
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfRange);
  rig.Send("others go on");
  EXPECT_EQ(Text(Await(rig.socket.Receive())->bytes), "others go on");
}

void MessageSendEndOfFile(BackendChoice choice) {
  MessageRig rig(choice);
  rig.other.Close();
  rig.loop->Poll();
  const Result<void> result = Await(rig.socket.Send(std::string("anybody?")));
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().code() == ErrorCode::kConnectionRefused ||
              result.error().code() == ErrorCode::kConnectionReset);
}

// By name: a queue that is full is waited for.
void MessageSendQueueFull(BackendChoice choice) {
  MessageRig rig(choice, TinyQueues());
  const UnixAddress address =
      *UnixAddress::Abstract("zokio-test-" + std::to_string(getpid()) + "-queue");
  UnixDatagram named = *Await(UnixDatagram::Bind(address));
  UnixDatagram sender = *Await(UnixDatagram::Unbound());
  ASSERT_TRUE(sender.Connect(address).ok());
  int got = 0;
  for (int i = 0; i < 500; ++i) {
    Driven send(sender.Send(std::to_string(i)));
    while (!send.ready() && !send.Poll()) {
      EXPECT_EQ(Text(Await(named.Receive())->bytes), std::to_string(got++));
      TurnUntil([&] { return send.woken(); });
    }
    ASSERT_TRUE(send.value().ok());
  }
  while (got < 500) EXPECT_EQ(Text(Await(named.Receive())->bytes), std::to_string(got++));
}

}  // namespace

std::vector<Cell> DatagramCells() {
  std::vector<Cell> cells = {
      {"udp_send", "ok", &UdpSendOk},
      {"udp_send", "partial", &UdpSendPartial},
      {"udp_send", "end_of_file", &UdpSendEndOfFile},
      {"udp_send", "queue_full", &UdpSendQueueFull},
      {"message_send", "ok", &MessageSendOk},
      {"message_send", "cancel_before", &MessageSendDropped<0>},
      {"message_send", "cancel_in_flight", &MessageSendDropped<1>},
      {"message_send", "cancel_after", &MessageSendDropped<2>},
      {"message_send", "close_during", &MessageSendCloseDuring},
      {"message_send", "timeout", &MessageSendTimeout},
      {"message_send", "partial", &MessageSendPartial},
      {"message_send", "end_of_file", &MessageSendEndOfFile},
      {"message_send", "queue_full", &MessageSendQueueFull},
  };
  AddReceiveRows<UdpRig>(cells, "udp_receive");
  AddReceiveRows<MessageRig>(cells, "message_receive");
  return cells;
}

}  // namespace zokio::io::conformance
