// Signals: signals of the operating system as a stream of numbers; CtrlC.
//
//   auto signals = zokio::Signals::Listen({SIGINT, SIGTERM, SIGHUP});
//   while (true) {
//     auto signal = co_await signals->Next();
//     if (!signal.ok() || *signal != SIGHUP) break;
//     Reload();
//   }
//
// Any number of tasks may listen, each by a Signals of its own: every one gets every signal. As the
// kernel does, signals of one number that come before they are taken count as one. While somebody
// listens, the signal's usual effect does not happen; afterwards its former action is back.
//
// No thread's mask is changed, so it does not matter when threads were started.
//
// Ownership: owns its place among at most 64 listeners of the process; dropping gives it back.
// Thread-safety: one thread at a time. On a loop's thread.
// Cancellation: dropping Next loses no signal.
// Errors: kInvalidArgument (cannot be caught, or tells of a fault), kTooManyFiles, kWrongThread;
//   Next also kClosed, kShutdown.
// Cost: a signal is one write in the handler for each listener, and one read.
#ifndef ZOKIO_IO_SIGNALS_H_
#define ZOKIO_IO_SIGNALS_H_

#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/task.h"
#include "io/internal/polled_socket.h"
#include "io/internal/socket_wait.h"

namespace zokio {

// Yields the number of a signal that came.
class [[nodiscard]] NextSignal {
 public:
  NextSignal(io::SocketState* socket, int32_t place) : socket_(socket), place_(place) {}
  NextSignal(NextSignal&&) = default;

  Poll<Result<int>> poll(Context& context);

 private:
  io::SocketState* socket_;
  int32_t place_;
  io::SocketWait<io::Direction::kRead> wait_;
};

class Signals {
 public:
  Signals() = default;
  Signals(Signals&& other) noexcept
      : counter_(std::move(other.counter_)), place_(std::exchange(other.place_, -1)) {}
  Signals& operator=(Signals&& other) noexcept;
  ~Signals() { Close(); }

  static Result<Signals> Listen(std::initializer_list<int> signals);

  NextSignal Next() { return NextSignal(counter_.state(), place_); }

  bool open() const { return counter_.open(); }
  // Idempotent; wakes a pending Next with kClosed.
  void Close();

 private:
  io::PolledSocket counter_;
  int32_t place_ = -1;
};

// Ready at the next interrupt from the keyboard (SIGINT).
Task<Result<void>> CtrlC();

}  // namespace zokio

#endif  // ZOKIO_IO_SIGNALS_H_
