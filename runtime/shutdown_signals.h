// ShutdownSignals: SIGINT and SIGTERM as a future, so that a server can end in order.
//
//   int main() {
//     zokio::ShutdownSignals signals;          // before the runtime: threads inherit the mask
//     zokio::Runtime runtime;
//     runtime.BlockOn([&]() -> zokio::Task<> { co_await signals.Wait(); ... });
//   }
//
// While it lives, the signals are blocked in every thread started after it, and a thread of its own
// takes them (asynchronous signal handlers could not wake a task safely). The first one makes
// Wait() ready, and it stays so; the second one, of an impatient user, ends the process with the
// signal's default action.
//
// Ownership: one per process (a CHECK), made before other threads. The destructor restores the
// mask. Thread-safety: Wait may be polled by one task at a time, on any thread. Cost: one sleeping
// thread.
#ifndef ZOKIO_RUNTIME_SHUTDOWN_SIGNALS_H_
#define ZOKIO_RUNTIME_SHUTDOWN_SIGNALS_H_

#include <signal.h>

#include "base/atomic.h"
#include "base/thread.h"
#include "future/atomic_waker.h"
#include "future/context.h"
#include "future/poll.h"

namespace zokio {

class ShutdownSignals {
 public:
  ShutdownSignals();
  ShutdownSignals(const ShutdownSignals&) = delete;
  ShutdownSignals& operator=(const ShutdownSignals&) = delete;
  ~ShutdownSignals();

  // Ready with the signal's number once one came.
  class [[nodiscard]] WaitFuture {
   public:
    explicit WaitFuture(ShutdownSignals* signals) : signals_(signals) {}
    Poll<int> poll(Context& context) noexcept {
      signals_->waiter_.Register(context.waker());
      int signal = signals_->received();
      return signal != 0 ? Poll<int>(signal) : Poll<int>(kPending);
    }

   private:
    ShutdownSignals* signals_;
  };
  WaitFuture Wait() { return WaitFuture(this); }

  // The first signal that came, 0 before.
  int received() const { return received_.load(memory_order_acquire); }

 private:
  void TakeSignals();

  sigset_t set_;
  sigset_t previous_mask_;
  int signal_fd_;
  int stop_fd_;
  Atomic<int> received_{0};
  AtomicWaker waiter_;
  Thread thread_;
};

}  // namespace zokio

#endif  // ZOKIO_RUNTIME_SHUTDOWN_SIGNALS_H_
