// SocketCall: makes a non-blocking call on a stream's socket, or waits until trying is worth it.
//
// As PollCall, but also where a completing backend holds the stream: there it waits by an operation
// (OpKind::kAwaitReady), which leaves the armed receive alone.
//
// Ownership: part of a future; the operation holds the socket while it waits.
// Thread-safety: as the future.
// Cancellation: dropping gives up the wait; a call that was made had been told of.
// Cost: the call; while it waits on a completing backend, an operation.
#ifndef ZOKIO_IO_INTERNAL_SOCKET_CALL_H_
#define ZOKIO_IO_INTERNAL_SOCKET_CALL_H_

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/backend.h"
#include "io/error_subject.h"
#include "io/internal/operation_wait.h"
#include "io/internal/polled_call.h"
#include "io/internal/socket_wait.h"
#include "io/loop.h"

namespace zokio::io {

template <Direction kDirection>
class SocketCall {
 public:
  SocketCall(SocketState* socket, const char* name) : socket_(socket), name_(name) {}
  SocketCall(SocketCall&& other) noexcept
      : socket_(other.socket_), name_(other.name_), wait_(std::move(other.wait_)) {
    ZOKIO_CHECK(other.operation_ == nullptr, "a future that waits was moved");
  }
  SocketCall& operator=(SocketCall&&) = delete;
  ~SocketCall() {
    if (operation_ == nullptr) return;
    (void)UnmarkWaiting();
    Loop::Abandon(operation_);
  }

  // `call()` answers a count or a negative errno; -EAGAIN where it would block.
  template <typename Call>
  Poll<Result<int32_t>> PollResult(Context& context, Call call) {
    using Output = Result<int32_t>;
    if (socket_ == nullptr) return Output(Error(ErrorCode::kClosed, name_));
    Loop* loop = Loop::Current();
    if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, name_));
    if (operation_ != nullptr) {
      const std::optional<int32_t> result = PollOperation(operation_, context);
      if (!result.has_value()) return kPending;
      const bool loop_gone = (operation_->flags & kOpLoopGone) != 0;  // done: ours to read
      const std::optional<Error> gone = UnmarkWaiting();
      Loop::Unref(std::exchange(operation_, nullptr));  // of a closed socket maybe the last
      if (gone.has_value()) return Output(*gone);
      if (loop_gone) return Output(Error(ErrorCode::kShutdown, name_));
    } else if (!loop->completes() || socket_->kind == OpKind::kPolled) {
      return PollCall(socket_, wait_, context, name_, call);
    }
    if (!context.SpendBudget()) return kPending;
    {
      SmallLockGuard guard(socket_->lock);
      if (const std::optional<Error> gone = GoneErrorLocked(socket_, name_)) return Output(*gone);
    }
    const int32_t count = call();
    if (count >= 0) {
      loop->counters().speculative_calls.Add(1);
      return Output(count);
    }
    if (count != -EAGAIN) return Output(ErrorOn(-count, name_, socket_->handle));
    loop->counters().speculative_misses.Add(1);
    return Await(*loop, context);
  }

 private:
  static constexpr uint32_t kMark =
      kDirection == Direction::kRead ? kSocketAwaited : kSocketWriteWaiting;

  Poll<Result<int32_t>> Await(Loop& loop, Context& context) {
    Operation* op = loop.NewOperation(OpKind::kAwaitReady);
    if (op == nullptr) return Result<int32_t>(Error(ErrorCode::kOutOfMemory, name_));
    op->handle = socket_->handle;
    op->file = FileParameters();
    op->file.flags = kDirection == Direction::kRead ? kReadyRead : kReadyWrite;
    op->waker = context.waker().Clone();
    {
      SmallLockGuard guard(socket_->lock);
      socket_->flags |= kMark;  // closing the stream ends the wait
      ++socket_->refs;
    }
    op->socket = socket_;
    operation_ = op;
    loop.Start(op);
    return kPending;
  }

  // The operation's reference keeps the socket. Answers why nothing more can be done, if so.
  std::optional<Error> UnmarkWaiting() {
    SmallLockGuard guard(operation_->socket->lock);
    operation_->socket->flags &= ~kMark;
    return GoneErrorLocked(operation_->socket, name_);
  }

  SocketState* socket_;
  const char* name_;
  Operation* operation_ = nullptr;
  SocketWait<kDirection> wait_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SOCKET_CALL_H_
