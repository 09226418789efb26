#include "io/backend/uring_probe.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/backend/uring_abi.h"
#include "io/backend/uring_ring.h"
#include "io/operation.h"

namespace zokio::io {
namespace {

constexpr unsigned kBestSetup = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL |
                                IORING_SETUP_R_DISABLED;
constexpr unsigned kCoopSetup =
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL;

std::string Reason(int os_error) {
  std::string reason = std::strerror(os_error);
  if (os_error == EPERM) reason.append(" (seccomp, or the sysctl kernel.io_uring_disabled)");
  if (os_error == ENOSYS) reason.append(" (the kernel has no io_uring, or seccomp hides it)");
  if (os_error == EINVAL) reason.append(" (the kernel is too old)");
  return reason;
}

class Ladder {
 public:
  UringFeatures Climb();

 private:
  bool Deny(const char* step, int os_error) {
    features_.denied.push_back({step, os_error, Reason(os_error)});
    return false;
  }
  bool DenyMissing(const char* step, const char* reason) {
    features_.denied.push_back({step, 0, reason});
    return false;
  }
  void Grant(const char* name) { features_.names.emplace_back(name); }

  bool OpenRing();
  bool CheckOpcodes();
  void CheckFiles(io_uring_probe* probe);
  bool CheckBuffers();
  void CheckRegisteredMemory();
  void CheckMultishotReceive();

