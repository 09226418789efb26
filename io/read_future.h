// The futures that read from a stream: ReadLease, ReadSome, ReadSomeVector.
//
// On a completing backend they take what the armed receive delivered; on a readiness backend they
// make the non-blocking call themselves. One future at a time may wait to read a stream.
//
// Cancellation: dropping loses nothing; bytes that arrive stay with the stream.
// When every buffer of the loop is lent out, a read waits until one comes back.
// Errors: kClosed, kShutdown, kWrongThread, kConnectionReset, kInvalidArgument (another read
// waits). Cost: no allocation; a system call only on readiness backends.
#ifndef ZOKIO_IO_READ_FUTURE_H_
#define ZOKIO_IO_READ_FUTURE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/socket_wait.h"
#include "io/lease.h"

namespace zokio {

// Yields a lease on the bytes; empty at the end of the stream.
class ReadLease {
 public:
  explicit ReadLease(io::SocketState* socket) : socket_(socket) {}
  ReadLease(ReadLease&&) = default;

  Poll<Result<Lease>> poll(Context& context);

 private:
  io::SocketState* socket_;
  io::SocketWait<io::Direction::kRead> wait_;
};

// Copies into the caller's memory inside poll; yields how many bytes, 0 at the end of the stream.
class ReadSome {
 public:
  ReadSome(io::SocketState* socket, std::span<uint8_t> target) : socket_(socket), target_(target) {}
  ReadSome(ReadSome&&) = default;

  Poll<Result<size_t>> poll(Context& context);

 private:
  io::SocketState* socket_;
  std::span<uint8_t> target_;
  io::SocketWait<io::Direction::kRead> wait_;
};

// The same into several places, filled one after the other.
class ReadSomeVector {
 public:
  ReadSomeVector(io::SocketState* socket, std::vector<std::span<uint8_t>> targets)
      : socket_(socket), targets_(std::move(targets)) {}
  ReadSomeVector(ReadSomeVector&&) = default;

  Poll<Result<size_t>> poll(Context& context);

 private:
  io::SocketState* socket_;
  std::vector<std::span<uint8_t>> targets_;
  io::SocketWait<io::Direction::kRead> wait_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_READ_FUTURE_H_
