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
#include "io/backend/uring_buffers.h"
#include "io/backend/uring_ring.h"
#include "io/internal/file_arguments.h"

namespace zokio::io {
namespace {

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

  uint32_t links_max() const override { return ring_.entries(); }
  bool RegisterMemory(std::span<uint8_t> memory) override {
    if (!ring_.RegisterMemory(memory)) return false;
    registered_ = memory;
    return true;
  }
  void Attach(BufferPool* pool, BufferPool* large) override;
  uint32_t Detach() override {
    // What was handed over last, such as a close, still goes to the kernel.
    while (ring_.submissions_queued() > 0 && ring_.Enter() >= 0) {
    }
    ring_.Close();
    return small_.provided() + large_.provided();
  }
  uint32_t buffers_held() const override { return small_.provided(); }
  void OnOutOfBuffers(bool large) override { (large ? large_ : small_).Grow(); }
  void Submit(std::span<const Request> requests) override;
  int Reap(std::span<Completion> out, bool wait, Instant deadline) override;
  void Wake() override {
    const uint64_t one = 1;
    // Fails only when the counter is full, which takes 2^64 wake-ups.
    (void)!write(wake_fd_, &one, sizeof(one));
  }
  BackendStats stats() const override { return stats_; }

 private:
  io_uring_sqe* PrepareStart(OpBase* op);
  void PrepareReceive(io_uring_sqe* sqe, const SocketState* socket);
  void PrepareFile(io_uring_sqe* sqe, Operation* op);
  bool IsRegistered(const OwnedBytes& bytes);
  void PrepareCancel(const Request& request);
  void PrepareClose(NativeHandle handle);
  void ArmWake();
  int Collect(std::span<Completion> out);

  const UringFeatures features_;
  const BackendReport report_;
  const int wake_fd_;
  UringRing ring_;
  std::span<uint8_t> registered_;
  UringBuffers small_;
  UringBuffers large_;  // not open: there are none
  BackendStats stats_;
};

void UringBackend::Attach(BufferPool* pool, BufferPool* large) {
  // The probe did all this with success; a failure now is a broken promise of the kernel.
  ZOKIO_CHECK(ring_.Enable(features_.setup_flags) == 0, "io_uring: enabling the ring failed");
  ZOKIO_CHECK(small_.Open(ring_, uring::kBufferGroup, pool),
              "io_uring: registering buffers failed");
  if (large != nullptr) (void)large_.Open(ring_, uring::kLargeBufferGroup, large);
  ArmWake();
}

void UringBackend::ArmWake() {
  io_uring_sqe* sqe = ring_.NextSqe();
  io_uring_prep_poll_multishot(sqe, wake_fd_, POLLIN);
  sqe->user_data = uring::kWakeUp;
}

io_uring_sqe* UringBackend::PrepareStart(OpBase* op) {
  io_uring_sqe* sqe = ring_.NextSqe();
  switch (op->kind) {
    case OpKind::kStream:
      PrepareReceive(sqe, static_cast<SocketState*>(op));
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
  return sqe;
}

void UringBackend::PrepareReceive(io_uring_sqe* sqe, const SocketState* socket) {
  io_uring_prep_recv(sqe, socket->handle, nullptr, 0, 0);
  if (features_.multishot_receive) sqe->ioprio |= IORING_RECV_MULTISHOT;
  sqe->flags |= IOSQE_BUFFER_SELECT;
  const bool large = (socket->buffer_size & kLargeBuffers) != 0 && large_.open();
  sqe->buf_group = (large ? large_ : small_).Use();
}

bool UringBackend::IsRegistered(const OwnedBytes& bytes) {
  // As numbers: the two may be of different arrays.
  const auto begin = reinterpret_cast<uintptr_t>(registered_.data());
  const auto data = reinterpret_cast<uintptr_t>(bytes.data());
  if (data < begin || data - begin >= registered_.size()) return false;
  ++stats_.fixed;
  return true;
}

void UringBackend::PrepareFile(io_uring_sqe* sqe, Operation* op) {
  const FileParameters& file = op->file;
  const auto size = static_cast<unsigned>(std::min(op->bytes.size(), kTransferMax));
  FileArguments* path = TakesPath(op->kind) ? ArgumentsOf(*op) : nullptr;
  switch (op->kind) {
    case OpKind::kFileRead:
      if (IsRegistered(op->bytes)) {
        io_uring_prep_read_fixed(sqe, op->handle, op->bytes.data(), size, file.offset, 0);
      } else {
        io_uring_prep_read(sqe, op->handle, op->bytes.data(), size, file.offset);
      }
      break;
    case OpKind::kFileWrite:
      if (IsRegistered(op->bytes)) {
        io_uring_prep_write_fixed(sqe, op->handle, op->bytes.data(), size, file.offset, 0);
      } else {
        io_uring_prep_write(sqe, op->handle, op->bytes.data(), size, file.offset);
      }
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
  bool in_chain = false;
  for (size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    if (request.linked && !in_chain) {
      // A chain ends where what is queued is handed over: it must not be split.
      unsigned length = 1;
      while (requests[i + length - 1].linked) ++length;
      ring_.MakeRoom(length);
    }
    in_chain = request.linked;
    switch (request.action) {
      case Action::kStart: {
        io_uring_sqe* sqe = PrepareStart(request.op);
        if (request.linked) sqe->flags |= IOSQE_IO_LINK;
        break;
      }
      case Action::kCancel:
        PrepareCancel(request);
        break;
      case Action::kClose:
        PrepareClose(request.handle);
        break;
    }
  }
}

int UringBackend::Collect(std::span<Completion> out) {
  int filled = 0;
  uint32_t used[2] = {};  // small and large
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
      const uint32_t id = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
      completion.buffer = static_cast<int32_t>(id);
      ++used[id / kLargeIds];
    }
  });
  if (used[0] > 0) small_.OnUsed(used[0]);
  if (used[1] > 0) large_.OnUsed(used[1]);
  if (wake_lost) ArmWake();
  return filled;
}

int UringBackend::Reap(std::span<Completion> out, bool wait, Instant deadline) {
  small_.Provide(ring_);
  large_.Provide(ring_);
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
