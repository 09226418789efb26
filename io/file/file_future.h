// FileFuture<T>: an operation on a file or a path, to be awaited.
//
// Cancellation: dropping it gives up interest, not the effect: what the kernel began it finishes
//   (a file may be renamed, a directory made). Nothing leaks.
// Errors: kWrongThread outside a loop's thread, kClosed, kShutdown, kOutOfMemory, and what the
//   system answers: kNotFound, kAlreadyExists, kPermissionDenied, kOutOfSpace, ...
// Cost: an operation slot, for paths one allocation; a thread's time where the backend cannot do it
//   (BlockingRunner).
#ifndef ZOKIO_IO_FILE_FILE_FUTURE_H_
#define ZOKIO_IO_FILE_FILE_FUTURE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/file/directory_entry.h"
#include "io/internal/file_call.h"
#include "io/owned_bytes.h"

namespace zokio {

template <typename T>
class [[nodiscard]] FileFuture {
 public:
  explicit FileFuture(io::FileCall call) : call_(std::move(call)) {}
  FileFuture(FileFuture&&) = default;

  Poll<Result<T>> poll(Context& context) {
    Poll<Result<int32_t>> poll = call_.PollResult(context);
    if (poll.pending()) return kPending;
    if (!poll.value().ok()) return Result<T>(poll.value().error());
    return Finish(*poll.value());
  }

  // See Chain.
  bool LinksOn(const io::Loop& loop) const { return call_.LinksOn(loop); }
  bool started() const { return call_.started(); }
  void Hold() { call_.Hold(); }

 private:
  // What the operation's result stands for.
  Result<T> Finish(int32_t result);

  io::FileCall call_;
};

template <>
inline Result<void> FileFuture<void>::Finish(int32_t) {
  return {};
}
template <>
inline Result<int32_t> FileFuture<int32_t>::Finish(int32_t result) {
  return result;
}
template <>
inline Result<uint64_t> FileFuture<uint64_t>::Finish(int32_t result) {
  return static_cast<uint64_t>(result);
}
template <>
inline Result<std::vector<DirectoryEntry>> FileFuture<std::vector<DirectoryEntry>>::Finish(
    int32_t) {
  return std::move(call_.arguments().entries);
}
template <>
Result<FileStatus> FileFuture<FileStatus>::Finish(int32_t);

// Cut to what was read.
template <>
Result<std::vector<io::OwnedBytes>> FileFuture<std::vector<io::OwnedBytes>>::Finish(int32_t);

class File;
template <>
Result<File> FileFuture<File>::Finish(int32_t);

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_FILE_FUTURE_H_
