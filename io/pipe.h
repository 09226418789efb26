// Pipe: one end of a pipe: bytes between processes, or between this one and a child.
//
//   auto ends = co_await zokio::Pipe::Make();      // {read end, write end}
//   co_await ends->second.WriteAll(std::string("hi"));
//   auto bytes = co_await ends->first.Read();      // empty at the end
//
// Ownership, thread-safety: as TcpStream.
// Cancellation: dropping a read loses nothing; dropping a write leaves an unknown part written.
// Errors: kConnectionReset for a write whose reader is gone; kClosed, kShutdown, kWrongThread.
// Cost: a read is one system call; a write five, four of them to keep SIGPIPE away.
#ifndef ZOKIO_IO_PIPE_H_
#define ZOKIO_IO_PIPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/immediate.h"
#include "io/internal/polled_socket.h"
#include "io/internal/socket_wait.h"
#include "io/owned_bytes.h"
#include "io/owned_handle.h"
#include "io/write_data.h"

namespace zokio {

// Yields what is there, at most `size_max` bytes; none at the end.
class [[nodiscard]] ReadPipe {
 public:
  ReadPipe(io::SocketState* pipe, size_t size_max) : pipe_(pipe), size_max_(size_max) {}
  ReadPipe(ReadPipe&&) = default;

  Poll<Result<io::OwnedBytes>> poll(Context& context);

 private:
  io::SocketState* pipe_;
  size_t size_max_;
  io::SocketWait<io::Direction::kRead> wait_;
};

class [[nodiscard]] WritePipe {
 public:
  WritePipe(io::SocketState* pipe, io::WriteData data) : pipe_(pipe), data_(std::move(data)) {}
  WritePipe(WritePipe&&) = default;

  Poll<Result<void>> poll(Context& context);

 private:
  io::SocketState* pipe_;
  io::WriteData data_;
  size_t done_ = 0;
  io::SocketWait<io::Direction::kWrite> wait_;
};

class Pipe {
 public:
  Pipe() = default;
  explicit Pipe(io::PolledSocket end) : end_(std::move(end)) {}

  // A pipe within this process: what is written to the second is read from the first.
  static io::Immediate<std::pair<Pipe, Pipe>> Make();
  // Takes a descriptor, such as standard input; it is made not to block, for all who share it.
  static Result<Pipe> Adopt(io::OwnedHandle handle);

  ReadPipe Read(size_t size_max = 0) { return ReadPipe(end_.state(), size_max); }
  // `Data` is a string, a Lease, OwnedBytes, or a span that outlives the future.
  template <typename Data>
  WritePipe WriteAll(Data data) {
    return WritePipe(end_.state(), io::WriteData(std::move(data)));
  }

  bool open() const { return end_.open(); }
  void Close() { end_.Close(); }
  io::NativeHandle native_handle() const { return end_.handle(); }

 private:
  io::PolledSocket end_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_PIPE_H_
