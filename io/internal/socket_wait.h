// SocketWait: a future's place as the one that waits to read (or accept), or to write, on a socket.
//
// It holds a reference of the socket while it waits, so that the socket's state outlives the
// future that looks at it, and withdraws both when dropped.
//
// Ownership: part of a future.  Thread-safety: as the future; functions named Locked need the
//   socket's lock.
// Cancellation: dropping forgets the waker; what arrives later stays with the socket.
#ifndef ZOKIO_IO_INTERNAL_SOCKET_WAIT_H_
#define ZOKIO_IO_INTERNAL_SOCKET_WAIT_H_

#include <optional>
#include <utility>

#include "future/context.h"
#include "io/loop.h"
#include "io/operation.h"

namespace zokio::io {

enum class Direction : uint8_t { kRead, kWrite };

template <Direction kDirection>
class SocketWait {
 public:
  SocketWait() = default;
  SocketWait(SocketWait&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
  SocketWait& operator=(SocketWait&&) = delete;
  ~SocketWait() {
    if (socket_ == nullptr) return;
    socket_->lock.Lock();
    Waker waker = LeaveLocked();
    Loop::UnrefSocketLocked(std::exchange(socket_, nullptr));
  }

  bool waiting() const { return socket_ != nullptr; }

  // False when another future waits already.
  bool EnterLocked(SocketState* socket, Context& context) {
    if (socket_ == nullptr) {
      if ((socket->flags & kFlag) != 0) return false;
      ++socket->refs;
      socket_ = socket;
    }
    Waker& waker = WakerOf(socket);
    if ((socket->flags & kFlag) == 0 || !waker.WillWake(context.waker())) {
      old_ = std::exchange(waker, context.waker().Clone());
    }
    socket->flags |= kFlag;
    return true;
  }

  // After EnterLocked and Unlock: drops the waker that was replaced.
  void AfterUnlock() { old_ = Waker(); }

  // The wait is over: releases the lock, the reference and the waker.
  void FinishAndUnlock(SocketState* socket) {
    if (socket_ == nullptr) {
      socket->lock.Unlock();
      return;
    }
    Waker waker = LeaveLocked();
    Loop::UnrefSocketLocked(std::exchange(socket_, nullptr));
  }

 private:
  static constexpr uint32_t kFlag =
      kDirection == Direction::kRead ? kSocketWaiting : kSocketWriteWaiting;

  static Waker& WakerOf(SocketState* socket) {
    return kDirection == Direction::kRead ? socket->read_waker : socket->write_waker;
  }
  Waker LeaveLocked() {
    if ((socket_->flags & kFlag) == 0) return Waker();  // it was woken: the waker is gone
    socket_->flags &= ~kFlag;
    return std::move(WakerOf(socket_));
  }

  SocketState* socket_ = nullptr;
  Waker old_;
};

// Why a socket can do nothing more, if so.
inline std::optional<Error> GoneErrorLocked(const SocketState* socket, const char* operation) {
  if ((socket->flags & kSocketClosed) != 0) return Error(ErrorCode::kClosed, operation);
  if ((socket->flags & kOpLoopGone) != 0) return Error(ErrorCode::kShutdown, operation);
  return std::nullopt;
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SOCKET_WAIT_H_
