// TcpListener: accepts TCP connections.
//
// Example:
//   auto listener = co_await zokio::TcpListener::Bind("127.0.0.1:0");
//   while (true) {
//     auto stream = co_await listener->Accept();
//     if (!stream.ok()) break;  // closed, cancelled or the runtime is going
//     scope.Spawn(Serve(*std::move(stream)));
//   }
//
// Its home is the loop of the thread that binds it. When descriptors or memory are exhausted,
// Accept waits and tries again, counted in LoopStats::accept_backoffs; connections that failed
// before they were accepted are skipped.
//
// Closing: once Close has returned, on whichever thread, the kernel refuses new connections; those
// in its backlog are reset, and those that it had accepted but nobody asked for are closed at the
// home loop's next turn. The socket stops listening for everybody who has it: another process that
// is to go on listens by a socket of its own (reuse_port).
//
// Ownership: owns the socket and what was accepted but not asked for; dropping closes both.
// Thread-safety: one thread at a time; one Accept may wait.
// Cancellation: dropping an Accept loses no connection: the next one gets it.
// Cost: on io_uring one operation accepts for ever; on epoll one call per connection.
#ifndef ZOKIO_IO_TCP_LISTENER_H_
#define ZOKIO_IO_TCP_LISTENER_H_

#include <string_view>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/accept_handle.h"
#include "io/internal/listener_state.h"
#include "io/native_handle.h"
#include "io/socket_address.h"
#include "io/tcp_stream.h"

namespace zokio {

struct ListenOptions {
  ListenOptions() {}  // no aggregate: see base's note on g++-12

  // Several listeners on one address, the kernel spreads connections over them.
  bool reuse_port = false;
  // An IPv6 listener does not take IPv4 connections.
  bool only_ipv6 = false;
  int backlog = 4096;
};

// The future of TcpListener::Bind; ready at its first poll.
class BindTcp;
// The future of TcpListener::Accept.
class AcceptTcp;

class TcpListener {
 public:
  TcpListener() = default;
  explicit TcpListener(io::ListenerState* state) : state_(state) {}
  TcpListener(TcpListener&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  TcpListener& operator=(TcpListener&& other) noexcept {
    if (this != &other) {
      Close();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~TcpListener() { Close(); }

  // Port 0 lets the system choose; see local_address().
  static BindTcp Bind(std::string_view address, ListenOptions options = ListenOptions());
  static BindTcp Bind(const SocketAddress& address, ListenOptions options = ListenOptions());

  AcceptTcp Accept();

  bool open() const { return state_ != nullptr; }
  // Idempotent; wakes a pending Accept with kClosed. New connections are refused when it returns.
  void Close();
  Result<SocketAddress> local_address() const;
  io::NativeHandle native_handle() const {
    return state_ == nullptr ? io::kNoHandle : state_->handle;
  }

 private:
  io::ListenerState* state_ = nullptr;
};

// Errors: kAddressInUse, kAddressUnavailable, kPermissionDenied, kInvalidArgument (the text is no
// address), kTooManyFiles, kWrongThread.
class BindTcp {
 public:
  BindTcp(Result<SocketAddress> address, ListenOptions options)
      : address_(std::move(address)), options_(options) {}

  Poll<Result<TcpListener>> poll(Context& context);

 private:
  Result<SocketAddress> address_;
  ListenOptions options_;
};

// Errors: kClosed, kShutdown, kWrongThread, kInvalidArgument (another Accept waits).
class AcceptTcp {
 public:
  explicit AcceptTcp(io::ListenerState* state) : accept_(state) {}
  AcceptTcp(AcceptTcp&&) = default;

  Poll<Result<TcpStream>> poll(Context& context) {
    Poll<Result<io::SocketState*>> poll = accept_.poll(context);
    if (poll.pending()) return kPending;
    if (!poll.value().ok()) return Result<TcpStream>(poll.value().error());
    return Result<TcpStream>(TcpStream(*poll.value()));
  }

 private:
  io::AcceptHandle accept_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_TCP_LISTENER_H_
