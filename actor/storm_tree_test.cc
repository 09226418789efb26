// Trees of actors that grow, are poked, and fail at random; each failure is answered by a directive
// drawn by lot. However that goes, a tree ends as a whole, and each of its actors is heard to end
// once.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/testing/storm.h"
#include "base/atomic.h"
#include "future/sleep.h"
#include "future/yield.h"

namespace zokio::testing {
namespace {

struct Poke {
  uint32_t hops;
};
struct Grow {
  uint32_t depth;
};
class Node;
struct Born {
  ActorRef<Node> node;
};
struct CountEnds {};

struct TreeStorm {
  TreeStorm(uint64_t seed, uint32_t permille) : fate(seed, permille) {}
  Fate fate;
  Atomic<int64_t> living{0};
  Atomic<uint64_t> born{0};
  Atomic<uint64_t> poked{0};
};

// Hears of each actor when it has started, and of its end.
class Observer : public Actor<Observer, Born, CountEnds, Terminated> {
 public:
  void On(const Born& born);
  uint64_t On(CountEnds) { return ended_; }
  void On(Terminated terminated) {
    ++ended_;
    const auto key = std::pair(terminated.actor.cell(), terminated.actor.generation());
    EXPECT_EQ(++ends_[key], 1) << "told twice";
  }

 private:
  uint64_t ended_ = 0;
  std::map<std::pair<internal::ActorCell*, uint32_t>, int> ends_;
};

class Node : public Actor<Node, Poke, Grow> {
 public:
  static constexpr Supervision kChildren =
      Supervision()
          .With(Strategy::kRestForOne)
          .Restarts(20, std::chrono::hours(1))
          .Backoff(Duration(0), std::chrono::microseconds(100));

  Node(TreeStorm& storm, ActorRef<Observer> observer)
      : storm_(storm), observer_(observer), living_(storm.living) {
    storm_.fate.MayThrow();
  }
  void Started() {
    storm_.born.fetch_add(1);
    observer_.Tell(Born{self()});
    storm_.fate.MayThrow();
  }
  void Restarted() {
    self().Tell(Grow{1});  // its children are gone
    storm_.fate.MayThrow();
  }
  void Stopping() { storm_.fate.MayThrow(); }
  Directive OnFailure(ActorId, const Failure&) {
    storm_.fate.MayThrow();
    switch (storm_.fate.Below(8)) {
      case 0:
        return Directive::kStop;
      case 1:
        return Directive::kEscalate;
      case 2:
      case 3:
        return Directive::kResume;
      default:
        return Directive::kRestart;
    }
  }
  void On(Grow grow) {
    const uint32_t count = 2 + storm_.fate.Below(2);
    for (uint32_t i = 0; i < count; ++i) {
      children_.push_back(storm_.fate.Below(2) == 0
                              ? Spawn<Node>(std::ref(storm_), observer_)
                              : SpawnSpread<Node>(std::ref(storm_), observer_));
      if (storm_.fate.Below(4) == 0) Link(children_.back());
      if (grow.depth > 1) children_.back().Tell(Grow{grow.depth - 1});
    }
  }
  Task<void> On(Poke poke) {
    storm_.poked.fetch_add(1);
    if (poke.hops > 0 && !children_.empty()) {
      const auto bound = static_cast<uint32_t>(children_.size());
      children_[storm_.fate.Below(bound)].Tell(Poke{poke.hops - 1});
    }
    switch (storm_.fate.Below(8)) {
      case 0:
        co_await Yield();
        break;
      case 1:
        co_await SleepFor(std::chrono::microseconds(10));
        break;
      case 2:
        Run(Background());
        break;
      default:
        break;
    }
    storm_.fate.MayThrow();
    if (poke.hops == 0 && storm_.fate.Below(32) == 0) Stop();
  }

 private:
  Task<void> Background() {
    co_await Yield();
    storm_.fate.MayThrow();
  }

  TreeStorm& storm_;
  const ActorRef<Observer> observer_;
  const Living living_;
  std::vector<ActorRef<Node>> children_;
};

void Observer::On(const Born& born) { Watch(born.node); }

template <typename House>
void TreesEndAsAWhole(House&& house, uint64_t seed, uint32_t pokes) {
  SCOPED_TRACE(seed);
  TreeStorm storm(seed, 20);
  ActorSystem& system = house.system();
  auto observer = system.SpawnAt<Observer>(2);
  ActorRef<Node> root;
  while (!root) {
    try {
      root = system.SpawnAt<Node>(0, std::ref(storm), observer);
    } catch (const std::runtime_error&) {
    }
  }
  root.Tell(Grow{3});
  for (uint32_t i = 0; i < pokes; ++i) root.Tell(Poke{3});
  root.Poison();
  // Roots are made anew whenever they fail, so it ends by that alone, after all pokes.
  if (seed % 3 == 0) root.Kill();
  house.AwaitEnd(root);
  EXPECT_EQ(storm.living.load(), 0) << "a parent outlives its children";
  EXPECT_TRUE(house.Until(
      [&] { return house.Await(observer.Ask(CountEnds{})).value() == storm.born.load(); }));
  house.Shutdown();
  EXPECT_GT(storm.born.load(), 0u);
  if (seed % 3 != 0) {
    EXPECT_GT(storm.poked.load(), pokes / 2);
  }
}

ActorSystemOptions RootsAreMadeAnew() {
  ActorSystemOptions options;
  options.supervision = Supervision().Restarts(1'000'000, std::chrono::hours(1));
  return options;
}

TEST(TreeStormTest, AnyDecisionEndsWellUnderAnySeed) {
  for (uint64_t seed = 1; seed <= (kSanitized ? 6 : 24); ++seed) {
    TreesEndAsAWhole(ManualHouse(seed, RootsAreMadeAnew()), seed, 200);
  }
}

TEST(TreeStormTest, AnyDecisionEndsWellOnAScheduler) {
  for (uint64_t seed = 1; seed <= (kSanitized ? 3 : 9); ++seed) {
    TreesEndAsAWhole(RealHouse(RootsAreMadeAnew()), seed, 500);
  }
}

}  // namespace
}  // namespace zokio::testing
