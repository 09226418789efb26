// Clock: where time comes from.
//
// Everything that waits asks a Clock, so that a test can put virtual time in its place. Instants
// are nanoseconds of a monotonic clock with no meaning outside this process.
//
// Thread-safety: Now() from any thread.
// Cost: Monotonic().Now() is one vDSO call (about 20 ns), no system call.
#ifndef ZOKIO_BASE_CLOCK_H_
#define ZOKIO_BASE_CLOCK_H_

#include <chrono>

namespace zokio {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Later than any deadline: "never".
inline constexpr Instant kNever = Instant::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;

  // The system's monotonic clock; lives for ever.
  static const Clock& Monotonic();
};

// `now + delay`, or kNever where the sum does not fit.
constexpr Instant SaturatingAdd(Instant now, Duration delay) {
  if (delay.count() > 0 && now > kNever - delay) return kNever;
  return now + delay;
}

}  // namespace zokio

#endif  // ZOKIO_BASE_CLOCK_H_
