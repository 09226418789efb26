// Peer in the timer cases: Boost.Asio's steady timers, each with a handler.
//
//   timers_asio CASE COUNT WORKERS REPETITIONS   (see load/timer_run.h)
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>

#include "tools/compare/load/repeat.h"
#include "tools/compare/load/timer_run.h"

namespace {

class Timers {
 public:
  explicit Timers(uint64_t count) : context_(1) {
    for (uint64_t i = 0; i < count; ++i) timers_.emplace_back(context_);
  }
  void Set(uint64_t i, uint64_t delay_us) {
    timers_[i].expires_after(std::chrono::microseconds(delay_us));
    timers_[i].async_wait([this](const boost::system::error_code&) { ++done_; });
  }
  void Cancel(uint64_t i) { timers_[i].cancel(); }
  uint64_t Done() {
    context_.poll();
    return done_;
  }

 private:
  boost::asio::io_context context_;
  std::deque<boost::asio::steady_timer> timers_;
  uint64_t done_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  return zokio::compare::RunTimers<Timers>(zokio::compare::ParseRepeatOptions(argc, argv));
}
