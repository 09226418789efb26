#include "tools/model/random_search.h"

#include <algorithm>
#include <bit>

namespace zokio::model {

void RandomSearch::Begin(Execution&) {
  random_ = Random(seed_);
  random_.Next();
  steps_ = 0;
  if (!by_priority_) return;
  for (int i = 0; i < kThreadsMax; ++i) priorities_[i] = depth_ + i;
  for (int i = kThreadsMax - 1; i > 0; --i) {
    std::swap(priorities_[i], priorities_[random_.Below(static_cast<uint32_t>(i) + 1)]);
  }
  change_points_.clear();
  for (int i = 1; i < depth_; ++i) change_points_.push_back(random_.Below(steps_longest_));
}

int RandomSearch::PickThread(ThreadMask enabled, int current) {
  const uint32_t step = steps_++;
  if (!by_priority_) {
    uint32_t skip = random_.Below(static_cast<uint32_t>(std::popcount(enabled)));
    while (skip-- != 0) enabled &= enabled - 1;
    return std::countr_zero(enabled);
  }
  for (size_t i = 0; i < change_points_.size(); ++i) {
    if (change_points_[i] == step && current >= 0) priorities_[current] = static_cast<int>(i);
  }
  int best = std::countr_zero(enabled);
  for (ThreadMask rest = enabled; rest != 0; rest &= rest - 1) {
    const int thread = std::countr_zero(rest);
    if (priorities_[thread] > priorities_[best]) best = thread;
  }
  return best;
}

int RandomSearch::PickData(int count) {
  // The plain choice half of the time: a run in which everything is odd finds little.
  if (random_.Below(2) == 0) return 0;
  return static_cast<int>(random_.Below(static_cast<uint32_t>(count)));
}

bool RandomSearch::Next() {
  steps_longest_ = std::max(steps_longest_, steps_);
  ++seed_;
  return --schedules_left_ != 0;
}

int Replay::PickThread(ThreadMask enabled, int current) {
  if (next_ < choices_.size()) {
    const int choice = choices_[next_++];
    if (choice >= 0 && choice < kThreadsMax && (enabled & Bit(choice)) != 0) return choice;
    return kDiverged;
  }
  if (current >= 0 && (enabled & Bit(current)) != 0) return current;
  return std::countr_zero(enabled);
}

int Replay::PickData(int count) {
  if (next_ == choices_.size()) return 0;
  const int choice = choices_[next_++];
  return choice >= 0 && choice < count ? choice : kDiverged;
}

}  // namespace zokio::model
