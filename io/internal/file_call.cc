#include "io/internal/file_call.h"

#include "io/error_subject.h"
#include "io/internal/operation_wait.h"
#include "io/loop.h"

namespace zokio::io {
namespace {

using Output = Result<int32_t>;

void Retain(SocketState* file) {
  SmallLockGuard guard(file->lock);
  ++file->refs;
}

}  // namespace

FileCall::~FileCall() {
  if (op_ != nullptr) Loop::Abandon(op_);
  if (holds_file_) Loop::UnrefSocket(file_, /*close=*/false);
}

void FileCall::Hold() {
  if (op_ != nullptr || file_ == nullptr || holds_file_) return;
  Retain(file_);
  holds_file_ = true;
}

bool FileCall::LinksOn(const Loop& loop) const { return loop.Handles(kind_); }

Poll<Output> FileCall::PollResult(Context& context, OwnedBytes* bytes) {
  if (op_ == nullptr) {
    if (needs_file_ && file_ == nullptr) return Output(Error(ErrorCode::kClosed, name_));
    Loop* loop = Loop::Current();
    if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, name_));
    if (arguments_ != nullptr && !arguments_->ok()) {
      return Output(Error(ErrorCode::kInvalidArgument, name_));
    }
    if (!context.SpendBudget()) return kPending;
    Operation* op = loop->NewOperation(kind_);
    if (op == nullptr) return Output(Error(ErrorCode::kOutOfMemory, name_));
    op->file = parameters_;
    if (arguments_ != nullptr) {
      op->bytes = OwnArguments(std::move(arguments_));
    } else if (bytes != nullptr) {
      op->bytes = std::move(*bytes);
    }
    op->waker = context.waker().Clone();
    if (file_ != nullptr) {
      // The operation's own reference, so that the handle stays open.
      if (!std::exchange(holds_file_, false)) Retain(file_);
      op->socket = file_;
      op->handle = file_->handle;
    }
    op_ = op;
    loop->Start(op);
    return kPending;
  }
  const std::optional<int32_t> result = PollOperation(op_, context);
  if (!result.has_value()) return kPending;
  if (*result >= 0) return Output(*result);
  // Done: the flags are ours to read. A link whose turn has come although the kernel cancelled it:
  // the one before it did less than it was asked for at first. It begins anew, alone.
  if (*result == -ECANCELED && (op_->flags & (kOpLinked | kOpLoopGone)) == kOpLinked) {
    if (const std::optional<Error> error = Continue(context, 0)) return Output(*error);
    return kPending;
  }
  if ((op_->flags & kOpLoopGone) != 0) return Output(Error(ErrorCode::kShutdown, name_));
  if (!TakesPath(kind_) || arguments().path.empty())
    return Output(ErrorOn(-*result, name_, op_->handle));
  return Output(ErrorAbout(-*result, name_, HandleKind::kUnknown, arguments().path));
}

std::optional<Error> FileCall::Continue(Context& context, size_t count) {
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Error(ErrorCode::kWrongThread, name_);
  Operation* next = loop->NewOperation(kind_);
  if (next == nullptr) return Error(ErrorCode::kOutOfMemory, name_);
  next->file = op_->file;
  next->file.offset += count;
  next->handle = op_->handle;
  next->bytes = std::move(op_->bytes);
  if (TakesPath(kind_)) {
    ArgumentsOf(*next)->Advance(count);
  } else {
    next->bytes.Advance(count);
  }
  next->socket = std::exchange(op_->socket, nullptr);
  next->waker = context.waker().Clone();
  Loop::Unref(std::exchange(op_, next));
  loop->Start(next);
  return std::nullopt;
}

}  // namespace zokio::io
