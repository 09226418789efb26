// Savina: programs whose actors come and go, and phases that wait for each other.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/testing/savina.h"
#include "actor/testing/tally.h"
#include "base/check.h"

namespace zokio::testing {
namespace {

struct Begin {};
struct Answer {
  uint64_t value;
};

class Child : public Actor<Child, Begin> {
 public:
  Child(Recipient<Answer> master, uint64_t number) : master_(master), number_(number) {}
  void On(Begin) {
    master_.Tell(Answer{number_ * number_});
    Stop();
  }

 private:
  const Recipient<Answer> master_;
  const uint64_t number_;
};

class Master : public Actor<Master, Begin, Answer, Terminated> {
 public:
  Master(uint64_t children, Tally& tally) : children_(children), tally_(tally) {}
  void On(Begin) {
    for (uint64_t i = 0; i < children_; ++i) {
      auto child = SpawnSpread<Child>(self(), i);
      Watch(child);
      child.Tell(Begin{});
    }
  }
  void On(Answer answer) {
    sum_ += answer.value;
    ++answers_;
  }
  void On(Terminated) {
    if (++ended_ < children_) return;
    // A child's answer comes before the news of its end.
    ZOKIO_CHECK(answers_ == children_, "one answer of each");
    tally_.Part(sum_);
    Stop();
  }

 private:
  const uint64_t children_;
  Tally& tally_;
  uint64_t sum_ = 0;
  uint64_t answers_ = 0;
  uint64_t ended_ = 0;
};

struct Sorted {
  bool upper;
  std::vector<uint64_t> values;
};
struct Sort {
  std::vector<uint64_t> values;
};

class QuickSorter : public Actor<QuickSorter, Sort, Sorted> {
 public:
  QuickSorter(Recipient<Sorted> parent, bool upper) : parent_(parent), upper_(upper) {}
  void On(Sort& sort) {
    std::vector<uint64_t>& values = sort.values;
    if (values.size() <= 64) {
      std::sort(values.begin(), values.end());
      return Finish(std::move(values));
    }
    const uint64_t pivot = values[values.size() / 2];
    std::vector<uint64_t> parts[2];
    for (const uint64_t value : values) {
      if (value == pivot) {
        equal_.push_back(value);
      } else {
        parts[value > pivot ? 1 : 0].push_back(value);
      }
    }
    for (const bool upper : {false, true}) {
      // The lower half here, the upper one elsewhere.
      auto child =
          upper ? SpawnSpread<QuickSorter>(self(), true) : Spawn<QuickSorter>(self(), false);
      child.Tell(Sort{std::move(parts[upper ? 1 : 0])});
    }
  }
  void On(Sorted& sorted) {
    halves_[sorted.upper ? 1 : 0] = std::move(sorted.values);
    if (++heard_ < 2) return;
    std::vector<uint64_t> all = std::move(halves_[0]);
    all.insert(all.end(), equal_.begin(), equal_.end());
    all.insert(all.end(), halves_[1].begin(), halves_[1].end());
    Finish(std::move(all));
  }

 private:
  void Finish(std::vector<uint64_t> values) {
    parent_.Tell(Sorted{upper_, std::move(values)});
    Stop();
  }

  const Recipient<Sorted> parent_;
  const bool upper_;
  std::vector<uint64_t> equal_;
  std::vector<uint64_t> halves_[2];
  int heard_ = 0;
};

class SortRoot : public Actor<SortRoot, Sort, Sorted> {
 public:
  SortRoot(std::vector<uint64_t>& result, Tally& tally) : result_(result), tally_(tally) {}
  void On(Sort& sort) { Forward(Spawn<QuickSorter>(self(), false), sort); }
  void On(Sorted& sorted) {
    result_ = std::move(sorted.values);
    tally_.Part();
    Stop();
  }

 private:
  std::vector<uint64_t>& result_;
  Tally& tally_;
};

class RowActor;
using Rows = std::shared_ptr<const std::vector<ActorRef<RowActor>>>;
struct Row {
  uint64_t number;
  std::shared_ptr<const std::vector<uint64_t>> distances;
};

// Floyd and Warshall: in phase k, all rows look whether the way by k is shorter.
class RowActor : public Actor<RowActor, Rows, Row> {
 public:
  RowActor(uint64_t number, std::vector<uint64_t>& row, Tally& tally)
      : number_(number), row_(row), tally_(tally) {}
  void On(Rows rows) {
    rows_ = std::move(rows);
    Announce();
    UnstashAll();
  }
  void On(Row& row) {
    if (rows_ == nullptr || row.number != phase_) return Stash(row);
    for (size_t i = 0; i < row_.size(); ++i) {
      row_[i] = std::min(row_[i], row_[static_cast<size_t>(phase_)] + (*row.distances)[i]);
    }
    if (++phase_ == row_.size()) {
      tally_.Part();
      return Stop();
    }
    Announce();
    UnstashAll();
  }

 private:
  // Tells all, itself too, when it is this row's phase.
  void Announce() {
    if (phase_ != number_) return;
    const Row row{number_, std::make_shared<const std::vector<uint64_t>>(row_)};
    for (const ActorRef<RowActor>& other : *rows_) other.Tell(row);
  }

  const uint64_t number_;
  std::vector<uint64_t>& row_;
  Tally& tally_;
  Rows rows_;
  uint64_t phase_ = 0;
};

}  // namespace

uint64_t ForkJoin(ActorSystem& system, uint64_t children) {
  Tally tally(1);
  system.Spawn<Master>(children, tally).Tell(Begin{});
  return tally.Wait();
}

std::vector<uint64_t> QuickSort(ActorSystem& system, std::vector<uint64_t> values) {
  Tally tally(1);
  std::vector<uint64_t> result;
  system.Spawn<SortRoot>(result, tally).Tell(Sort{std::move(values)});
  (void)tally.Wait();
  return result;
}

Matrix ShortestPaths(ActorSystem& system, Matrix distances) {
  Tally tally(distances.size());
  auto rows = std::make_shared<std::vector<ActorRef<RowActor>>>();
  for (size_t i = 0; i < distances.size(); ++i) {
    rows->push_back(system.Spawn<RowActor>(uint64_t{i}, distances[i], tally));
  }
  const Rows all = rows;
  for (const ActorRef<RowActor>& row : *all) row.Tell(all);
  (void)tally.Wait();
  return distances;
}

}  // namespace zokio::testing
