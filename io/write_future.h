// WriteAll: the future that writes all of its data to a stream.
//
// First a direct non-blocking call, which nearly always takes everything; what is left becomes an
// operation that owns the data (completing backends) or waits until the socket takes more
// (readiness backends). Data is in the order in which writes were polled first; one write at a
// time may wait.
//
// Cancellation: dropping stops it; an unknown part was written already.
// Errors: kClosed, kShutdown, kWrongThread, kConnectionReset (the peer is gone), kOutOfMemory.
// Cost: one system call, or one operation; nothing is allocated unless a span or string has to
//   wait.
#ifndef ZOKIO_IO_WRITE_FUTURE_H_
#define ZOKIO_IO_WRITE_FUTURE_H_

#include <cstddef>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/socket_wait.h"
#include "io/write_data.h"

namespace zokio {

class WriteAll {
 public:
  WriteAll(io::SocketState* socket, io::WriteData data) : socket_(socket), data_(std::move(data)) {}
  WriteAll(WriteAll&& other) noexcept
      : socket_(other.socket_),
        data_(std::move(other.data_)),
        done_(other.done_),
        operation_(std::exchange(other.operation_, nullptr)),
        wait_(std::move(other.wait_)) {}
  WriteAll& operator=(WriteAll&&) = delete;
  ~WriteAll() {
    if (operation_ != nullptr) io::Loop::Abandon(operation_);
  }

  Poll<Result<void>> poll(Context& context);

 private:
  Poll<Result<void>> Begin(Context& context);
  Poll<Result<void>> StartOperation(io::Loop& loop, Context& context);
  Poll<Result<void>> PollOperation(Context& context);
  Poll<Result<void>> Continue(io::Loop& loop, Context& context);
  Poll<Result<void>> PollReadiness(io::Loop& loop, Context& context);
  // Sends until done or the socket takes no more: then -EAGAIN. 0 when done.
  int32_t SendSome(io::Loop& loop);

  io::SocketState* socket_;
  io::WriteData data_;
  size_t done_ = 0;
  io::Operation* operation_ = nullptr;
  io::SocketWait<io::Direction::kWrite> wait_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_WRITE_FUTURE_H_
