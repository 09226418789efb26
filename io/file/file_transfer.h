// The futures that move a file's bytes: ReadFileAt, ReadFileInto, WriteFileAt.
//
// Cancellation: dropping a read has no effect but the time; dropping a write leaves an unknown part
//   written at its place, so writing it again is harmless.
// Errors: as FileFuture; kOutOfSpace where the disk or the quota is full.
// Cost: one operation slot. A read into a span takes what is in the page cache by a direct call
//   first; what is not goes by a buffer of the loop and is copied.
#ifndef ZOKIO_IO_FILE_FILE_TRANSFER_H_
#define ZOKIO_IO_FILE_FILE_TRANSFER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/file_call.h"
#include "io/owned_bytes.h"
#include "io/write_data.h"

namespace zokio {

// Yields the bytes that are there, in a buffer of their own: fewer than asked for, or none, where
// the file ends. (A file system may give fewer elsewhere too.)
class [[nodiscard]] ReadFileAt {
 public:
  ReadFileAt(io::SocketState* file, uint64_t offset, io::OwnedBytes buffer, size_t size);
  ReadFileAt(ReadFileAt&&) = default;

  Poll<Result<io::OwnedBytes>> poll(Context& context);

  // See Chain.
  bool LinksOn(const io::Loop& loop) const { return call_.LinksOn(loop); }
  bool started() const { return call_.started(); }
  void Hold() { call_.Hold(); }

 private:
  io::SocketState* file_;
  uint64_t offset_;
  io::OwnedBytes buffer_;  // empty: one of the loop, or of the heap where it is larger
  size_t size_;
  io::FileCall call_;
};

// Copies into the caller's memory inside poll; yields how many bytes, 0 at the end of the file.
class [[nodiscard]] ReadFileInto {
 public:
  ReadFileInto(io::SocketState* file, uint64_t offset, std::span<uint8_t> target)
      : file_(file),
        target_(target),
        read_(file, offset, io::OwnedBytes(), target.size()),
        offset_(offset) {}
  ReadFileInto(ReadFileInto&&) = default;

  Poll<Result<size_t>> poll(Context& context);
  void Hold() { read_.Hold(); }  // see Chain

 private:
  io::SocketState* file_;
  std::span<uint8_t> target_;
  ReadFileAt read_;
  uint64_t offset_;
  bool tried_ = false;
};

// Writes everything; ready with an error when something could not be written.
class [[nodiscard]] WriteFileAt {
 public:
  WriteFileAt(io::SocketState* file, uint64_t offset, io::WriteData data);
  WriteFileAt(WriteFileAt&&) = default;

  Poll<Result<void>> poll(Context& context);

  // See Chain.
  bool LinksOn(const io::Loop& loop) const { return call_.LinksOn(loop); }
  bool started() const { return call_.started(); }
  void Hold() { call_.Hold(); }

 private:
  io::WriteData data_;
  io::FileCall call_;
};

// The same from several places, which follow each other in the file.
class [[nodiscard]] WriteFileVector {
 public:
  WriteFileVector(io::SocketState* file, uint64_t offset, std::vector<io::OwnedBytes> pieces);
  WriteFileVector(WriteFileVector&&) = default;

  Poll<Result<void>> poll(Context& context);

  // See Chain.
  bool LinksOn(const io::Loop& loop) const { return call_.LinksOn(loop); }
  bool started() const { return call_.started(); }
  void Hold() { call_.Hold(); }

 private:
  uint64_t left_;
  io::FileCall call_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_FILE_TRANSFER_H_
