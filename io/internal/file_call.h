// FileCall: one file operation of a future: its slot, started by the first poll.
//
// Ownership: holds the slot until dropped; the slot holds the file, the path and the answer.
// Thread-safety: as a future.
// Cancellation: dropping detaches the slot and asks for an early end; what was begun may still
//   happen. A descriptor that arrives late is closed.
// Errors: kWrongThread, kOutOfMemory, kShutdown, and what the system answers.
#ifndef ZOKIO_IO_INTERNAL_FILE_CALL_H_
#define ZOKIO_IO_INTERNAL_FILE_CALL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/file_arguments.h"
#include "io/operation.h"

namespace zokio::io {

class FileCall {
 public:
  FileCall(OpKind kind, const char* name, SocketState* file, const FileParameters& parameters)
      : parameters_(parameters), name_(name), file_(file), kind_(kind) {}
  FileCall(OpKind kind, const char* name, std::unique_ptr<FileArguments> arguments,
           const FileParameters& parameters, SocketState* file = nullptr, bool needs_file = false)
      : parameters_(parameters),
        name_(name),
        arguments_(std::move(arguments)),
        file_(file),
        kind_(kind),
        needs_file_(needs_file) {}
  FileCall(FileCall&& other) noexcept
      : parameters_(other.parameters_),
        name_(other.name_),
        arguments_(std::move(other.arguments_)),
        file_(std::exchange(other.file_, nullptr)),
        op_(std::exchange(other.op_, nullptr)),
        kind_(other.kind_),
        needs_file_(other.needs_file_),
        holds_file_(std::exchange(other.holds_file_, false)) {}
  FileCall& operator=(FileCall&&) = delete;
  ~FileCall();

  // The first poll starts it, with `*bytes` where it has no arguments. Ready: a count or 0. Takes
  // `*bytes` only where it starts: without budget it does not, and they stay the caller's.
  Poll<Result<int32_t>> PollResult(Context& context, OwnedBytes* bytes = nullptr);

  // Starts the same anew for what a short transfer left over.  REQUIRES: done; `count` < the rest.
  std::optional<Error> Continue(Context& context, size_t count);

  bool started() const { return op_ != nullptr; }
  // From now on the file may be closed before the first poll: its descriptor stays open.
  void Hold();
  // Whether `loop` can link it to another operation (Chain).
  bool LinksOn(const Loop& loop) const;
  // The answer.  REQUIRES: done.
  FileArguments& arguments() { return *ArgumentsOf(*op_); }
  OwnedBytes& bytes() { return op_->bytes; }
  NativeHandle TakeHandle() {
    op_->flags &= ~kOpOwnsHandle;  // done and ours alone: no lock needed
    return std::exchange(op_->handle, kNoHandle);
  }

 private:
  FileParameters parameters_;
  const char* name_;
  std::unique_ptr<FileArguments> arguments_;
  SocketState* file_;
  Operation* op_ = nullptr;
  OpKind kind_;
  bool needs_file_ = true;
  bool holds_file_ = false;  // a reference of `file_`
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_FILE_CALL_H_
