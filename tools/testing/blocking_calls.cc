#include "tools/testing/blocking_calls.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/thread.h"
#include "tools/testing/syscall_filter.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#endif

namespace zokio::testing {
namespace {

constexpr int kNumbersMax = 512;
constexpr size_t kNameMax = 16;  // of a thread, as the kernel has it

// What the handler reads and writes; its pieces are atomics, because threads run side by side.
struct Watch {
  Atomic<bool> on{false};
  Atomic<uint64_t> watched_threads{0};
  Atomic<uint64_t> counts[kNumbersMax] = {};
  char prefix[kNameMax] = {};  // written before `on` is set
};

constinit Watch watch;

#if defined(__linux__) && defined(__x86_64__)

bool IsWatched() {
  char name[kNameMax] = {};
  SyscallFilter::PassedCall(SYS_prctl, PR_GET_NAME, reinterpret_cast<long>(name));
  for (size_t i = 0; watch.prefix[i] != '\0'; ++i) {
    if (name[i] != watch.prefix[i]) return false;
  }
  return true;
}

// Whether calls on this descriptor return at once: it is in non-blocking mode, and not a file,
// for which that mode means nothing. The standard streams may be written to: tests report there.
bool ReturnsAtOnce(long descriptor) {
  if (descriptor >= 1 && descriptor <= 2) return true;
  const long flags = SyscallFilter::PassedCall(SYS_fcntl, descriptor, F_GETFL);
  if (flags < 0) return true;  // no descriptor: the call fails
  struct stat status = {};
  SyscallFilter::PassedCall(SYS_fstat, descriptor, reinterpret_cast<long>(&status));
  return (flags & O_NONBLOCK) != 0 && !S_ISREG(status.st_mode);
}

// A blocking eventfd, which io_uring wants for its reads, still takes 2^64 - 2 writes before one
// waits.
bool IsEventfd(long descriptor) {
  constexpr char kFolder[] = "/proc/self/fd/";
  constexpr char kEventfd[] = "anon_inode:[eventfd]";
  char path[sizeof(kFolder) + 20];
  std::memcpy(path, kFolder, sizeof(kFolder));
  *std::to_chars(path + sizeof(kFolder) - 1, path + sizeof(path) - 1, descriptor).ptr = '\0';
  char target[sizeof(kEventfd)] = {};
  SyscallFilter::PassedCall(SYS_readlink, reinterpret_cast<long>(path),
                            reinterpret_cast<long>(target), sizeof(target) - 1);
  return std::memcmp(target, kEventfd, sizeof(kEventfd)) == 0;
}

bool MayBlock(const SyscallArguments& call) {
  switch (call.number) {
    case SYS_write:
      return !ReturnsAtOnce(call.values[0]) && !IsEventfd(call.values[0]);
    case SYS_read:
    case SYS_readv:
    case SYS_writev:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
      return !ReturnsAtOnce(call.values[0]);
    case SYS_fcntl:
      return call.values[1] == F_SETLKW || call.values[1] == F_OFD_SETLKW;
    case SYS_newfstatat:  // fstat by another name, where the path is empty
      return *reinterpret_cast<const char*>(call.values[1]) != '\0';
    default:
      return true;
  }
}

void JudgeCall(const SyscallArguments& call) {
  if (!watch.on.load(memory_order_acquire)) return;
  if (call.number == SYS_prctl) {  // PR_SET_NAME, or it would not have trapped
    const char* name = reinterpret_cast<const char*>(call.values[1]);
    const size_t length = std::strlen(watch.prefix);
    if (std::strncmp(name, watch.prefix, length) == 0) {
      watch.watched_threads.fetch_add(1, memory_order_relaxed);
    }
    return;
  }
  if (!IsWatched() || !MayBlock(call)) return;
  const long index = call.number >= 0 && call.number < kNumbersMax ? call.number : kNumbersMax - 1;
  watch.counts[index].fetch_add(1, memory_order_relaxed);
}

#else

void JudgeCall(const SyscallArguments&) {}

#endif

BlockingCallReport Report() {
  BlockingCallReport report;
  report.watched_threads = watch.watched_threads.load(memory_order_acquire);
  for (int number = 0; number < kNumbersMax; ++number) {
    const uint64_t count = watch.counts[number].load(memory_order_acquire);
    if (count != 0) report.calls[SyscallFilter::NameOf(number)] += count;
  }
  return report;
}

}  // namespace

std::string BlockingCallReport::ToString() const {
  std::string text;
  for (const auto& [name, count] : calls) {
    text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
  }
  return text;
}

std::string WhyBlockingCallsAreNotWatched() {
  if (!SyscallFilter::kHere) return "system calls are watched on x86-64 Linux only";
  // A thread of its own tries, for a filter stays on its thread.
  int status = 0;
  Thread::Start("seccomp", [&] { status = SyscallFilter::Install(nullptr); }).value().Join();
  return status == 0 ? "" : std::string("seccomp is denied here: ") + std::strerror(-status);
}

BlockingCallReport WatchForBlockingCalls(const BlockingCallOptions& options,
                                         std::function<void()> body) {
  ZOKIO_CHECK(!watch.on.load(memory_order_acquire), "one watch at a time");
  ZOKIO_CHECK(options.thread_prefix.size() < kNameMax, "thread names have at most 15 characters");
  std::memset(watch.prefix, 0, sizeof(watch.prefix));
  std::memcpy(watch.prefix, options.thread_prefix.data(), options.thread_prefix.size());
  watch.watched_threads.store(options.thread_prefix.empty() ? 1 : 0, memory_order_relaxed);
  for (auto& count : watch.counts) count.store(0, memory_order_relaxed);
#if defined(__GLIBC__)
  // When it first shrinks a thread's own arena, glibc's malloc reads a file of /proc, once in a
  // process: nobody's blocking call, but one that would be counted now and then.
  mallopt(M_ARENA_MAX, 1);
#endif
  watch.on.store(true, memory_order_release);
  Thread runner = Thread::Start("watched", [&] {
                    const int status = SyscallFilter::Install(&JudgeCall);
                    ZOKIO_CHECK(status == 0, "seccomp is denied here");
                    body();
                  }).value();
  runner.Join();
  watch.on.store(false, memory_order_release);
  return Report();
}

}  // namespace zokio::testing
