// Placer: what a loop knows for placement: how busy it is and will be, which of its actors make it
// so, and which talk to other loops. Only systems with PlacementOptions have it.
//
// Thread-safety: the home's alone.
// Cost: every 61st activation and message to another loop is looked at; twice a turn the
//   clock; once a millisecond a decision.
#ifndef ZOKIO_ACTOR_INTERNAL_PLACER_H_
#define ZOKIO_ACTOR_INTERNAL_PLACER_H_

#include <algorithm>
#include <cstdint>

#include "actor/actor_id.h"
#include "actor/internal/talk_sampler.h"
#include "actor/placement.h"
#include "base/clock.h"

namespace zokio::internal {

class Placer {
 public:
  // A prime: actors that take turns must not have the same one of them sampled each time.
  static constexpr uint32_t kEvery = 61;
  static constexpr Duration kPeriod{1'000'000};
  // So often in the sample before it is worth a move.
  static constexpr uint32_t kTalksMin = 4;

  explicit Placer(const PlacementOptions& options) : options_(options) {}

  void Talked(ActorId actor, uint32_t to) {
    if (++talked_ % kEvery == 0) talks_.Sample(actor, to);
  }
  void Ran(ActorId actor, uint32_t here) {
    if (++ran_ % kEvery == 0) busy_.Sample(actor, here);
  }
  // A turn from `begin` to `end`. True when a period is over: then `load` is what is expected of
  // the next one.
  bool EndTurn(Instant begin, Instant end, uint32_t* load) {
    busy_time_ += end - begin;
    const Duration passed = end - period_begin_;
    if (passed < kPeriod) return false;
    const int64_t thousandths = 1000 * busy_time_.count() / passed.count();
    const auto last = static_cast<uint32_t>(std::clamp<int64_t>(thousandths, 0, 1000));
    forecast_.Observe(last);
    *load = options_.predict ? forecast_.next() : last;
    period_begin_ = end;
    busy_time_ = Duration(0);
    return true;
  }
  const PlacementOptions& options() const { return options_; }
  TalkSampler& talks() { return talks_; }
  TalkSampler& busy() { return busy_; }

 private:
  const PlacementOptions& options_;
  uint32_t talked_ = 0;
  uint32_t ran_ = 0;
  Instant period_begin_{};
  Duration busy_time_{0};
  LoadForecast forecast_;
  TalkSampler talks_;
  TalkSampler busy_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_PLACER_H_
