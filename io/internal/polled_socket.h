// PolledSocket: owns a polled descriptor; the part that UdpSocket, UnixDatagram, Pipe and others
// share.
//
// Ownership: owns the descriptor; dropping closes it and wakes those that wait with kClosed.
// Thread-safety: as TcpStream.  Cost: 8 bytes here, 64 in the loop's slab.
#ifndef ZOKIO_IO_INTERNAL_POLLED_SOCKET_H_
#define ZOKIO_IO_INTERNAL_POLLED_SOCKET_H_

#include <utility>

#include "base/result.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"
#include "io/native_handle.h"
#include "io/operation.h"

namespace zokio::io {

class PolledSocket {
 public:
  PolledSocket() = default;
  PolledSocket(PolledSocket&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  PolledSocket& operator=(PolledSocket&& other) noexcept {
    if (this != &other) {
      Close();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~PolledSocket() { Close(); }

  // Takes a descriptor that does not block, also where it fails.
  static Result<PolledSocket> Adopt(NativeHandle handle, const char* name) {
    Loop* loop = Loop::Current();
    SocketState* state = loop == nullptr ? nullptr : loop->NewSocket(handle);
    if (state == nullptr) {
      CloseSocket(handle);
      return Error(loop == nullptr ? ErrorCode::kWrongThread : ErrorCode::kOutOfMemory, name);
    }
    state->kind = OpKind::kPolled;
    PolledSocket socket;
    socket.state_ = state;
    return socket;
  }

  SocketState* state() const { return state_; }
  bool open() const { return state_ != nullptr; }
  NativeHandle handle() const { return state_ == nullptr ? kNoHandle : state_->handle; }
  void Close() {
    if (state_ != nullptr) Loop::UnrefSocket(std::exchange(state_, nullptr), /*close=*/true);
  }

 private:
  SocketState* state_ = nullptr;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_POLLED_SOCKET_H_
