#include "io/pipe.h"

#include <array>
#include <cerrno>

#include "io/internal/polled_call.h"
#include "io/internal/process_calls.h"
#include "io/loop.h"

namespace zokio {

using io::Loop;
using io::OwnedBytes;

io::Immediate<std::pair<Pipe, Pipe>> Pipe::Make() {
  return io::Immediate<std::pair<Pipe, Pipe>>([]() -> Result<std::pair<Pipe, Pipe>> {
    const Result<std::array<io::NativeHandle, 2>> handles = io::OpenPipe();
    if (!handles.ok()) return handles.error();
    Result<Pipe> reader = Adopt(io::OwnedHandle((*handles)[0]));
    Result<Pipe> writer = Adopt(io::OwnedHandle((*handles)[1]));
    if (!reader.ok()) return reader.error();
    if (!writer.ok()) return writer.error();
    return std::pair<Pipe, Pipe>(*std::move(reader), *std::move(writer));
  });
}

Result<Pipe> Pipe::Adopt(io::OwnedHandle handle) {
  io::SetNonBlocking(handle.get());
  Result<io::PolledSocket> end = io::PolledSocket::Adopt(handle.Release(), "pipe");
  if (!end.ok()) return end.error();
  return Pipe(*std::move(end));
}

Poll<Result<OwnedBytes>> ReadPipe::poll(Context& context) {
  OwnedBytes bytes;
  Poll<Result<int32_t>> poll = io::PollCall(pipe_, wait_, context, "read", [&]() -> int32_t {
    Loop* loop = Loop::Current();
    const size_t size = size_max_ == 0 ? loop->pool().buffer_size() : size_max_;
    if (bytes.data() == nullptr) bytes = io::NewBytes(size, loop->pool());
    if (bytes.data() == nullptr) return -ENOMEM;
    return io::TryReadPipe(pipe_->handle, bytes.data(), bytes.size());
  });
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Result<OwnedBytes>(poll.value().error());
  bytes.Truncate(static_cast<size_t>(*poll.value()));
  return Result<OwnedBytes>(std::move(bytes));
}

Poll<Result<void>> WritePipe::poll(Context& context) {
  if (data_.bytes().empty()) return Result<void>();
  Poll<Result<int32_t>> poll = io::PollCall(pipe_, wait_, context, "write", [&]() -> int32_t {
    const std::span<const uint8_t> bytes = data_.bytes();
    while (done_ < bytes.size()) {
      const int32_t count =
          io::TryWritePipe(pipe_->handle, bytes.data() + done_, bytes.size() - done_);
      if (count < 0) return count;
      done_ += static_cast<size_t>(count);
    }
    return 0;
  });
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Result<void>(poll.value().error());
  return Result<void>();
}

}  // namespace zokio
