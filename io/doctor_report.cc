#include "io/doctor_report.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <fstream>
#include <string_view>

#include "io/create_loop.h"

namespace zokio::io {
namespace {

void AddLine(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\n");
}

std::string LimitText(rlim_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit);
}

void AddLimit(std::string& text, std::string_view name, int resource, rlim_t wanted,
              std::string_view advice) {
  rlimit limit;
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
  std::string value = LimitText(limit.rlim_cur) + " of at most " + LimitText(limit.rlim_max);
  if (limit.rlim_cur < wanted) value.append("  <- ").append(advice);
  AddLine(text, name, value);
}

// The first line of a file of /proc; nothing is said where it cannot be read.
void AddFile(std::string& text, std::string_view name, const char* path) {
  std::ifstream file(path);
  std::string line;
  if (std::getline(file, line)) AddLine(text, name, line);
}

void AddBackend(std::string& text, BackendChoice choice, std::string_view name) {
  LoopOptions options;
  options.backend = choice;
  const Result<LoopPtr> loop = CreateLoop(options);
  AddLine(text, name, loop.ok() ? "works" : loop.error().ToString());
}

}  // namespace

std::string DoctorReport() {
  std::string text;
  utsname kernel{};
  if (uname(&kernel) == 0) {
    AddLine(text, "kernel", std::string(kernel.release) + " " + kernel.machine);
  }
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
    AddLine(text, "cores that this process may use", std::to_string(CPU_COUNT(&cores)));
  }
  text.append("\n").append(Describe()).append("\n");
  AddBackend(text, BackendChoice::kUring, "io_uring");
  AddBackend(text, BackendChoice::kEpoll, "epoll");
  text.append("\n");
  AddLimit(text, "open descriptors", RLIMIT_NOFILE, 10'000,
           "a connection is one: raise it by ulimit -n");
  AddLimit(text, "locked memory, bytes", RLIMIT_MEMLOCK, rlim_t{8} << 20,
           "rings are locked: many loops may get small ones");
  AddLimit(text, "threads and processes", RLIMIT_NPROC, 1000, "few for a blocking pool");
  AddFile(text, "longest listen backlog (net.core.somaxconn)", "/proc/sys/net/core/somaxconn");
  AddFile(text, "ephemeral ports", "/proc/sys/net/ipv4/ip_local_port_range");
  AddFile(text, "kernel.io_uring_disabled (0: allowed)", "/proc/sys/kernel/io_uring_disabled");
  AddFile(text, "queue of a Unix datagram socket", "/proc/sys/net/unix/max_dgram_qlen");
  return text;
}

}  // namespace zokio::io
