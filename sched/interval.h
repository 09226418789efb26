// Interval: a task's clock that ticks at a fixed period.
//
//   zokio::Interval interval(std::chrono::milliseconds(10));
//   while (true) { co_await interval.Tick(); ... }
//
// The first tick comes one period after the first poll. What happens to ticks that could not be
// taken in time is the policy's choice:
//   kBurst  they are all delivered, one right after the other, until the schedule is met again
//   kDelay  the next one comes a period after the late one
//   kSkip   the missed ones are left out; the next one comes at its place in the original schedule
//
// Thread-safety: one task at a time.  Cancellation: a dropped Tick takes its timer out.
// Cost: no allocation; a Sleep for each tick.
#ifndef ZOKIO_SCHED_INTERVAL_H_
#define ZOKIO_SCHED_INTERVAL_H_

#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/clock.h"
#include "future/sleep.h"

namespace zokio {

enum class MissedTicks : uint8_t { kBurst, kDelay, kSkip };

class Interval {
 public:
  // REQUIRES: period > 0.
  explicit Interval(Duration period, MissedTicks policy = MissedTicks::kBurst)
      : period_(period), policy_(policy) {
    ZOKIO_CHECK(period > Duration::zero(), "an interval's period must be positive");
  }
  // With the first tick at an instant of the timer's clock.
  Interval(Instant first, Duration period, MissedTicks policy = MissedTicks::kBurst)
      : Interval(period, policy) {
    next_ = first;
  }

  class [[nodiscard]] TickFuture {
   public:
    explicit TickFuture(Interval& interval) : interval_(interval) {}

    // The instant at which the tick was due.
    Poll<Instant> poll(Context& context) {
      if (!sleep_) {
        ZOKIO_CHECK(context.timer() != nullptr, "Interval needs an executor with a timer");
        if (!interval_.next_) {
          interval_.next_ = SaturatingAdd(context.timer()->Now(), interval_.period_);
        }
        sleep_.emplace(*interval_.next_);
      }
      if (sleep_->poll(context).pending()) return kPending;
      return interval_.Advance(context.timer()->Now());
    }

   private:
    Interval& interval_;
    std::optional<Sleep> sleep_;
  };

  // One at a time.
  TickFuture Tick() { return TickFuture(*this); }

  Duration period() const { return period_; }
  // Ticks that kSkip left out so far.
  uint64_t skipped() const { return skipped_; }

 private:
  Instant Advance(Instant now) {
    Instant due = *next_;
    Instant next = SaturatingAdd(due, period_);
    if (next <= now && policy_ != MissedTicks::kBurst) {
      if (policy_ == MissedTicks::kDelay) {
        next = SaturatingAdd(now, period_);
      } else {
        int64_t missed = (now - next) / period_ + 1;
        skipped_ += static_cast<uint64_t>(missed);
        next = SaturatingAdd(next, missed * period_);
      }
    }
    next_ = next;
    return due;
  }

  Duration period_;
  MissedTicks policy_;
  std::optional<Instant> next_;
  uint64_t skipped_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_INTERVAL_H_
