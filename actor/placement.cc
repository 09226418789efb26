#include "actor/placement.h"

#include <algorithm>

namespace zokio {
namespace {

// The least loaded loop that `wanted` takes, from `turn` on.
template <typename Wanted>
std::optional<size_t> LeastLoaded(std::span<const LoopLoad> loops, size_t turn, Wanted&& wanted) {
  std::optional<size_t> best;
  for (size_t i = 0; i < loops.size(); ++i) {
    const size_t at = (turn + i) % loops.size();
    if (!wanted(at)) continue;
    if (!best.has_value() || loops[at].load < loops[*best].load) best = at;
  }
  return best;
}

uint32_t Clamped(double load) { return static_cast<uint32_t>(std::clamp(load, 0.0, 1000.0)); }

}  // namespace

size_t ChooseHome(std::span<const LoopLoad> loops, std::optional<uint32_t> data_node, size_t turn) {
  const size_t best = LeastLoaded(loops, turn, [](size_t) { return true; }).value_or(0);
  if (!data_node.has_value()) return best;
  const std::optional<size_t> near =
      LeastLoaded(loops, turn, [&](size_t at) { return loops[at].node == *data_node; });
  if (!near.has_value() || loops[*near].load > loops[best].load + kNodeWorth) return best;
  return *near;
}

bool ShouldFollow(std::span<const LoopLoad> loops, size_t here, size_t there, uint64_t epoch) {
  if (here == there || here >= loops.size() || there >= loops.size()) return false;
  if (loops[there].load > loops[here].load + kLoadSlack) return false;
  // The other side asks the same question with the loops the other way round.
  const bool upwards = here < there;
  return upwards == (epoch % 2 == 0);
}

std::optional<size_t> ChooseRelief(std::span<const LoopLoad> loops, size_t here) {
  if (here >= loops.size()) return std::nullopt;
  // Rather within the node, where that relieves.
  const auto relieves = [&](size_t at) {
    return loops[at].load + 2 * kLoadSlack <= loops[here].load;
  };
  const std::optional<size_t> near = LeastLoaded(
      loops, here, [&](size_t at) { return relieves(at) && loops[at].node == loops[here].node; });
  return near.has_value() ? near : LeastLoaded(loops, here, relieves);
}

void LoadForecast::Observe(uint32_t load) {
  constexpr double kLevelWeight = 0.5;
  constexpr double kTrendWeight = 0.3;
  const double last = level_;
  if (!any_) {
    any_ = true;
    level_ = load;
    return;
  }
  level_ = kLevelWeight * load + (1 - kLevelWeight) * (level_ + trend_);
  trend_ = kTrendWeight * (level_ - last) + (1 - kTrendWeight) * trend_;
}

uint32_t LoadForecast::level() const { return Clamped(level_); }
uint32_t LoadForecast::next() const { return Clamped(level_ + trend_); }

}  // namespace zokio
