// Peer in the timer cases: libuv's timers, which count milliseconds.
//
//   timers_libuv CASE COUNT WORKERS REPETITIONS   (see load/timer_run.h)
#include <uv.h>

#include <cstdint>
#include <memory>

#include "tools/compare/load/repeat.h"
#include "tools/compare/load/timer_run.h"

namespace {

class Timers {
 public:
  explicit Timers(uint64_t count) : count_(count), timers_(std::make_unique<uv_timer_t[]>(count)) {
    uv_loop_init(&loop_);
    for (uint64_t i = 0; i < count; ++i) {
      uv_timer_init(&loop_, &timers_[i]);
      timers_[i].data = this;
    }
  }
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  ~Timers() {
    for (uint64_t i = 0; i < count_; ++i)
      uv_close(reinterpret_cast<uv_handle_t*>(&timers_[i]), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  void Set(uint64_t i, uint64_t delay_us) {
    uv_timer_start(
        &timers_[i], [](uv_timer_t* timer) { ++static_cast<Timers*>(timer->data)->done_; },
        (delay_us + 999) / 1000, 0);
  }
  void Cancel(uint64_t i) { done_ += uv_timer_stop(&timers_[i]) == 0; }
  uint64_t Done() {
    uv_run(&loop_, UV_RUN_NOWAIT);
    return done_;
  }

 private:
  const uint64_t count_;
  uv_loop_t loop_;
  std::unique_ptr<uv_timer_t[]> timers_;
  uint64_t done_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  return zokio::compare::RunTimers<Timers>(zokio::compare::ParseRepeatOptions(argc, argv));
}
