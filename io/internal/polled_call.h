// PollCall: makes a non-blocking call on a polled socket, or waits until trying is worth it.
//
// Polled sockets (OpKind::kPolled) report readiness on every backend: epoll by its registration,
// io_uring by a multishot poll. Datagrams, descriptor passing, pipes, signals and the like use
// them.
//
// Thread-safety, cancellation: as SocketWait; a dropped future made no call that is not seen.
// Cost: the call; when it has to wait, nothing more.
#ifndef ZOKIO_IO_INTERNAL_POLLED_CALL_H_
#define ZOKIO_IO_INTERNAL_POLLED_CALL_H_

#include <cerrno>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/error_subject.h"
#include "io/internal/socket_wait.h"
#include "io/loop.h"

namespace zokio::io {

// `call()` answers a count or a negative errno; -EAGAIN where it would block. One future a
// direction may wait.
template <Direction kDirection, typename Call>
Poll<Result<int32_t>> PollCall(SocketState* socket, SocketWait<kDirection>& wait, Context& context,
                               const char* name, Call call) {
  using Output = Result<int32_t>;
  constexpr uint32_t kReady = kDirection == Direction::kRead ? kSocketReadable : kSocketWritable;
  if (socket == nullptr) return Output(Error(ErrorCode::kClosed, name));
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, name));
  if (!context.SpendBudget()) return kPending;
  std::optional<Output> result;
  Waker replaced;
  socket->lock.Lock();
  loop->AdoptLocked(socket);
  while (!result.has_value()) {
    if (const std::optional<Error> gone = GoneErrorLocked(socket, name)) {
      result.emplace(*gone);
    } else if ((socket->flags & kReady) != 0) {
      // Cleared before the call: an event that comes during it sets it again.
      socket->flags &= ~kReady;
      socket->lock.Unlock();
      const int32_t count = call();
      socket->lock.Lock();
      if (count == -EAGAIN || count == -EINTR) {
        if (count == -EINTR) socket->flags |= kReady;
        loop->counters().speculative_misses.Add(1);
        continue;
      }
      loop->counters().speculative_calls.Add(1);
      socket->flags |= kReady;
      result.emplace(count < 0 ? Output(ErrorOn(-count, name, socket->handle)) : Output(count));
    } else if ((socket->flags & kSocketFailed) != 0) {
      result.emplace(ErrorOn(socket->result, name, socket->handle));
    } else if (wait.EnterLocked(socket, context, replaced)) {
      socket->lock.Unlock();
      context.RefundBudget();
      return kPending;
    } else {
      result.emplace(Error(ErrorCode::kInvalidArgument, name));  // another one waits
    }
  }
  wait.FinishAndUnlock(socket);
  return *std::move(result);
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_POLLED_CALL_H_
