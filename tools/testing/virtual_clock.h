// VirtualClock: a Clock whose time is what the test says.
//
//   VirtualClock clock;
//   RateLimiter limiter(clock, /*per_second=*/1);   // what is tested takes a Clock
//   EXPECT_TRUE(limiter.Take());
//   EXPECT_FALSE(limiter.Take());
//   clock.Advance(std::chrono::seconds(1));
//   EXPECT_TRUE(limiter.Take());
//
// With a step, each Now() moves time on by so much: loops that end at a deadline then end, and
// after a count of turns that is the same in every run.
//
// Thread-safety: all calls from any thread. Time never goes back.
// Errors: a negative Advance, or AdvanceTo what is past, fails a CHECK.
#ifndef ZOKIO_TOOLS_TESTING_VIRTUAL_CLOCK_H_
#define ZOKIO_TOOLS_TESTING_VIRTUAL_CLOCK_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/check.h"
#include "base/clock.h"

namespace zokio::testing {

class VirtualClock final : public Clock {
 public:
  // Not 0, so that an instant which nobody set is in the past.
  static constexpr Instant kStart{std::chrono::hours(1)};

  explicit VirtualClock(Duration step = Duration::zero()) : step_(step) {
    ZOKIO_CHECK(step >= Duration::zero(), "time never goes back");
  }

  Instant Now() const override {
    return Instant(Duration(now_ns_.fetch_add(step_.count(), memory_order_acq_rel)));
  }

  void Advance(Duration by) {
    ZOKIO_CHECK(by >= Duration::zero(), "time never goes back");
    now_ns_.fetch_add(by.count(), memory_order_acq_rel);
  }

  void AdvanceTo(Instant then) {
    const int64_t to_ns = then.time_since_epoch().count();
    int64_t now_ns = now_ns_.load(memory_order_acquire);
    do {
      ZOKIO_CHECK(to_ns >= now_ns, "time never goes back");
    } while (!now_ns_.compare_exchange_weak(now_ns, to_ns, memory_order_acq_rel));
  }

 private:
  const Duration step_;
  mutable Atomic<int64_t> now_ns_{kStart.time_since_epoch().count()};
};

}  // namespace zokio::testing

#endif  // ZOKIO_TOOLS_TESTING_VIRTUAL_CLOCK_H_
