#include "io/file/file_transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "io/internal/file_calls.h"
#include "io/loop.h"

namespace zokio {
namespace {

using io::FileParameters;
using io::Loop;
using io::OpKind;
using io::OwnedBytes;

FileParameters AtOffset(uint64_t offset) {
  FileParameters parameters;
  parameters.offset = offset;
  return parameters;
}

}  // namespace

ReadFileAt::ReadFileAt(io::SocketState* file, uint64_t offset, OwnedBytes buffer, size_t size)
    : file_(file),
      offset_(offset),
      buffer_(std::move(buffer)),
      size_(size),
      call_(OpKind::kFileRead, "read file", file, AtOffset(offset)) {}

Poll<Result<OwnedBytes>> ReadFileAt::poll(Context& context) {
  using Output = Result<OwnedBytes>;
  if (!call_.started()) {
    Loop* loop = Loop::Current();
    if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "read file"));
    if (file_ == nullptr) return Output(Error(ErrorCode::kClosed, "read file"));
    if (buffer_.data() == nullptr) buffer_ = io::NewBytes(size_, loop->pool());
    if (buffer_.data() == nullptr) return Output(Error(ErrorCode::kOutOfMemory, "read file"));
    // A thread is dear: without a completing backend, what is in the page cache comes at once.
    if (!loop->Handles(OpKind::kFileRead)) {
      if (!context.SpendBudget()) return kPending;
      const int32_t count = io::TryReadAt(file_->handle, buffer_.data(), buffer_.size(), offset_);
      if (count >= 0) {
        buffer_.Truncate(static_cast<size_t>(count));
        return Output(std::move(buffer_));
      }
      context.RefundBudget();
    }
  }
  Poll<Result<int32_t>> poll = call_.PollResult(context, &buffer_);
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  OwnedBytes bytes = std::move(call_.bytes());
  bytes.Truncate(static_cast<size_t>(*poll.value()));
  return Output(std::move(bytes));
}

Poll<Result<size_t>> ReadFileInto::poll(Context& context) {
  using Output = Result<size_t>;
  if (target_.empty()) return Output(size_t{0});
  if (!tried_ && file_ != nullptr) {
    if (!context.SpendBudget()) return kPending;
    tried_ = true;
    const int32_t count = io::TryReadAt(file_->handle, target_.data(), target_.size(), offset_);
    if (count >= 0) return Output(static_cast<size_t>(count));
    context.RefundBudget();
  }
  Poll<Result<OwnedBytes>> poll = read_.poll(context);
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  const OwnedBytes& bytes = *poll.value();
  const size_t count = bytes.size();
  std::memcpy(target_.data(), bytes.data(), count);
  return Output(count);
}

WriteFileAt::WriteFileAt(io::SocketState* file, uint64_t offset, io::WriteData data)
    : data_(std::move(data)), call_(OpKind::kFileWrite, "write file", file, AtOffset(offset)) {}

Poll<Result<void>> WriteFileAt::poll(Context& context) {
  using Output = Result<void>;
  OwnedBytes bytes;
  if (!call_.started()) {
    if (data_.bytes().empty()) return Output();
    Loop* loop = Loop::Current();
    if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "write file"));
    bytes = data_.Own(0, loop->pool());
    if (bytes.data() == nullptr) return Output(Error(ErrorCode::kOutOfMemory, "write file"));
  }
  Poll<Result<int32_t>> poll = call_.PollResult(context, &bytes);
  // Not begun: the next poll wants the bytes.
  if (!call_.started() && poll.pending()) data_ = io::WriteData(std::move(bytes));
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  const auto count = static_cast<size_t>(*poll.value());
  if (count == call_.bytes().size()) return Output();
  // A file takes something or says why not; none of both would go on for ever.
  if (count == 0) return Output(Error::FromErrno(EIO, "write file"));
  if (const std::optional<Error> error = call_.Continue(context, count)) return Output(*error);
  return kPending;
}

namespace {

std::unique_ptr<io::FileArguments> ListOf(std::vector<OwnedBytes> pieces) {
  auto arguments = std::make_unique<io::FileArguments>();
  arguments->pieces = std::move(pieces);
  arguments->ListPieces();
  return arguments;
}

uint64_t SizeOf(const std::vector<OwnedBytes>& pieces) {
  uint64_t size = 0;
  for (const OwnedBytes& piece : pieces) size += piece.size();
  return size;
}

}  // namespace

WriteFileVector::WriteFileVector(io::SocketState* file, uint64_t offset,
                                 std::vector<OwnedBytes> pieces)
    : left_(SizeOf(pieces)),
      call_(OpKind::kFileWriteVector, "write file", ListOf(std::move(pieces)), AtOffset(offset),
            file, /*needs_file=*/true) {}

Poll<Result<void>> WriteFileVector::poll(Context& context) {
  using Output = Result<void>;
  if (left_ == 0) return Output();
  Poll<Result<int32_t>> poll = call_.PollResult(context);
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  const auto count = static_cast<size_t>(*poll.value());
  if (count == left_) return Output();
  if (count == 0) return Output(Error::FromErrno(EIO, "write file"));
  left_ -= count;
  if (const std::optional<Error> error = call_.Continue(context, count)) return Output(*error);
  return kPending;
}

}  // namespace zokio
