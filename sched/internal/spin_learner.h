// SpinLearner: from what a worker's last waits cost, how long it shall spin before its next sleep.
//
// A wait of length w costs with a limit b: w where w <= b, else b and a sleep. For each of a few
// limits, fractions of the measured cost of a sleep, it keeps a moving average of what the last
// waits would have cost with it; the limit with the lowest average is the next one. The waits are
// known however they were spent, so nothing has to be tried out, but for one thing: two workers
// that wake each other wait for each other's wake-up, and would for ever find waits too long to
// spin for because neither spins. So where waits last no longer than three sleeps, it tries now and
// then for some waits in a row to spin long enough for that; it stays with it where they get short.
//
// What a sleep costs is the median of its samples: their tail is what other threads did meanwhile.
//
// Thread-safety: the owner's alone. It reads no clock.  Cost: some thirty instructions a wait.
// Source: see sched/idle_spin.h; the median by steps is stochastic approximation (H. Robbins,
//   S. Monro, 1951).
#ifndef ZOKIO_SCHED_INTERNAL_SPIN_LEARNER_H_
#define ZOKIO_SCHED_INTERNAL_SPIN_LEARNER_H_

#include <cstdint>

#include "base/clock.h"

namespace zokio::internal {

class SpinLearner {
 public:
  // Before anything was measured, and the bounds of what is believed.
  static constexpr int64_t kFirstCostNs = 5'000;
  static constexpr int64_t kCostMinNs = 500;
  static constexpr int64_t kCostMaxNs = 50'000;
  // An interruption stops the spinning for so many waits, twice as many each time that the next
  // one comes before as many waits went well.
  static constexpr uint32_t kRestMin = 64;
  static constexpr uint32_t kRestMax = 1 << 16;
  // A trial lasts so many waits; the first comes after kTrialFirst waits, each one in vain puts off
  // the next twice as long.
  static constexpr uint32_t kTrial = 24;
  static constexpr uint32_t kTrialFirst = 16;
  static constexpr uint32_t kTrialMax = 1 << 14;

  // How long to spin at most now; zero: not at all.
  Duration Limit() const;
  // From going to sleep to running again, without the sleep itself.
  Duration sleep_cost() const { return Duration(cost_ns_); }

  void NoteSleepCost(Duration cost);
  // A wait is over that lasted so long until there was work, spun through or slept.
  void NoteWait(Duration lasted);
  // Who ended the sleep ran on this processor: he could not have, had this thread spun.
  void NoteSharedProcessor() { NoteWait(kNever - Instant()); }
  // While it span it was off the processor.
  void NoteInterruption();

 private:
  static constexpr int kLimits = 5;
  static constexpr int64_t kQuarters[kLimits] = {0, 1, 2, 4, 8};  // of the cost
  static constexpr int64_t kMemory = 16;                       // waits that an average is over

  int64_t LimitNs(int i) const { return cost_ns_ * kQuarters[i] / 4; }
  void PlanTrial(int64_t waited_ns);

  int64_t cost_ns_ = kFirstCostNs;
  int64_t averages_[kLimits] = {};  // of the loss with each limit, times kMemory
  int64_t wait_average_ = 0;        // times kMemory; no wait counts for more than eight sleeps
  int best_ = 0;
  uint32_t resting_ = 0;  // waits until it may spin again
  uint32_t rest_ = kRestMin;
  uint32_t went_well_ = 0;  // waits since the last rest
  uint32_t trial_ = 0;      // waits left of this trial
  uint32_t trial_gap_ = kTrialFirst;
  uint32_t until_trial_ = kTrialFirst;
};

}  // namespace zokio::internal

#endif  // ZOKIO_SCHED_INTERNAL_SPIN_LEARNER_H_
