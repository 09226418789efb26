// Measures: the times of a sample of an actor's messages.
//
// Thread-safety: the home's alone.
// Cost: every 16th message three looks at the clock; 2 KiB for an actor that is measured.
#ifndef ZOKIO_ACTOR_INTERNAL_MEASURES_H_
#define ZOKIO_ACTOR_INTERNAL_MEASURES_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "actor/inspect.h"
#include "actor/internal/envelope.h"
#include "base/clock.h"

namespace zokio::internal {

// Counts of durations, four classes to a doubling.
class DurationHistogram {
 public:
  void Add(Duration duration) {
    ++counts_[ClassOf(static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0)))];
    ++total_;
  }
  uint64_t total() const { return total_; }
  // The upper end of the class in which the quantile lies. Zero without any.
  Duration Quantile(double quantile) const {
    const auto rank = static_cast<uint64_t>(quantile * static_cast<double>(total_));
    uint64_t below = 0;
    for (size_t i = 0; i < kClasses && total_ != 0; ++i) {
      below += counts_[i];
      if (below > rank || below == total_) return Duration(UpperEnd(i));
    }
    return Duration(0);
  }

 private:
  static constexpr size_t kClasses = 4 * 64;

  // Below 4 the value itself; then by the highest bit and the two after it.
  static size_t ClassOf(uint64_t ns) {
    if (ns < 4) return static_cast<size_t>(ns);
    const auto shift = static_cast<size_t>(std::bit_width(ns)) - 3;
    return 4 * shift + static_cast<size_t>(ns >> shift);
  }
  static int64_t UpperEnd(size_t at) {
    if (at < 8) return static_cast<int64_t>(at);
    const size_t shift = at / 4 - 1;
    return static_cast<int64_t>(((uint64_t{at % 4} + 5) << shift) - 1);
  }

  std::array<uint32_t, kClasses> counts_{};
  uint64_t total_ = 0;
};

class Measures {
 public:
  // A message came into the mailbox.
  void Arrived(const Envelope* envelope, const Clock& clock) {
    if (sample_ != nullptr || ++skipped_ < kEvery) return;
    skipped_ = 0;
    sample_ = envelope;
    arrived_ = clock.Now();
  }
  // It will not be handled.
  void Forget(const Envelope* envelope) {
    if (sample_ == envelope) sample_ = nullptr;
  }
  bool IsSample(const Envelope* envelope) const { return envelope == sample_; }
  void Handled(Instant begin, Instant end) {
    delay_.Add(begin - arrived_);
    handling_.Add(end - begin);
    sample_ = nullptr;
  }
  MailTimes Times() const {
    MailTimes times;
    times.sampled = delay_.total();
    times.delay_p50 = delay_.Quantile(0.5);
    times.delay_p99 = delay_.Quantile(0.99);
    times.handling_p50 = handling_.Quantile(0.5);
    times.handling_p99 = handling_.Quantile(0.99);
    return times;
  }

 private:
  static constexpr uint32_t kEvery = 16;

  const Envelope* sample_ = nullptr;
  Instant arrived_{};
  uint32_t skipped_ = kEvery - 1;  // the first one is in
  DurationHistogram delay_;
  DurationHistogram handling_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_MEASURES_H_
