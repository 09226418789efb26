// ConnectTcp: the future of TcpStream::Connect.
//
// Cancellation: dropping gives the attempt up; a connection that is made too late is closed.
// Errors: kConnectionRefused, kUnreachable, kInvalidArgument (the text is no address),
//   kTooManyFiles, kWrongThread, kOutOfMemory.
// Cost: socket and connect; one operation slot on completing backends.
#ifndef ZOKIO_IO_CONNECT_FUTURE_H_
#define ZOKIO_IO_CONNECT_FUTURE_H_

#include <string_view>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/socket_wait.h"
#include "io/socket_address.h"

namespace zokio {

class TcpStream;

class ConnectTcp {
 public:
  explicit ConnectTcp(const SocketAddress& address) : address_(address) {}
  explicit ConnectTcp(std::string_view text) : address_(SocketAddress::Parse(text)) {}
  ConnectTcp(ConnectTcp&& other) noexcept
      : address_(other.address_),
        operation_(std::exchange(other.operation_, nullptr)),
        socket_(std::exchange(other.socket_, nullptr)),
        wait_(std::move(other.wait_)) {}
  ConnectTcp& operator=(ConnectTcp&&) = delete;
  ~ConnectTcp();

  Poll<Result<TcpStream>> poll(Context& context);

 private:
  Poll<Result<TcpStream>> Begin(Context& context);
  Poll<Result<TcpStream>> BeginOperation(io::Loop& loop, io::NativeHandle handle, Context& context);
  Poll<Result<TcpStream>> BeginReadiness(io::Loop& loop, io::NativeHandle handle, Context& context);
  Poll<Result<TcpStream>> PollOperation(Context& context);
  Poll<Result<TcpStream>> PollReadiness(Context& context);
  Error Failed(int os_error) const;

  Result<SocketAddress> address_;
  io::Operation* operation_ = nullptr;
  io::SocketState* socket_ = nullptr;  // a connection under way on a readiness backend
  io::SocketWait<io::Direction::kWrite> wait_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_CONNECT_FUTURE_H_
