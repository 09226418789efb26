// RandomSearch: random schedules, uniform or by priorities with few change points (PCT).
//
// For bodies too large to exhaust. Each schedule has a seed of its own, which reports name.
// Thread-safety: one thread.
#ifndef ZOKIO_TOOLS_MODEL_RANDOM_SEARCH_H_
#define ZOKIO_TOOLS_MODEL_RANDOM_SEARCH_H_

#include <vector>

#include "base/random.h"
#include "tools/model/options.h"
#include "tools/model/strategy.h"

namespace zokio::model {

class RandomSearch final : public Strategy {
 public:
  explicit RandomSearch(const Options& options)
      : by_priority_(options.mode == Mode::kPct),
        depth_(options.pct_depth),
        schedules_left_(options.schedules_max),
        seed_(options.seed) {}

  void Begin(Execution& execution) override;
  int PickThread(ThreadMask enabled, int current) override;
  int PickData(int count) override;
  bool Next() override;
  uint64_t seed() const override { return seed_; }

 private:
  const bool by_priority_;
  const int depth_;
  uint64_t schedules_left_;
  uint64_t seed_;
  Random random_{0};
  uint32_t steps_ = 0;
  uint32_t steps_longest_ = 16;  // where the change points of the next run may lie
  int priorities_[kThreadsMax] = {};
  std::vector<uint32_t> change_points_;
};

// One given run: the choices of a report's `replay`, then the plainest ones.
class Replay final : public Strategy {
 public:
  explicit Replay(std::vector<int> choices) : choices_(std::move(choices)) {}

  void Begin(Execution&) override { next_ = 0; }
  int PickThread(ThreadMask enabled, int current) override;
  int PickData(int count) override;
  bool Next() override { return false; }

 private:
  std::vector<int> choices_;
  size_t next_ = 0;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_RANDOM_SEARCH_H_
