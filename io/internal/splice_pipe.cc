#include "io/internal/splice_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "io/internal/broken_pipe.h"
#include "io/internal/socket_calls.h"

namespace zokio::io {
namespace {

// Four times the usual, so that a turn moves more; an unprivileged user may have 256 of these.
constexpr int kCapacityWanted = 256 << 10;
constexpr size_t kPoolMax = 32;

}  // namespace

SplicePipe::~SplicePipe() {
  CloseSocket(reader_);
  CloseSocket(writer_);
}

Result<SplicePipe> SplicePipe::Open() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return Error::FromErrno(errno, "pipe");
  SplicePipe pipe;
  pipe.reader_ = ends[0];
  pipe.writer_ = ends[1];
  // Refused beyond the user's share of pages: then it stays as it is.
  (void)fcntl(pipe.writer_, F_SETPIPE_SZ, kCapacityWanted);
  const int capacity = fcntl(pipe.writer_, F_GETPIPE_SZ);
  if (capacity < 0) return Error::FromErrno(errno, "pipe");
  pipe.capacity_ = static_cast<size_t>(capacity);
  return pipe;
}

int32_t SplicePipe::TakeFrom(NativeHandle from) {
  while (true) {
    const ssize_t count =
        splice(from, nullptr, writer_, nullptr, capacity_, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (count >= 0) {
      held_ += static_cast<size_t>(count);
      return static_cast<int32_t>(count);
    }
    if (errno != EINTR) return -errno;
  }
}

int32_t SplicePipe::GiveTo(NativeHandle to) {
  while (true) {
    const int32_t count = WithoutBrokenPipe([&] {
      return splice(reader_, nullptr, to, nullptr, held_, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    });
    if (count == -EINTR) continue;
    if (count > 0) held_ -= static_cast<size_t>(count);
    return count;
  }
}

Result<SplicePipe> SplicePipePool::Take() {
  if (pipes_.empty()) return SplicePipe::Open();
  SplicePipe pipe = std::move(pipes_.back());
  pipes_.pop_back();
  return pipe;
}

void SplicePipePool::Put(SplicePipe pipe) {
  if (pipe.open() && pipe.held() == 0 && pipes_.size() < kPoolMax) {
    pipes_.push_back(std::move(pipe));
  }
}

}  // namespace zokio::io
