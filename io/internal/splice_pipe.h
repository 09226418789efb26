// SplicePipe: a pipe through which bytes pass from one descriptor to another inside the kernel;
// SplicePipePool: those of a loop.
//
// What is spliced are references to the kernel's pages: nothing is copied. A copy has a pipe only
// while bytes lie in it, so that connections without traffic hold none.
//
// Ownership: a pipe closes its ends when dropped, with what lies in it; a pool keeps empty ones.
// Thread-safety: a plain value; a pool is its loop's thread's.
// Errors: negative errno; -EAGAIN where it would have to wait.
// Cost: two descriptors, and the kernel's memory for the pages that lie in it.
#ifndef ZOKIO_IO_INTERNAL_SPLICE_PIPE_H_
#define ZOKIO_IO_INTERNAL_SPLICE_PIPE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/native_handle.h"

namespace zokio::io {

class SplicePipe {
 public:
  SplicePipe() = default;
  SplicePipe(SplicePipe&& other) noexcept
      : reader_(std::exchange(other.reader_, kNoHandle)),
        writer_(std::exchange(other.writer_, kNoHandle)),
        capacity_(other.capacity_),
        held_(std::exchange(other.held_, 0)) {}
  SplicePipe& operator=(SplicePipe&& other) noexcept {
    std::swap(reader_, other.reader_);
    std::swap(writer_, other.writer_);
    std::swap(capacity_, other.capacity_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~SplicePipe();

  static Result<SplicePipe> Open();

  bool open() const { return reader_ != kNoHandle; }
  size_t capacity() const { return capacity_; }
  size_t held() const { return held_; }
  NativeHandle writer() const { return writer_; }
  // What an operation put in.
  void AddHeld(size_t count) { held_ += count; }

  // From a socket that does not block; 0 at its end.  REQUIRES: it is empty.
  int32_t TakeFrom(NativeHandle from);
  // To a socket that does not block.  REQUIRES: it is not empty.
  int32_t GiveTo(NativeHandle to);

 private:
  NativeHandle reader_ = kNoHandle;
  NativeHandle writer_ = kNoHandle;
  size_t capacity_ = 0;
  size_t held_ = 0;
};

class SplicePipePool {
 public:
  Result<SplicePipe> Take();
  // One that is not empty, or one too many, is closed.
  void Put(SplicePipe pipe);
  void Close() { pipes_.clear(); }
  size_t size() const { return pipes_.size(); }

 private:
  std::vector<SplicePipe> pipes_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SPLICE_PIPE_H_
