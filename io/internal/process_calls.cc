#include "io/internal/process_calls.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "io/internal/broken_pipe.h"
#include "io/internal/socket_calls.h"

extern char** environ;

namespace zokio::io {
namespace {

// Part of the kernel's interface (waitid's idtype); glibc has the name since 2.36.
constexpr auto kByHandle = static_cast<idtype_t>(3);

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Where a descriptor goes in the child, and that it begins with no signal blocked or ignored.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  void Place(NativeHandle handle, int at) {
    if (handle == kNoHandle) {
      posix_spawn_file_actions_addopen(&actions_, at, "/dev/null", at == 0 ? O_RDONLY : O_WRONLY,
                                       0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, handle, at);
    }
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<std::array<NativeHandle, 2>> OpenPipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error::FromErrno(errno, "pipe");
  return ends;
}

int32_t TryReadPipe(NativeHandle handle, uint8_t* data, size_t size) {
  const ssize_t count = read(handle, data, size);
  return count >= 0 ? static_cast<int32_t>(count) : -errno;
}

int32_t TryWritePipe(NativeHandle handle, const uint8_t* data, size_t size) {
  return WithoutBrokenPipe([&] { return write(handle, data, size); });
}

Result<SpawnedProcess> SpawnProcess(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>* environment,
                                    const std::array<NativeHandle, 3>& standard) {
  if (arguments.empty()) return Error(ErrorCode::kInvalidArgument, "spawn");
  SpawnSettings settings;
  for (int i = 0; i < 3; ++i) settings.Place(standard[static_cast<size_t>(i)], i);
  std::vector<char*> argv = Pointers(arguments);
  std::vector<char*> envp;
  if (environment != nullptr) envp = Pointers(*environment);
  pid_t id = 0;
  const int failed = posix_spawnp(&id, argv[0], settings.actions(), settings.attributes(),
                                  argv.data(), environment != nullptr ? envp.data() : environ);
  if (failed != 0) return Error::FromErrno(failed, "spawn");
  SpawnedProcess process;
  process.id = id;
  process.handle = static_cast<int>(syscall(SYS_pidfd_open, id, 0));
  if (process.handle < 0) {
    const int os_error = errno;
    kill(id, SIGKILL);
    (void)waitpid(id, nullptr, 0);
    return Error::FromErrno(os_error, "spawn");
  }
  return process;
}

int32_t TryReap(NativeHandle process, int32_t& exit_code, int32_t& signal) {
  siginfo_t info{};
  if (waitid(kByHandle, static_cast<id_t>(process), &info, WEXITED | WNOHANG) != 0) return -errno;
  if (info.si_pid == 0) return -EAGAIN;
  if (info.si_code == CLD_EXITED) {
    exit_code = info.si_status;
  } else {
    signal = info.si_status;
  }
  return 0;
}

int32_t SignalProcess(NativeHandle process, int32_t signal) {
  return syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0) == 0 ? 0 : -errno;
}

NativeHandle DuplicateHandle(NativeHandle handle) {
  const int copy = fcntl(handle, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? kNoHandle : copy;
}

void ReapAndClose(NativeHandle process) {
  siginfo_t info{};
  while (waitid(kByHandle, static_cast<id_t>(process), &info, WEXITED) != 0 && errno == EINTR) {
  }
  CloseSocket(process);
}

}  // namespace zokio::io
