#include "io/write_future.h"

#include <cerrno>
#include <optional>

#include "io/error_subject.h"
#include "io/internal/operation_wait.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {

using io::Loop;
using io::OpKind;

Poll<Result<void>> WriteAll::poll(Context& context) {
  if (socket_ == nullptr) return Result<void>(Error(ErrorCode::kClosed, "write"));
  if (operation_ != nullptr) return PollOperation(context);
  return Begin(context);
}

Poll<Result<void>> WriteAll::Begin(Context& context) {
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Result<void>(Error(ErrorCode::kWrongThread, "write"));
  if (!context.SpendBudget()) return kPending;
  if (!loop->completes()) return PollReadiness(*loop, context);
  {
    io::SmallLockGuard guard(socket_->lock);
    if (const std::optional<Error> gone = io::GoneErrorLocked(socket_, "write")) {
      return Result<void>(*gone);
    }
  }
  if (data_.bytes().size() <= loop->options().speculative_send_max) {
    const int32_t result = SendSome(*loop);
    if (result == 0) return Result<void>();
    if (result != -EAGAIN) {
      return Result<void>(io::ErrorOn(-result, "write", socket_->handle));
    }
  }
  return StartOperation(*loop, context);
}

int32_t WriteAll::SendSome(Loop& loop) {
  const std::span<const uint8_t> bytes = data_.bytes();
  while (done_ < bytes.size()) {
    const int32_t sent = io::TrySend(socket_->handle, bytes.data() + done_, bytes.size() - done_);
    if (sent < 0) {
      if (sent == -EAGAIN) loop.counters().speculative_misses.Add(1);
      return sent;
    }
    loop.counters().speculative_calls.Add(1);
    loop.counters().bytes_written.Add(static_cast<uint64_t>(sent));
    done_ += static_cast<size_t>(sent);
  }
  return 0;
}

Poll<Result<void>> WriteAll::StartOperation(Loop& loop, Context& context) {
  io::Operation* op = loop.NewOperation(OpKind::kSend);
  if (op == nullptr) return Result<void>(Error(ErrorCode::kOutOfMemory, "write"));
  op->handle = socket_->handle;
  op->bytes = data_.Own(done_, loop.pool());
  if (op->bytes.data() == nullptr) {
    Loop::Unref(op);
    return Result<void>(Error(ErrorCode::kOutOfMemory, "write"));
  }
  if (data_.borrowed()) loop.counters().bytes_copied.Add(op->bytes.size());
  op->waker = context.waker().Clone();
  {
    io::SmallLockGuard guard(socket_->lock);
    socket_->flags |= io::kSocketWriteWaiting;
    ++socket_->refs;
  }
  op->socket = socket_;
  operation_ = op;
  loop.Start(op);
  return kPending;
}

Poll<Result<void>> WriteAll::PollOperation(Context& context) {
  const std::optional<int32_t> result = io::PollOperation(operation_, context);
  if (!result.has_value()) return kPending;
  if (Loop* loop = Loop::Current(); loop != nullptr && *result > 0) {
    loop->counters().bytes_written.Add(static_cast<uint64_t>(*result));
  }
  const bool whole = *result >= 0 && static_cast<size_t>(*result) == operation_->bytes.size();
  std::optional<Error> error;
  if (!whole) {
    // Cut short by the end of the stream or of the loop? (Done: the flags are ours to read.)
    io::SmallLockGuard guard(socket_->lock);
    error = io::GoneErrorLocked(socket_, "write");
    if (!error.has_value() && (operation_->flags & io::kOpLoopGone) != 0) {
      error = Error(ErrorCode::kShutdown, "write");
    }
    if (!error.has_value() && *result < 0) {
      error = io::ErrorOn(-*result, "write", socket_->handle);
    }
  }
  if (!whole && !error.has_value()) {
    Loop* loop = Loop::Current();
    if (loop == nullptr) return Result<void>(Error(ErrorCode::kWrongThread, "write"));
    operation_->bytes.Advance(static_cast<size_t>(*result));
    return Continue(*loop, context);
  }
  {
    io::SmallLockGuard guard(socket_->lock);
    socket_->flags &= ~io::kSocketWriteWaiting;
  }
  Loop::Unref(std::exchange(operation_, nullptr));
  socket_ = nullptr;
  if (error.has_value()) return Result<void>(*error);
  return Result<void>();
}

// After a short write: the rest goes on, from the loop of this thread.
Poll<Result<void>> WriteAll::Continue(Loop& loop, Context& context) {
  io::Operation* next = loop.NewOperation(OpKind::kSend);
  if (next == nullptr) return Result<void>(Error(ErrorCode::kOutOfMemory, "write"));
  next->handle = operation_->handle;
  next->bytes = std::move(operation_->bytes);
  next->socket = std::exchange(operation_->socket, nullptr);
  next->waker = context.waker().Clone();
  Loop::Unref(std::exchange(operation_, next));
  loop.Start(next);
  return kPending;
}

Poll<Result<void>> WriteAll::PollReadiness(Loop& loop, Context& context) {
  std::optional<Result<void>> result;
  Waker replaced;
  socket_->lock.Lock();
  loop.AdoptLocked(socket_);
  while (true) {
    if (const std::optional<Error> gone = io::GoneErrorLocked(socket_, "write")) {
      result.emplace(*gone);
      break;
    }
    if ((socket_->flags & io::kSocketReadiness) == 0) {
      result.emplace(Error(ErrorCode::kWrongThread, "write: the stream is another runtime's"));
      break;
    }
    if ((socket_->flags & io::kSocketFailed) != 0) {
      result.emplace(io::ErrorOn(socket_->result, "write", socket_->handle));
      break;
    }
    if ((socket_->flags & io::kSocketWritable) != 0) {
      socket_->flags &= ~io::kSocketWritable;
      socket_->lock.Unlock();
      const int32_t sent = SendSome(loop);
      socket_->lock.Lock();
      if (sent == -EAGAIN) continue;
      socket_->flags |= io::kSocketWritable;
      if (sent == 0) {
        result.emplace();
      } else {
        result.emplace(io::ErrorOn(-sent, "write", socket_->handle));
      }
      break;
    }
    if (wait_.EnterLocked(socket_, context, replaced)) {
      socket_->lock.Unlock();
      context.RefundBudget();
      return kPending;
    }
    result.emplace(Error(ErrorCode::kInvalidArgument, "write: another write waits"));
    break;
  }
  wait_.FinishAndUnlock(socket_);
  return *std::move(result);
}

}  // namespace zokio