  UringFeatures features_;
  UringRing ring_;
  uint8_t buffer_[64] = {};
};

bool Ladder::OpenRing() {
  int result = ring_.Open(8, 16, kBestSetup);
  if (result == 0) {
    features_.setup_flags = kBestSetup;
    Grant("SINGLE_ISSUER");
    Grant("DEFER_TASKRUN");
  } else if (result == -EINVAL) {
    Deny("SINGLE_ISSUER and DEFER_TASKRUN", -result);
    result = ring_.Open(8, 16, kCoopSetup);
    if (result == 0) {
      features_.setup_flags = kCoopSetup;
      Grant("COOP_TASKRUN");
    } else if (result == -EINVAL) {
      Deny("COOP_TASKRUN", -result);
      result = ring_.Open(8, 16, 0);
    }
  }
  if (result < 0) return Deny("io_uring_setup", -result);
  result = ring_.Enable(features_.setup_flags);
  if (result < 0) return Deny("io_uring_enable_rings", -result);
  constexpr unsigned kNeeded =
      IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_FAST_POLL | IORING_FEAT_SUBMIT_STABLE;
  if ((ring_.features() & kNeeded) != kNeeded) {
    return DenyMissing("io_uring features NODROP, EXT_ARG, FAST_POLL", "the kernel is too old");
  }
  Grant("linked operations");  // older than what is needed
  features_.skip_success = (ring_.features() & IORING_FEAT_CQE_SKIP) != 0;
  return true;
}

bool Ladder::CheckOpcodes() {
  io_uring_probe* probe = io_uring_get_probe_ring(ring_.raw());
  if (probe == nullptr) return DenyMissing("io_uring probe", "the kernel does not answer");
  struct {
    int opcode;
    const char* name;
  } const needed[] = {
      {IORING_OP_ACCEPT, "accept"},       {IORING_OP_CONNECT, "connect"},
      {IORING_OP_RECV, "recv"},           {IORING_OP_SEND, "send"},
      {IORING_OP_ASYNC_CANCEL, "cancel"}, {IORING_OP_POLL_ADD, "poll"},
      {IORING_OP_CLOSE, "close"},
  };
  bool all = true;
  for (const auto& op : needed) {
    if (io_uring_opcode_supported(probe, op.opcode) == 0) {
      all = DenyMissing(op.name, "the kernel does not have this operation");
    }
  }
  // Multishot accept came with the socket operation, in Linux 5.19.
  features_.multishot_accept = io_uring_opcode_supported(probe, IORING_OP_SOCKET) != 0;
  if (features_.multishot_accept) {
    Grant("multishot accept");
  } else {
    DenyMissing("multishot accept", "the kernel is older than 5.19");
  }
  CheckFiles(probe);
  io_uring_free_probe(probe);
  return all;
}

// What the kernel does not do with files, threads that may block do.
void Ladder::CheckFiles(io_uring_probe* probe) {
  struct {
    OpKind kind;
    int opcode;
    const char* name;
  } const wanted[] = {
      {OpKind::kFileRead, IORING_OP_READ, "file read"},
      {OpKind::kFileWrite, IORING_OP_WRITE, "file write"},
      {OpKind::kFileReadVector, IORING_OP_READV, "vectored file read"},
      {OpKind::kFileWriteVector, IORING_OP_WRITEV, "vectored file write"},
      {OpKind::kFileSync, IORING_OP_FSYNC, "file sync"},
      {OpKind::kFileAllocate, IORING_OP_FALLOCATE, "file allocate"},
      {OpKind::kFileTruncate, uring::kOpFtruncate, "file truncate (Linux 6.9)"},
      {OpKind::kFileStat, IORING_OP_STATX, "file status"},
      {OpKind::kPathStat, IORING_OP_STATX, "path status"},
      {OpKind::kOpen, IORING_OP_OPENAT, "open"},
      {OpKind::kRename, IORING_OP_RENAMEAT, "rename"},
      {OpKind::kUnlink, IORING_OP_UNLINKAT, "unlink"},
      {OpKind::kNothing, IORING_OP_NOP, "no operation"},
      {OpKind::kMakeDirectory, IORING_OP_MKDIRAT, "make directory"},
      {OpKind::kFileSplice, IORING_OP_SPLICE, "splice"},
  };
  for (const auto& op : wanted) {
    if (op.opcode <= probe->last_op && io_uring_opcode_supported(probe, op.opcode) != 0) {
      features_.file_kinds |= 1u << static_cast<unsigned>(op.kind);
    } else {
      DenyMissing(op.name, "the kernel does not have this operation");
    }
  }
  if (features_.file_kinds != 0) Grant("files");
}

bool Ladder::CheckBuffers() {
  const int result = ring_.OpenBuffers(1, uring::kBufferGroup);
  if (result < 0) return Deny("provided buffer ring", -result);
  ring_.AddBuffer(uring::kBufferGroup, buffer_, sizeof(buffer_), 0);
  ring_.PublishBuffers(uring::kBufferGroup);
  Grant("provided buffer ring");
  return true;
}

void Ladder::CheckRegisteredMemory() {
  if (ring_.RegisterMemory(buffer_)) {
    Grant("registered memory");
  } else {
    Deny("registered memory", ENOMEM);
  }
}

// Sends itself three bytes and receives them by a multishot receive.
void Ladder::CheckMultishotReceive() {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    Deny("multishot receive (socketpair)", errno);
    return;
  }
  int error = EINVAL;
  if (write(pair[0], "abc", 3) == 3) {
    io_uring_sqe* sqe = ring_.NextSqe();
    io_uring_prep_recv(sqe, pair[1], nullptr, 0, 0);
    sqe->ioprio |= IORING_RECV_MULTISHOT;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = uring::kBufferGroup;
    sqe->user_data = uring::kIgnored;
    if (ring_.EnterAndWait(Clock::Monotonic().Now() + std::chrono::seconds(1)) >= 0) {
      ring_.ForEachCompletion(1, [&](const io_uring_cqe& cqe) {
        if (cqe.res == 3 && (cqe.flags & IORING_CQE_F_MORE) != 0) error = 0;
        if (cqe.res < 0) error = -cqe.res;
      });
    }
  }
  close(pair[0]);
  close(pair[1]);
  features_.multishot_receive = error == 0;
  if (error == 0) {
    Grant("multishot receive");
  } else {
    Deny("multishot receive", error);
  }
}

UringFeatures Ladder::Climb() {
  features_.usable = OpenRing() && CheckOpcodes() && CheckBuffers();
  if (features_.usable) CheckMultishotReceive();
  if (features_.usable) CheckRegisteredMemory();
  // The ring goes first: its receive may still hold the buffer.
  ring_.Close();
  return std::move(features_);
}

}  // namespace

UringFeatures ProbeUring() {
  Ladder ladder;
  return ladder.Climb();
}

}  // namespace zokio::io
