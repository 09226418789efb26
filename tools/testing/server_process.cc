#include "tools/testing/server_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/check.h"

extern char** environ;

namespace zokio::testing {
namespace {

// Waits for a descriptor to be readable; false when the deadline comes first.
bool WaitReadable(int descriptor, Instant deadline) {
  while (true) {
    const Duration left = deadline - Clock::Monotonic().Now();
    const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = poll(&wanted, 1, static_cast<int>(std::clamp<int64_t>(left_ms, 0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 && Clock::Monotonic().Now() >= deadline) return false;
    ZOKIO_CHECK(ready >= 0 || errno == EINTR, "poll");
  }
}

// The program's own streams are a pipe and a nameless file.
int Spawn(const std::vector<std::string>& command, int stdout_end, int stderr_end, pid_t* pid) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, stdout_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, stderr_end, STDERR_FILENO);
  const int error = posix_spawnp(pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

std::string HowItEnded(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  return std::string("ended by signal ") + std::to_string(WTERMSIG(status));
}

}  // namespace

int PortIn(const std::string& line) {
  size_t digits = std::string::npos;
  if (line.rfind("port=", 0) == 0) {
    digits = 5;
  } else if (line.rfind("listening on ", 0) == 0) {
    const size_t colon = line.rfind(':');
    if (colon != std::string::npos) digits = colon + 1;
  }
  if (digits == std::string::npos) return 0;
  const int64_t port = std::strtol(line.c_str() + digits, nullptr, 10);
  return port > 0 && port < 65536 ? static_cast<int>(port) : 0;
}

std::unique_ptr<ServerProcess> ServerProcess::Start(const std::vector<std::string>& command,
                                                    std::string* error, const Options& options) {
  std::unique_ptr<ServerProcess> server(new ServerProcess(options));
  int ends[2];
  ZOKIO_CHECK(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
  server->stdout_ = ends[0];
  server->stderr_ = memfd_create("stderr", MFD_CLOEXEC);
  ZOKIO_CHECK(server->stderr_ >= 0, "memfd_create");
  const int failed = Spawn(command, ends[1], server->stderr_, &server->pid_);
  close(ends[1]);
  if (failed != 0) {
    server->pid_ = -1;
    *error = command[0] + ": " + std::strerror(failed);
    return nullptr;
  }
  const Instant deadline = Clock::Monotonic().Now() + options.start_max;
  size_t line_start = 0;
  while (server->port_ == 0) {
    const size_t line_end = server->output_.find('\n', line_start);
    if (line_end != std::string::npos) {
      server->port_ = PortIn(server->output_.substr(line_start, line_end - line_start));
      line_start = line_end + 1;
      continue;
    }
    if (!server->ReadOutput(deadline)) {
      const bool late = Clock::Monotonic().Now() >= deadline;
      server->Kill();
      *error = command[0] + (late ? " printed no port in time" : " ended before it served, ") +
               (late ? "" : HowItEnded(server->status_)) + ": " + server->ErrorText();
      return nullptr;
    }
  }
  return server;
}

ServerProcess::~ServerProcess() {
  Kill();
  if (stdout_ >= 0) close(stdout_);
  if (stderr_ >= 0) close(stderr_);
}

bool ServerProcess::ReadOutput(Instant deadline) {
  if (!WaitReadable(stdout_, deadline)) return false;
  char bytes[4096];
  const ssize_t count = read(stdout_, bytes, sizeof(bytes));
  if (count <= 0) return false;
  output_.append(bytes, static_cast<size_t>(count));
  return true;
}

std::string ServerProcess::Stop() {
  if (pid_ < 0) return "it was stopped before";
  // A descriptor of the process is readable once it ended: a wait without a signal handler.
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  ZOKIO_CHECK(ended >= 0, "pidfd_open");
  kill(pid_, SIGTERM);
  const Instant deadline = Clock::Monotonic().Now() + options_.stop_max;
  // A full pipe would keep it from ending, so read along to the end of its output.
  while (ReadOutput(deadline)) {
  }
  const bool in_time = WaitReadable(ended, deadline);
  close(ended);
  Kill();
  if (!in_time) return "did not end in time after SIGTERM: " + ErrorText();
  return status_ == 0 ? "" : HowItEnded(status_) + ": " + ErrorText();
}

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);  // nothing to one that ended: it waits for this
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

int ServerProcess::descriptors() const {
  DIR* listing = opendir(("/proc/" + std::to_string(pid_) + "/fd").c_str());
  if (listing == nullptr) return 0;
  int count = 0;
  while (const dirent* entry = readdir(listing)) count += entry->d_name[0] != '.' ? 1 : 0;
  closedir(listing);
  return count;
}

std::string ServerProcess::ErrorText() const {
  char bytes[4096];
  const ssize_t count = pread(stderr_, bytes, sizeof(bytes), 0);
  return count <= 0 ? "it wrote no error" : std::string(bytes, static_cast<size_t>(count));
}

}  // namespace zokio::testing
