#include "sched/internal/spin_learner.h"

#include <algorithm>

namespace zokio::internal {

Duration SpinLearner::Limit() const {
  if (resting_ > 0) return Duration::zero();
  return Duration(LimitNs(trial_ > 0 ? kLimits - 1 : best_));
}

void SpinLearner::NoteSleepCost(Duration cost) {
  const int64_t step = std::max<int64_t>(cost_ns_ / 16, 1);
  cost_ns_ += cost.count() > cost_ns_ ? step : -step;
  cost_ns_ = std::clamp(cost_ns_, kCostMinNs, kCostMaxNs);
}

void SpinLearner::NoteWait(Duration lasted) {
  const int64_t ns = std::clamp<int64_t>(lasted.count(), 0, 8 * cost_ns_);
  for (int i = 0; i < kLimits; ++i) {
    const int64_t limit = LimitNs(i);
    const int64_t loss = ns <= limit ? ns : limit + cost_ns_;
    averages_[i] += loss - averages_[i] / kMemory;
  }
  best_ = 0;
  for (int i = 1; i < kLimits; ++i) {
    // Where waits are short all limits do; the longest one bears that they are longer once.
    const bool as_good = best_ != 0 && averages_[i] <= averages_[best_] + averages_[0] / 16;
    if (as_good || averages_[i] < averages_[best_]) best_ = i;
  }
  if (resting_ > 0) {
    --resting_;
    return;
  }
  if (++went_well_ == rest_) {
    went_well_ = 0;
    rest_ = kRestMin;
  }
  PlanTrial(ns);
}

void SpinLearner::PlanTrial(int64_t waited_ns) {
  wait_average_ += waited_ns - wait_average_ / kMemory;
  if (trial_ > 0) {
    if (--trial_ == 0) {
      trial_gap_ = best_ != 0 ? kTrialFirst : std::min(2 * trial_gap_, kTrialMax);
      until_trial_ = trial_gap_;
    }
  } else if (until_trial_ > 0) {
    --until_trial_;
  } else if (best_ == 0 && wait_average_ / kMemory <= 3 * cost_ns_) {
    trial_ = kTrial;
  }
}

void SpinLearner::NoteInterruption() {
  trial_ = 0;
  resting_ = rest_;
  rest_ = std::min(2 * rest_, kRestMax);
  went_well_ = 0;
}

}  // namespace zokio::internal
