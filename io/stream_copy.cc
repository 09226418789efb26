#include "io/stream_copy.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "future/join.h"
#include "io/internal/file_call.h"
#include "io/internal/socket_call.h"
#include "io/internal/socket_calls.h"
#include "io/internal/splice_pipe.h"
#include "io/loop.h"
#include "io/stream_copier.h"

namespace zokio {
namespace {

using io::Loop;
using io::SplicePipe;

constexpr uint64_t kPiece = uint64_t{256} << 10;
// Below, a thread that fills the pipe costs more than a copy.
constexpr uint64_t kSpliceMin = uint64_t{256} << 10;  // measured: stream_copy_benchmark

using SharedPipe = std::shared_ptr<SplicePipe>;

// Puts bytes of a file into the pipe: by the kernel's threads or ours, for the disk may be slow.
// The operation keeps the pipe, also when it is dropped.
FileFuture<uint64_t> FillPipe(const File& file, const SharedPipe& pipe, uint64_t offset,
                              uint64_t length) {
  auto arguments = std::make_unique<io::FileArguments>();
  arguments->copy_target = pipe->writer();
  arguments->target_keeper = io::OwnedBytes(
      nullptr, 0, [](void* owner) { delete static_cast<SharedPipe*>(owner); },
      new SharedPipe(pipe));
  io::FileParameters parameters;
  parameters.offset = offset;
  parameters.length = std::min<uint64_t>(length, pipe->capacity());
  return FileFuture<uint64_t>(io::FileCall(io::OpKind::kFileSplice, "send file",
                                           std::move(arguments), parameters, file.state(),
                                           /*needs_file=*/true));
}

class DrainPipe {
 public:
  DrainPipe(SplicePipe* pipe, SocketStream* to) : pipe_(pipe), call_(to->state(), "send file") {
    handle_ = to->native_handle();
  }
  DrainPipe(DrainPipe&&) = default;

  Poll<Result<int32_t>> poll(Context& context) {
    return call_.PollResult(context, [this] { return pipe_->GiveTo(handle_); });
  }

 private:
  SplicePipe* pipe_;
  io::NativeHandle handle_;
  io::SocketCall<io::Direction::kWrite> call_;
};

// Gives an empty pipe back to the loop; one with bytes in it closes.
class PipeLoan {
 public:
  explicit PipeLoan(SharedPipe pipe) : pipe_(std::move(pipe)) {}
  PipeLoan(const PipeLoan&) = delete;
  PipeLoan& operator=(const PipeLoan&) = delete;
  ~PipeLoan() {
    Loop* loop = Loop::Current();
    if (loop != nullptr && pipe_.use_count() == 1) loop->splice_pipes().Put(std::move(*pipe_));
  }
  const SharedPipe& pipe() const { return pipe_; }

 private:
  SharedPipe pipe_;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
// The next piece is read while one is being sent.
Task<Result<uint64_t>> SendByBuffers(File& file, uint64_t offset, uint64_t length,
                                     SocketStream& to) {
  uint64_t sent = 0;
  Result<io::OwnedBytes> piece = co_await file.ReadAt(offset, std::min(length, kPiece));
  while (true) {
    if (!piece.ok()) co_return piece.error();
    const uint64_t size = piece->size();
    if (size == 0) co_return sent;
    sent += size;
    if (sent == length) {
      const Result<void> last = co_await to.WriteAll(*std::move(piece));
      if (!last.ok()) co_return last.error();
      co_return sent;
    }
    auto [written, next] =
        co_await Join(to.WriteAll(*std::move(piece)),
                      file.ReadAt(offset + sent, std::min(length - sent, kPiece)));
    if (!written.ok()) co_return written.error();
    piece = std::move(next);
  }
}

}  // namespace

// The streams are the caller's and outlive the copy, as the header says.
Task<Result<uint64_t>> CopyStream(SocketStream& from, SocketStream& to) {
  StreamCopier copier(&from, &to);
  Task<Result<uint64_t>> run = copier.Run();
  const Result<uint64_t> count = co_await std::move(run);
  // The peer may have gone meanwhile; everything was written.
  if (count.ok()) (void)to.Shutdown();
  co_return count;
}

Task<Result<ProxyCounts>> Proxy(SocketStream& first, SocketStream& second) {
  auto both = co_await TryJoin(CopyStream(first, second), CopyStream(second, first));
  if (!both.ok()) co_return both.error();
  ProxyCounts counts;
  std::tie(counts.to_second, counts.to_first) = *both;
  co_return counts;
}

Task<Result<uint64_t>> SendFile(File& file, uint64_t offset, uint64_t length, SocketStream& to) {
  Loop* loop = Loop::Current();
  if (loop == nullptr) co_return Error(ErrorCode::kWrongThread, "send file");
  if (!file.open() || !to.open()) co_return Error(ErrorCode::kClosed, "send file");
  if (length < kSpliceMin) co_return co_await SendByBuffers(file, offset, length, to);
  Result<SplicePipe> made = loop->splice_pipes().Take();
  if (!made.ok()) co_return co_await SendByBuffers(file, offset, length, to);
  const PipeLoan loan(std::make_shared<SplicePipe>(*std::move(made)));
  io::SetNonBlocking(to.native_handle());  // a splice has no flag that keeps it from waiting
  uint64_t sent = 0;
  while (sent < length) {
    FileFuture<uint64_t> fill = FillPipe(file, loan.pipe(), offset + sent, length - sent);
    const Result<uint64_t> filled = co_await std::move(fill);
    if (!filled.ok()) {
      // Some file systems, and some filters of system calls, do not have it.
      if (sent > 0) co_return filled.error();
      co_return co_await SendByBuffers(file, offset, length, to);
    }
    if (*filled == 0) break;
    loan.pipe()->AddHeld(*filled);
    while (loan.pipe()->held() > 0) {
      DrainPipe drain(loan.pipe().get(), &to);
      const Result<int32_t> count = co_await std::move(drain);
      if (!count.ok()) co_return count.error();
      io::LoopCounters& counters = Loop::Current()->counters();
      counters.bytes_spliced.Add(static_cast<uint64_t>(*count));
      counters.bytes_written.Add(static_cast<uint64_t>(*count));
    }
    sent += *filled;
  }
  co_return sent;
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace zokio
