#include "base/clock.h"

#ifdef ZOKIO_MODEL
#include "base/model/engine.h"
#endif

namespace zokio {
namespace {

class MonotonicClock final : public Clock {
 public:
  Instant Now() const override {
#ifdef ZOKIO_MODEL
    // Real time would make the replay of an interleaving differ from its first run.
    if (model::Engine* engine = model::CurrentEngine()) return Instant(Duration(engine->NowNs()));
#endif
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
};

}  // namespace

const Clock& Clock::Monotonic() {
  static constinit MonotonicClock clock;
  return clock;
}

}  // namespace zokio
