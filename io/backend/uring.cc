#include "io/backend/uring.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "io/backend/uring_abi.h"
#include "io/backend/uring_ring.h"
#include "io/internal/file_arguments.h"

namespace zokio::io {
namespace {

constexpr uint32_t kProvidedMin = 64;
// Turns after which the number of provided buffers may shrink.
constexpr uint32_t kShrinkTurns = 4096;
constexpr size_t kTransferMax = size_t{1} << 30;

uint64_t UserData(const OpBase* op, OpKind kind) {
  return reinterpret_cast<uint64_t>(op) | (kind == OpKind::kPolled ? uring::kPollTag : 0);
}

int32_t ReadyBits(int32_t events) {
  if (events < 0) return events;
  int32_t bits = 0;
  if ((events & POLLIN) != 0) bits |= kReadyRead;
  if ((events & POLLOUT) != 0) bits |= kReadyWrite;
  if ((events & (POLLRDHUP | POLLHUP | POLLERR)) != 0) bits |= kReadyHangup;
  return bits;
}

class UringBackend final : public Backend {
 public:
  UringBackend(const UringFeatures& features, BackendReport report, int wake_fd)
      : features_(features), report_(std::move(report)), wake_fd_(wake_fd) {}
  ~UringBackend() override {
    ring_.Close();
    close(wake_fd_);
  }

  int Open(const LoopOptions& options) {
    return ring_.Open(options.submission_entries, options.completion_entries,
                      features_.setup_flags);
  }

  const BackendReport& report() const override { return report_; }
  bool completes() const override { return true; }
  bool Handles(OpKind kind) const override {
    return !IsFileKind(kind) || ((features_.file_kinds >> static_cast<unsigned>(kind)) & 1) != 0;
  }

  void Attach(BufferPool* pool) override;
  uint32_t Detach() override {
    // What was handed over last, such as a close, still goes to the kernel.
    while (ring_.submissions_queued() > 0 && ring_.Enter() >= 0) {
    }
    ring_.Close();
    return provided_;
  }
  uint32_t buffers_held() const override { return provided_; }
  void Submit(std::span<const Request> requests) override;
  int Reap(std::span<Completion> out, bool wait, Instant deadline) override;
  void Wake() override {
    const uint64_t one = 1;
    // Fails only when the counter is full, which takes 2^64 wake-ups.
    (void)!write(wake_fd_, &one, sizeof(one));
  }
  BackendStats stats() const override { return stats_; }

 private:
  void PrepareStart(OpBase* op);
  static void PrepareFile(io_uring_sqe* sqe, Operation* op);
  void PrepareCancel(const Request& request);
  void PrepareClose(NativeHandle handle);
  void ArmWake();
  void ProvideBuffers();
  void AdaptProvided(uint32_t used, bool ran_out);
  int Collect(std::span<Completion> out);

