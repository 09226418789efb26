// WithoutBrokenPipe: makes a call that may raise SIGPIPE, which has no flag to keep it away.
//
// The signal is held back on this thread, and taken where the call raised it. One that was pending
// before stays.
//
// Thread-safety: any thread.  Cost: three system calls beside the call.
#ifndef ZOKIO_IO_INTERNAL_BROKEN_PIPE_H_
#define ZOKIO_IO_INTERNAL_BROKEN_PIPE_H_

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

namespace zokio::io {

// `call()` answers a count, or -1 and errno; this one a count or a negative errno.
template <typename Call>
int32_t WithoutBrokenPipe(Call call) {
  sigset_t broken;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&broken);
  sigaddset(&broken, SIGPIPE);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &broken, &before);
  const auto count = call();
  const int os_error = errno;
  if (count < 0 && os_error == EPIPE && !was_pending) {
    const timespec now{};
    (void)sigtimedwait(&broken, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return count >= 0 ? static_cast<int32_t>(count) : -os_error;
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_BROKEN_PIPE_H_
