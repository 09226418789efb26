#include "runtime/shutdown_signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace zokio {
namespace {

Atomic<bool> g_exists{false};

}  // namespace

ShutdownSignals::ShutdownSignals() {
  ZOKIO_CHECK(!g_exists.exchange(true), "one ShutdownSignals per process");
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  ZOKIO_CHECK(pthread_sigmask(SIG_BLOCK, &set_, &previous_mask_) == 0, "pthread_sigmask");
  signal_fd_ = signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
  stop_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ZOKIO_CHECK(signal_fd_ >= 0 && stop_fd_ >= 0, "no descriptor left for the shutdown signals");
  Result<Thread> thread = Thread::Start("zokio-signals", [this] { TakeSignals(); });
  ZOKIO_CHECK(thread.ok(), "no thread left for the shutdown signals");
  thread_ = *std::move(thread);
}

ShutdownSignals::~ShutdownSignals() {
  uint64_t one = 1;
  ZOKIO_CHECK(write(stop_fd_, &one, sizeof one) == sizeof one, "eventfd");
  thread_.Join();
  close(signal_fd_);
  close(stop_fd_);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
  g_exists.store(false);
}

void ShutdownSignals::TakeSignals() {
  while (true) {
    pollfd fds[2] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;  // EINTR
    if (fds[1].revents != 0) return;
    signalfd_siginfo info;
    if (read(signal_fd_, &info, sizeof info) != sizeof info) continue;
    int signal = static_cast<int>(info.ssi_signo);
    int expected = 0;
    if (received_.compare_exchange_strong(expected, signal, memory_order_acq_rel)) {
      waiter_.Wake();
      continue;
    }
    // Asked twice: end now, as if nobody had caught it.
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    raise(signal);
    pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  }
}

}  // namespace zokio