  const UringFeatures features_;
  const BackendReport report_;
  const int wake_fd_;
  UringRing ring_;
  BufferPool* pool_ = nullptr;
  uint32_t provided_ = 0;  // buffers with the kernel
  uint32_t provided_target_ = kProvidedMin;
  uint32_t used_peak_ = 0;  // most used in one turn since the last look
  uint32_t turns_to_shrink_ = kShrinkTurns;
  BackendStats stats_;
};

void UringBackend::Attach(BufferPool* pool) {
  pool_ = pool;
  // The probe did all this with success; a failure now is a broken promise of the kernel.
  ZOKIO_CHECK(ring_.Enable(features_.setup_flags) == 0, "io_uring: enabling the ring failed");
  ZOKIO_CHECK(ring_.OpenBuffers(pool->capacity(), uring::kBufferGroup) == 0,
              "io_uring: registering the buffer ring failed");
  provided_target_ = std::min(kProvidedMin, pool->capacity());
  ArmWake();
}

void UringBackend::ArmWake() {
  io_uring_sqe* sqe = ring_.NextSqe();
  io_uring_prep_poll_multishot(sqe, wake_fd_, POLLIN);
  sqe->user_data = uring::kWakeUp;
}

void UringBackend::PrepareStart(OpBase* op) {
  io_uring_sqe* sqe = ring_.NextSqe();
  switch (op->kind) {
    case OpKind::kStream:
      io_uring_prep_recv(sqe, op->handle, nullptr, 0, 0);
      if (features_.multishot_receive) sqe->ioprio |= IORING_RECV_MULTISHOT;
      sqe->flags |= IOSQE_BUFFER_SELECT;
      sqe->buf_group = uring::kBufferGroup;
      break;
    case OpKind::kListener:
      io_uring_prep_accept(sqe, op->handle, nullptr, nullptr, SOCK_CLOEXEC);
      if (features_.multishot_accept) sqe->ioprio |= IORING_ACCEPT_MULTISHOT;
      break;
    case OpKind::kSend: {
      const OwnedBytes& bytes = static_cast<Operation*>(op)->bytes;
      io_uring_prep_send(sqe, op->handle, bytes.data(), std::min(bytes.size(), kTransferMax),
                         MSG_NOSIGNAL | MSG_WAITALL);
      break;
    }
    case OpKind::kReceive: {
      const OwnedBytes& bytes = static_cast<Operation*>(op)->bytes;
      io_uring_prep_recv(sqe, op->handle, bytes.data(), std::min(bytes.size(), kTransferMax), 0);
      break;
    }
    case OpKind::kConnect: {
      auto* connect = static_cast<Operation*>(op);
      io_uring_prep_connect(sqe, op->handle, reinterpret_cast<sockaddr*>(connect->address),
                            connect->address_size);
      break;
    }
    case OpKind::kAwaitReady: {
      const uint32_t wanted = static_cast<Operation*>(op)->file.flags;
      io_uring_prep_poll_add(sqe, op->handle, wanted == kReadyRead ? POLLIN | POLLRDHUP : POLLOUT);
      break;
    }
    case OpKind::kPolled:
      io_uring_prep_poll_multishot(sqe, op->handle, POLLIN | POLLOUT | POLLRDHUP);
      break;
    case OpKind::kNothing:
      io_uring_prep_nop(sqe);
      break;
    case OpKind::kFree:
    case OpKind::kFile:
      ZOKIO_CHECK(false, "a free slot was started");
    default:
      PrepareFile(sqe, static_cast<Operation*>(op));
  }
  sqe->user_data = UserData(op, op->kind);
}

void UringBackend::PrepareFile(io_uring_sqe* sqe, Operation* op) {
  const FileParameters& file = op->file;
  const auto size = static_cast<unsigned>(std::min(op->bytes.size(), kTransferMax));
  FileArguments* path = TakesPath(op->kind) ? ArgumentsOf(*op) : nullptr;
  switch (op->kind) {
    case OpKind::kFileRead:
      io_uring_prep_read(sqe, op->handle, op->bytes.data(), size, file.offset);
      break;
    case OpKind::kFileWrite:
      io_uring_prep_write(sqe, op->handle, op->bytes.data(), size, file.offset);
      break;
    case OpKind::kFileReadVector:
      io_uring_prep_readv(sqe, op->handle, reinterpret_cast<const iovec*>(path->NextVectors()),
                          path->VectorCount(), file.offset);
      break;
    case OpKind::kFileWriteVector:
      io_uring_prep_writev(sqe, op->handle, reinterpret_cast<const iovec*>(path->NextVectors()),
                           path->VectorCount(), file.offset);
      break;
    case OpKind::kFileSync:
      io_uring_prep_fsync(sqe, op->handle, file.flags != 0 ? IORING_FSYNC_DATASYNC : 0);
      break;
    case OpKind::kFileAllocate:
      io_uring_prep_fallocate(sqe, op->handle, static_cast<int>(file.flags),
                              static_cast<off_t>(file.offset), static_cast<off_t>(file.length));
      break;
    case OpKind::kFileTruncate:
      io_uring_prep_rw(uring::kOpFtruncate, sqe, op->handle, nullptr, 0, file.length);
      break;
    case OpKind::kFileStat:
      io_uring_prep_statx(sqe, op->handle, "", AT_EMPTY_PATH, file.mode,
                          reinterpret_cast<struct statx*>(path->status));
      break;
    case OpKind::kPathStat:
      io_uring_prep_statx(sqe, AT_FDCWD, path->path.c_str(), static_cast<int>(file.flags),
                          file.mode, reinterpret_cast<struct statx*>(path->status));
      break;
    case OpKind::kOpen:
      io_uring_prep_openat(sqe, AT_FDCWD, path->path.c_str(), static_cast<int>(file.flags),
                           file.mode);
      break;
    case OpKind::kRename:
      io_uring_prep_renameat(sqe, AT_FDCWD, path->path.c_str(), AT_FDCWD, path->target.c_str(),
                             file.flags);
      break;
    case OpKind::kUnlink:
      io_uring_prep_unlinkat(sqe, AT_FDCWD, path->path.c_str(), static_cast<int>(file.flags));
      break;
    case OpKind::kFileSplice:
      io_uring_prep_splice(sqe, op->handle, static_cast<int64_t>(file.offset), path->copy_target,
                           -1, static_cast<unsigned>(file.length), 0);
      break;
    case OpKind::kMakeDirectory:
      io_uring_prep_mkdirat(sqe, AT_FDCWD, path->path.c_str(), file.mode);
      break;
    default:
      ZOKIO_CHECK(false, "an operation that io_uring does not have was started");
  }
}

void UringBackend::PrepareCancel(const Request& request) {
  io_uring_sqe* sqe = ring_.NextSqe();
  io_uring_prep_cancel64(sqe, UserData(request.op, request.kind), 0);
  if (features_.skip_success) sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = uring::kIgnored;
}

void UringBackend::PrepareClose(NativeHandle handle) {
  io_uring_sqe* sqe = ring_.NextSqe();
  io_uring_prep_close(sqe, handle);
  if (features_.skip_success) sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = uring::kIgnored;
}

void UringBackend::Submit(std::span<const Request> requests) {
  stats_.submitted += requests.size();
  for (const Request& request : requests) {
    switch (request.action) {
      case Action::kStart:
        PrepareStart(request.op);
        break;
      case Action::kCancel:
        PrepareCancel(request);
        break;
      case Action::kClose:
        PrepareClose(request.handle);
        break;
    }
  }
}

void UringBackend::ProvideBuffers() {
  if (provided_ >= provided_target_) return;
  do {
    BufferBlock* block = pool_->Take();
    if (block == nullptr) break;  // all lent out: receives will wait
    ring_.AddBuffer(block->data, pool_->buffer_size(), block->id);
  } while (++provided_ < provided_target_);
  ring_.PublishBuffers();
}

void UringBackend::AdaptProvided(uint32_t used, bool ran_out) {
  used_peak_ = std::max(used_peak_, used);
  if (ran_out || used * 4 >= provided_target_ * 3) {
    provided_target_ = std::min(provided_target_ * 2, pool_->capacity());
    return;
  }
  if (--turns_to_shrink_ > 0) return;
  turns_to_shrink_ = kShrinkTurns;
  if (used_peak_ * 4 < provided_target_) {
    provided_target_ = std::max(provided_target_ / 2, std::min(kProvidedMin, pool_->capacity()));
  }
  used_peak_ = 0;
}

int UringBackend::Collect(std::span<Completion> out) {
  int filled = 0;
  uint32_t used = 0;
  bool ran_out = false;
  bool wake_lost = false;
  ring_.ForEachCompletion(static_cast<unsigned>(out.size()), [&](const io_uring_cqe& cqe) {
    const bool more = (cqe.flags & IORING_CQE_F_MORE) != 0;
    if (cqe.user_data <= uring::kWakeUp) {
      if (cqe.user_data == uring::kWakeUp) {
        ++stats_.wakes;
        wake_lost = wake_lost || !more;
      }
      return;
    }
    Completion& completion = out[filled++];
    completion.op = reinterpret_cast<OpBase*>(cqe.user_data & ~uring::kPollTag);
    completion.result = (cqe.user_data & uring::kPollTag) == 0 ? cqe.res : ReadyBits(cqe.res);
    completion.more = more;
    completion.buffer = kNoBuffer;
    if ((cqe.flags & IORING_CQE_F_BUFFER) != 0) {
      completion.buffer = static_cast<int32_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
      ++used;
    }
    ran_out = ran_out || cqe.res == -ENOBUFS;
  });
  if (used > 0 || ran_out) {
    provided_ -= used;
    AdaptProvided(used, ran_out);
  }
  if (wake_lost) ArmWake();
  return filled;
}

int UringBackend::Reap(std::span<Completion> out, bool wait, Instant deadline) {
  ProvideBuffers();
  int filled = 0;
  // Completions that are none of the caller's (a close, a lost cancel) do not end the wait, but a
  // wake-up does: then it returns with nothing.
  const uint64_t wakes = stats_.wakes;
  do {
    const bool ready = ring_.completions_ready() > 0;
    int result = 0;
    if (wait && !ready) {
      result = ring_.EnterAndWait(deadline);
      ++stats_.enters;
    } else if (ring_.submissions_queued() > 0 || ring_.KernelWantsEnter()) {
      stats_.overflows += ring_.overflowed() ? 1 : 0;
      result = ring_.Enter();
      ++stats_.enters;
    }
    filled += Collect(out.subspan(static_cast<size_t>(filled)));
    if (result == -ETIME) break;
    ZOKIO_CHECK(result >= 0 || result == -EINTR || result == -EBUSY || result == -EAGAIN ||
                    result == -ETIME,
                "io_uring_enter failed");
    if (result == -EINTR) break;
  } while (wait && filled == 0 && stats_.wakes == wakes);
  return filled;
}

}  // namespace

Result<std::unique_ptr<Backend>> CreateUringBackend(const UringFeatures& features,
                                                    const LoopOptions& options,
                                                    BackendReport report) {
  ZOKIO_CHECK(features.usable, "io_uring was found unusable");
  const int wake_fd = eventfd(0, EFD_CLOEXEC);
  if (wake_fd < 0) return Error::FromErrno(errno, "eventfd");
  report.kind = BackendKind::kUring;
  report.features = features.names;
  report.features.emplace_back("eventfd wake-up");
  auto backend = std::make_unique<UringBackend>(features, std::move(report), wake_fd);
  const int result = backend->Open(options);
  if (result < 0) return Error::FromErrno(-result, "io_uring_setup");
  return std::unique_ptr<Backend>(std::move(backend));
}

}  // namespace zokio::io
