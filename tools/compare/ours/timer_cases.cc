// Ours in the timer cases: a worker's wheel, and Sleep futures polled as a task would.
//
//   timer_cases CASE COUNT WORKERS REPETITIONS   (see load/timer_run.h)
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>

#include "future/context.h"
#include "future/sleep.h"
#include "future/waker.h"
#include "sched/timer_wheel.h"
#include "tools/compare/load/repeat.h"
#include "tools/compare/load/timer_run.h"

namespace zokio::compare {
namespace {

Waker CountingWaker(uint64_t* count);
Waker CloneCounting(void* count) { return CountingWaker(static_cast<uint64_t*>(count)); }
void Count(void* count) { ++*static_cast<uint64_t*>(count); }
void DropCounting(void*) {}
constexpr WakerVtable kCountingVtable{&CloneCounting, &Count, &Count, &DropCounting};
Waker CountingWaker(uint64_t* count) { return Waker(&kCountingVtable, count); }

class Timers {
 public:
  explicit Timers(uint64_t count)
      : count_(count), sleeps_(std::make_unique<Storage[]>(count)), waker_(CountingWaker(&fired_)) {
    environment_.timer = &wheel_;
    environment_.budget = kPollBudget;
  }
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  ~Timers() {
    for (uint64_t i = 0; i < count_; ++i) {
      if (!cancelled_) At(i)->~Sleep();
    }
  }

  void Set(uint64_t i, uint64_t delay_us) {
    auto* sleep = ::new (&sleeps_[i]) Sleep(std::chrono::microseconds(delay_us));
    Context context(waker_, environment_);
    set_ += sleep->poll(context).pending();
  }
  void Cancel(uint64_t i) {
    At(i)->~Sleep();
    cancelled_ = true;
  }
  uint64_t Done() {
    wheel_.Advance(Clock::Monotonic().Now());
    return cancelled_ ? set_ - wheel_.size() : fired_;
  }

 private:
  struct Storage {
    alignas(Sleep) char bytes[sizeof(Sleep)];
  };
  Sleep* At(uint64_t i) { return std::launder(reinterpret_cast<Sleep*>(&sleeps_[i])); }

  const uint64_t count_;
  TimerWheel wheel_;
  PollEnvironment environment_;
  std::unique_ptr<Storage[]> sleeps_;
  uint64_t fired_ = 0;
  uint64_t set_ = 0;
  bool cancelled_ = false;
  Waker waker_;
};

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  using zokio::compare::RunTimers;
  return RunTimers<zokio::compare::Timers>(zokio::compare::ParseRepeatOptions(argc, argv));
}
