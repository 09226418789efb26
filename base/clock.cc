#include "base/clock.h"

namespace zokio {
namespace {

class MonotonicClock final : public Clock {
 public:
  Instant Now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
};

}  // namespace

const Clock& Clock::Monotonic() {
  static constinit MonotonicClock clock;
  return clock;
}

}  // namespace zokio
