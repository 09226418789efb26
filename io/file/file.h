// File: an open file, read and written at offsets.
//
//   auto file = co_await zokio::File::Open("data", zokio::OpenOptions::Update());
//   if (!file.ok()) co_return file.error();
//   co_await file->WriteAt(0, std::string("hello"));
//   auto bytes = co_await file->ReadAt(0, 4096);  // OwnedBytes; shorter at the end
//   co_await file->SyncData();
//
// Truly asynchronous: io_uring does the operations; what it lacks, and everything on epoll, runs on
// threads that may block. There is no position: any number of operations may go on at once.
//
// Ownership: owns the descriptor; an operation that is under way keeps it open. Dropping it closes.
//   A future's first poll must come while the file lives.
// Thread-safety: any number of threads may await operations; moving and closing is one thread's.
// Cancellation: see the futures.
// Errors: as FileFuture.  Cost: 8 bytes here, 64 in the loop's slab.
#ifndef ZOKIO_IO_FILE_FILE_H_
#define ZOKIO_IO_FILE_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/file/directory_entry.h"
#include "io/file/file_future.h"
#include "io/file/file_transfer.h"
#include "io/file/open_options.h"
#include "io/lease.h"
#include "io/native_handle.h"
#include "io/operation.h"

namespace zokio {

class File {
 public:
  File() = default;
  explicit File(io::SocketState* state) : state_(state) {}  // for this package
  File(File&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  File& operator=(File&& other) noexcept {
    if (this != &other) {
      Close();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~File() { Close(); }

  static FileFuture<File> Open(std::string_view path,
                               const OpenOptions& options = OpenOptions::Read());

  // Up to `size` bytes, in a buffer of the loop or of the heap.
  ReadFileAt ReadAt(uint64_t offset, size_t size) {
    return ReadFileAt(state_, offset, io::OwnedBytes(), size);
  }
  // Into memory that is handed over and comes back, cut to what was read: for aligned memory.
  ReadFileAt ReadAt(uint64_t offset, io::OwnedBytes buffer) {
    const size_t size = buffer.size();
    return ReadFileAt(state_, offset, std::move(buffer), size);
  }
  // Copies into `target`, which must live as long as the future.
  ReadFileInto ReadAt(uint64_t offset, std::span<uint8_t> target) {
    return ReadFileInto(state_, offset, target);
  }

  // Writes everything. A span is copied.
  WriteFileAt WriteAt(uint64_t offset, std::string data) {
    return WriteFileAt(state_, offset, io::WriteData(std::move(data)));
  }
  WriteFileAt WriteAt(uint64_t offset, Lease data) {
    return WriteFileAt(state_, offset, io::WriteData(std::move(data)));
  }
  WriteFileAt WriteAt(uint64_t offset, std::span<const uint8_t> data) {
    return WriteFileAt(state_, offset, io::WriteData(data));
  }
  WriteFileAt WriteAt(uint64_t offset, io::OwnedBytes data) {
    return WriteFileAt(state_, offset, io::WriteData(std::move(data)));
  }

  // Several pieces of memory at once, which follow each other in the file. Reading gives them back,
  // cut to what was read: of at most 1024 pieces and 2 GiB, those beyond come back empty.
  FileFuture<std::vector<io::OwnedBytes>> ReadAt(uint64_t offset,
                                                 std::vector<io::OwnedBytes> pieces);
  WriteFileVector WriteAt(uint64_t offset, std::vector<io::OwnedBytes> pieces) {
    return WriteFileVector(state_, offset, std::move(pieces));
  }

  // Until data and metadata (or what reading the data needs) are on the disk.
  FileFuture<void> Sync() { return SyncFuture(false); }
  FileFuture<void> SyncData() { return SyncFuture(true); }
  // Reserves disk space; the file grows to hold it.
  FileFuture<void> Allocate(uint64_t offset, uint64_t length);
  FileFuture<void> Truncate(uint64_t size);
  FileFuture<FileStatus> Status();
  // Copies bytes inside the kernel, at the same offset; yields how many, 0 at the end of this file.
  FileFuture<uint64_t> CopyTo(File& target, uint64_t offset, uint64_t length);

  bool open() const { return state_ != nullptr; }
  // Idempotent. Operations under way go on; the descriptor closes after them.
  void Close();
  io::NativeHandle native_handle() const {
    return state_ == nullptr ? io::kNoHandle : state_->handle;
  }
  io::SocketState* state() const { return state_; }  // for this package

 private:
  FileFuture<void> SyncFuture(bool data_only);

  io::SocketState* state_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_FILE_H_
