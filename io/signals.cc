#include "io/signals.h"

#include <csignal>

#include "io/internal/polled_call.h"
#include "io/internal/signal_table.h"

namespace zokio {

Poll<Result<int>> NextSignal::poll(Context& context) {
  Poll<Result<int32_t>> poll = io::PollCall(socket_, wait_, context, "signal", [this] {
    return io::TakeSignal(place_, socket_->handle);
  });
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Result<int>(poll.value().error());
  return Result<int>(*poll.value());
}

Result<Signals> Signals::Listen(std::initializer_list<int> signals) {
  io::SignalPlace place;
  const int32_t result = io::OpenSignals({signals.begin(), signals.size()}, place);
  if (result < 0) return Error::FromErrno(-result, "listen for signals");
  Result<io::PolledSocket> counter = io::PolledSocket::Adopt(place.handle, "listen for signals");
  if (!counter.ok()) {
    io::CloseSignals(place.index);
    return counter.error();
  }
  Signals listening;
  listening.counter_ = *std::move(counter);
  listening.place_ = place.index;
  return listening;
}

Signals& Signals::operator=(Signals&& other) noexcept {
  if (this != &other) {
    Close();
    counter_ = std::move(other.counter_);
    place_ = std::exchange(other.place_, -1);
  }
  return *this;
}

void Signals::Close() {
  if (place_ >= 0) io::CloseSignals(std::exchange(place_, -1));
  counter_.Close();
}

Task<Result<void>> CtrlC() {
  Result<Signals> signals = Signals::Listen({SIGINT});
  if (!signals.ok()) co_return signals.error();
  const Result<int> signal = co_await signals->Next();
  if (!signal.ok()) co_return signal.error();
  co_return {};
}

}  // namespace zokio
