#include "io/file/file.h"

#include <algorithm>
#include <memory>

#include "io/internal/file_calls.h"
#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {

using io::FileArguments;
using io::FileCall;
using io::FileParameters;
using io::OpKind;

template <>
Result<FileStatus> FileFuture<FileStatus>::Finish(int32_t) {
  return io::StatusFromNative(call_.arguments().status);
}

template <>
Result<File> FileFuture<File>::Finish(int32_t) {
  io::Loop* loop = io::Loop::Current();
  if (loop == nullptr) return Error(ErrorCode::kWrongThread, "open");
  // Still the operation's to close where there is no slot for it.
  io::SocketState* state = loop->NewSocket(io::kNoHandle);
  if (state == nullptr) return Error(ErrorCode::kOutOfMemory, "open");
  state->kind = OpKind::kFile;
  state->handle = call_.TakeHandle();
  return File(state);
}

FileFuture<File> File::Open(std::string_view path, const OpenOptions& options) {
  auto arguments = std::make_unique<FileArguments>();
  arguments->path = path;
  FileParameters parameters;
  parameters.flags = io::NativeOpenFlags(options);
  parameters.mode = options.permissions;
  parameters.length = options.create_new && options.remove_if_late ? io::kRemoveIfLate : 0;
  return FileFuture<File>(FileCall(OpKind::kOpen, "open", std::move(arguments), parameters));
}

template <>
Result<std::vector<io::OwnedBytes>> FileFuture<std::vector<io::OwnedBytes>>::Finish(
    int32_t result) {
  auto left = static_cast<size_t>(result);
  std::vector<io::OwnedBytes> pieces = std::move(call_.arguments().pieces);
  for (io::OwnedBytes& piece : pieces) {
    piece.Truncate(std::min(left, piece.size()));
    left -= piece.size();
  }
  return pieces;
}

FileFuture<std::vector<io::OwnedBytes>> File::ReadAt(uint64_t offset,
                                                     std::vector<io::OwnedBytes> pieces) {
  auto arguments = std::make_unique<FileArguments>();
  arguments->pieces = std::move(pieces);
  arguments->ListPieces();
  FileParameters parameters;
  parameters.offset = offset;
  return FileFuture<std::vector<io::OwnedBytes>>(FileCall(OpKind::kFileReadVector, "read file",
                                                          std::move(arguments), parameters, state_,
                                                          /*needs_file=*/true));
}

FileFuture<void> File::SyncFuture(bool data_only) {
  FileParameters parameters;
  parameters.flags = data_only ? 1 : 0;
  return FileFuture<void>(FileCall(OpKind::kFileSync, "sync", state_, parameters));
}

FileFuture<void> File::Allocate(uint64_t offset, uint64_t length) {
  FileParameters parameters;
  parameters.offset = offset;
  parameters.length = length;
  return FileFuture<void>(FileCall(OpKind::kFileAllocate, "allocate", state_, parameters));
}

FileFuture<void> File::Truncate(uint64_t size) {
  FileParameters parameters;
  parameters.length = size;
  return FileFuture<void>(FileCall(OpKind::kFileTruncate, "truncate", state_, parameters));
}

FileFuture<FileStatus> File::Status() {
  FileParameters parameters;
  parameters.mode = io::NativeStatusMask();
  return FileFuture<FileStatus>(FileCall(OpKind::kFileStat, "file status",
                                         std::make_unique<FileArguments>(), parameters, state_,
                                         /*needs_file=*/true));
}

FileFuture<uint64_t> File::CopyTo(File& target, uint64_t offset, uint64_t length) {
  auto arguments = std::make_unique<FileArguments>();
  FileParameters parameters;
  parameters.offset = offset;
  parameters.length = length;
  io::SocketState* from = target.state_ == nullptr ? nullptr : state_;  // one closed: kClosed
  if (from != nullptr) {
    io::SocketState* to = target.state_;
    arguments->copy_target = to->handle;
    {
      io::SmallLockGuard guard(to->lock);
      ++to->refs;
    }
    arguments->target_keeper = io::OwnedBytes(
        nullptr, 0,
        [](void* state) {
          io::Loop::UnrefSocket(static_cast<io::SocketState*>(state), /*close=*/false);
        },
        to);
  }
  return FileFuture<uint64_t>(FileCall(OpKind::kCopyRange, "copy", std::move(arguments), parameters,
                                       from, /*needs_file=*/true));
}

void File::Close() {
  if (state_ != nullptr) io::Loop::UnrefSocket(std::exchange(state_, nullptr), /*close=*/true);
}

}  // namespace zokio
