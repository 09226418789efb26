// SocketWait: a future's place as the one that waits to read (or accept), or to write, on a socket.
//
// It holds a reference of the socket while it waits, so that the socket's state outlives the
// future that looks at it, and withdraws both, under the socket's lock, when dropped.
//
// Ownership: part of a future.  Thread-safety: as the future; functions named Locked need the
//   socket's lock.
// Cancellation: dropping forgets the waker; what arrives later stays with the socket.
#ifndef ZOKIO_IO_INTERNAL_SOCKET_WAIT_H_
#define ZOKIO_IO_INTERNAL_SOCKET_WAIT_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "future/context.h"
#include "io/loop.h"
#include "io/operation.h"

namespace zokio::io {

enum class Direction : uint8_t { kRead, kWrite };

template <Direction kDirection>
class SocketWait {
 public:
  SocketWait() = default;
  // Futures move only before they wait.
  SocketWait(SocketWait&& other) noexcept {
    ZOKIO_CHECK(other.socket_ == nullptr, "a future that waits was moved");
  }
  SocketWait& operator=(SocketWait&&) = delete;
  ~SocketWait() {
    if (socket_ == nullptr) return;
    socket_->lock.Lock();
    Waker waker = LeaveLocked();
    Loop::UnrefSocketLocked(std::exchange(socket_, nullptr));
  }

  // False when another future waits already. `replaced` is to be dropped after Unlock.
  bool EnterLocked(SocketState* socket, Context& context, Waker& replaced) {
    if (socket_ == nullptr) {
      if ((socket->flags & kFlag) != 0) return false;
      ++socket->refs;
      socket_ = socket;
    }
    Waker& waker = slot_.Place(socket);
    if ((socket->flags & kFlag) == 0 || !waker.WillWake(context.waker())) {
      replaced = std::exchange(waker, context.waker().Clone());
    }
    socket->flags |= kFlag;
    return true;
  }

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

  // The reader's waker lies in the socket's state: the loop has that line in its cache. A writer
  // waits rarely: its waker lies here, and the socket points to it while the flag is set.
  struct ReadSlot {
    Waker& Place(SocketState* socket) { return socket->read_waker; }
  };
  struct WriteSlot {
    Waker& Place(SocketState* socket) {
      socket->write_waiter = &waker;
      return waker;
    }
    Waker waker;
  };

  Waker LeaveLocked() {
    if ((socket_->flags & kFlag) == 0) return Waker();  // it was woken: the waker is gone
    socket_->flags &= ~kFlag;
    Waker waker = std::move(slot_.Place(socket_));
    if constexpr (kDirection == Direction::kWrite) socket_->write_waiter = nullptr;
    return waker;
  }

  SocketState* socket_ = nullptr;
  [[no_unique_address]] std::conditional_t<kDirection == Direction::kRead, ReadSlot, WriteSlot>
      slot_;
};

// Why a socket can do nothing more, if so.
inline std::optional<Error> GoneErrorLocked(const SocketState* socket, const char* operation) {
  if ((socket->flags & kSocketClosed) != 0) return Error(ErrorCode::kClosed, operation);
  if ((socket->flags & kOpLoopGone) != 0) return Error(ErrorCode::kShutdown, operation);
  return std::nullopt;
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SOCKET_WAIT_H_
