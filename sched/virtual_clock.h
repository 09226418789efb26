// VirtualClock: time that goes forward by itself when everything waits.
//
//   zokio::VirtualClock clock;
//   zokio::SchedulerOptions options;
//   options.virtual_clock = &clock;
//   auto scheduler = *zokio::Scheduler::Create(options);
//   scheduler->BlockOn([]() -> zokio::Task<> { co_await zokio::SleepFor(24h); });   // at once
//
// For tests of programs that sleep for hours. As long as anything can run, time stands still; when
// every worker sleeps and nothing is queued, it jumps to the earliest timer of all; but only while
// some thread waits in BlockOn or Shutdown, so that what a task left behind does not run on. With
// one worker and no I/O a program runs the same way each time.
//
// What is outside the scheduler is not seen: a thread that will spawn or wake something, a job of a
// BlockingPool. A VirtualClock::Hold keeps time from going forward meanwhile. While a driver has
// operations in flight, time goes forward only after `io_grace` of real time without a completion.
// A loop of Yield() never waits, so time never moves: sleep in it.
//
// Thread-safety: Now and Hold from any thread. One scheduler at a time.
// Cost: as real time; a jump wakes the workers that have timers due, and nobody else.
#ifndef ZOKIO_SCHED_VIRTUAL_CLOCK_H_
#define ZOKIO_SCHED_VIRTUAL_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace zokio {

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Duration io_grace = std::chrono::milliseconds(1)) : io_grace_(io_grace) {}
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;

  // Begins at an hour, so that instants before the start exist.
  Instant Now() const override { return Instant(Duration(now_ns_.load(memory_order_acquire))); }

  // While one exists, time does not go forward by itself.
  class Hold {
   public:
    explicit Hold(VirtualClock& clock) : clock_(&clock) {
      clock_->holds_.fetch_add(1, memory_order_seq_cst);
    }
    Hold(Hold&& other) noexcept : clock_(std::exchange(other.clock_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (clock_ == nullptr || clock_->holds_.fetch_sub(1, memory_order_seq_cst) != 1) return;
      clock_->TellOwner();
    }

   private:
    VirtualClock* clock_;
  };

  // While one exists, and no Hold, time may go forward: somebody waits for the scheduler.
  class Waiting {
   public:
    // `clock` may be null.
    explicit Waiting(VirtualClock* clock) : clock_(clock) {
      if (clock_ == nullptr || clock_->waiting_.fetch_add(1, memory_order_seq_cst) != 0) return;
      clock_->TellOwner();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { End(); }

    // What was waited for is there: time stops before the waiting thread has woken up. Any thread.
    void End() {
      if (clock_ == nullptr || ended_.exchange(true, memory_order_acq_rel)) return;
      clock_->waiting_.fetch_sub(1, memory_order_seq_cst);
    }

   private:
    VirtualClock* const clock_;
    Atomic<bool> ended_{false};
  };

  // How often time went forward.
  uint64_t jumps() const { return jumps_.load(memory_order_relaxed); }

  // ---- For the scheduler ---------------------------------------------------------------------

  // `may_move` is called under a lock when time may go forward again; empty: the scheduler is gone.
  // False: another scheduler has this clock.
  bool SetOwner(std::function<void()> may_move) {
    MutexLock lock(mutex_);
    if (may_move && may_move_) return false;
    may_move_ = std::move(may_move);
    return true;
  }
  bool held() const {
    return holds_.load(memory_order_seq_cst) != 0 || waiting_.load(memory_order_seq_cst) == 0;
  }
  Duration io_grace() const { return io_grace_; }

  // Calls `earliest()` for the next deadline under a lock, and goes there if it is in the future.
  // Returns whether time moved.
  template <typename Earliest>
  bool AdvanceTo(Earliest earliest) {
    MutexLock lock(advancing_);
    const Instant next = earliest();
    if (next == kNever || next <= Now()) return false;
    now_ns_.store(next.time_since_epoch().count(), memory_order_release);
    jumps_.store(jumps_.load(memory_order_relaxed) + 1, memory_order_relaxed);
    return true;
  }

 private:
  void TellOwner() {
    MutexLock lock(mutex_);
    if (may_move_) may_move_();
  }

  static constexpr int64_t kStartNs = int64_t{3600} * 1'000'000'000;

  const Duration io_grace_;
  Atomic<int64_t> now_ns_{kStartNs};
  Atomic<int> holds_{0};
  Atomic<int> waiting_{0};
  Atomic<uint64_t> jumps_{0};
  Mutex advancing_;
  Mutex mutex_;
  std::function<void()> may_move_;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_VIRTUAL_CLOCK_H_
