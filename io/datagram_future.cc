#include "io/datagram_future.h"

#include <cerrno>

#include "io/error_subject.h"
#include "io/internal/datagram_calls.h"
#include "io/internal/polled_call.h"
#include "io/loop.h"

namespace zokio {
namespace {

using io::Direction;
using io::Loop;
using io::OwnedBytes;
using io::ReceivedDatagram;

Poll<Result<int32_t>> Receive(io::SocketState* socket, size_t size_max,
                              io::SocketWait<Direction::kRead>& wait, Context& context,
                              OwnedBytes& bytes, ReceivedDatagram& received) {
  return io::PollCall(socket, wait, context, "receive", [&]() -> int32_t {
    Loop* loop = Loop::Current();
    const size_t size = size_max == 0 ? loop->pool().buffer_size() : size_max;
    if (bytes.data() == nullptr) bytes = io::NewBytes(size, loop->pool());
    if (bytes.data() == nullptr) return -ENOMEM;
    const int32_t count =
        io::TryReceiveDatagram(socket->handle, bytes.data(), bytes.size(), received);
    if (count >= 0) {
      bytes.Truncate(static_cast<size_t>(count));
      loop->counters().bytes_read.Add(static_cast<uint64_t>(count));
    }
    return count;
  });
}

}  // namespace

int32_t SendDatagram::TrySend() {
  if (!is_unix_) {
    return io::TrySendUdp(socket_->handle, data_.bytes(),
                          target_.udp.has_value() ? &*target_.udp : nullptr, target_.segment_size);
  }
  io::NativeHandle handles[io::kHandlesMax];
  const size_t count = target_.handles.size();
  if (count > io::kHandlesMax) return -E2BIG;
  for (size_t i = 0; i < count; ++i) handles[i] = target_.handles[i].get();
  return io::TrySendUnix(socket_->handle, data_.bytes(),
                         target_.unix_address.has_value() ? &*target_.unix_address : nullptr,
                         {handles, count});
}

// The same error, saying also where the datagram was to go.
Error SendDatagram::WithTarget(const Error& error) const {
  if (error.os_error() == 0 || socket_ == nullptr) return error;
  std::string address;
  if (target_.udp.has_value()) address = target_.udp->ToString();
  if (target_.unix_address.has_value()) address = target_.unix_address->ToString();
  return io::ErrorOn(error.os_error(), "send", socket_->handle, address);
}

Poll<Result<void>> SendDatagram::poll(Context& context) {
  Poll<Result<int32_t>> poll =
      io::PollCall(socket_, wait_, context, "send", [this] { return TrySend(); });
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Result<void>(WithTarget(poll.value().error()));
  Loop::Current()->counters().bytes_written.Add(static_cast<uint64_t>(*poll.value()));
  return Result<void>();
}

Poll<Result<Datagram>> ReceiveUdp::poll(Context& context) {
  using Output = Result<Datagram>;
  Datagram datagram;
  ReceivedDatagram received;
  Poll<Result<int32_t>> poll =
      Receive(socket_, size_max_, wait_, context, datagram.bytes, received);
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  datagram.from = received.from;
  datagram.truncated = received.truncated;
  datagram.segment_size = received.segment_size;
  return Output(std::move(datagram));
}

Poll<Result<UnixMessage>> ReceiveUnix::poll(Context& context) {
  using Output = Result<UnixMessage>;
  UnixMessage message;
  ReceivedDatagram received;
  Poll<Result<int32_t>> poll = Receive(socket_, size_max_, wait_, context, message.bytes, received);
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  for (const io::NativeHandle handle : received.handles) message.handles.emplace_back(handle);
  message.from = std::move(received.unix_from);
  message.truncated = received.truncated;
  return Output(std::move(message));
}

}  // namespace zokio
