// Placement: in which loop of a system an actor lives, by where its data is, by how loaded the
// loops are and by whom it talks to. Decisions only, on plain values: who asks knows the rest.
//
// A load is how busy a loop is, in thousandths; where it is predicted, what the next period will
// bring if it goes on as the last ones went.
//
// Thread-safety: pure functions and values.
// Source: repartitioning by sampled traffic after Orleans (A. Newell and others, 2016); the
//   forecast is C. Holt's linear trend (1957).
#ifndef ZOKIO_ACTOR_PLACEMENT_H_
#define ZOKIO_ACTOR_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace zokio {

struct PlacementOptions {
  PlacementOptions() = default;

  // Moves actors to the loop of whom they talk to most.
  bool follow_talk = false;
  // Moves actors from loops that are, or are about to be, more loaded than others.
  bool balance = false;
  // By what the next period is expected to bring; else by what the last one brought.
  bool predict = true;
  // Loop i runs on worker i alone. Else loops are tasks that any worker may take.
  bool bound = false;
  // The NUMA node of each loop's worker, as far as known; missing ones are node 0.
  std::vector<uint32_t> nodes;
};

struct LoopLoad {
  uint32_t node = 0;
  uint32_t load = 0;  // 0 to 1000
};

// Where data of another node is worth it: that loop is more loaded than the best by no more.
inline constexpr uint32_t kNodeWorth = 300;
// Two loads that differ by less are equal: a move costs, and the figures are old.
inline constexpr uint32_t kLoadSlack = 200;

// The loop for a new actor whose data is on node `data_node`, or nowhere in particular: the least
// loaded one of that node, unless another is less loaded by more than the node is worth. Equal ones
// take turns.  REQUIRES: there are loops.
size_t ChooseHome(std::span<const LoopLoad> loops, std::optional<uint32_t> data_node, size_t turn);

// Whether an actor of loop `here` shall move to loop `there`, to whose actors it talks. Of a pair
// that would move to each other only one does: which one, `epoch` says, a number that both sides
// count up together.
bool ShouldFollow(std::span<const LoopLoad> loops, size_t here, size_t there, uint64_t epoch);

// The loop that shall take an actor over from `here`; none where that is not loaded enough.
std::optional<size_t> ChooseRelief(std::span<const LoopLoad> loops, size_t here);

// What the next period brings, by the last ones.
class LoadForecast {
 public:
  // `load` of the period that has just ended.
  void Observe(uint32_t load);
  // Of the last periods, smoothed; and of the next one.
  uint32_t level() const;
  uint32_t next() const;

 private:
  double level_ = 0;
  double trend_ = 0;
  bool any_ = false;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_PLACEMENT_H_
