// What everything in which tasks wait has in common, one set of properties for all: tasks are let
// in in the order in which they came; one that is dropped, at whichever point, takes nobody's turn
// and loses nothing; whoever comes later still gets in.
//
// A kind (waiting_kinds.h, waiting_channel_kinds.h) has `Task<> Enter(int id)`, which waits and
// then calls In(id); `LetIn()`, which lets in one, or all (kTogether); and `Check()`, that nothing
// was lost or made up.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "future/local_executor.h"
#include "future/spawn.h"
#include "future/waiting_channel_kinds.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

template <typename Kind>
class WaitingTest : public ::testing::Test {
 public:
  // Tasks of one kind, the first `kWaiters` of which came in the order of their numbers.
  struct Run {
    Run() {
      for (int id = 0; id < Kind::kWaiters; ++id) Add();
    }
    void Add() { handles.push_back(Spawn(executor, kind.Enter(static_cast<int>(handles.size())))); }
    void Settle() { executor.RunUntilIdle(); }
    void Drop(int id) { handles[static_cast<size_t>(id)].Cancel(); }
    bool Ended(int id) const { return handles[static_cast<size_t>(id)].finished(); }
    // Lets in as often as it may take.
    void LetAllIn() {
      for (size_t i = 0; i < 3 * handles.size(); ++i) {
        kind.LetIn();
        Settle();
      }
    }

    Kind kind;
    LocalExecutor executor;
    std::vector<JoinHandle<void>> handles;
  };

  // 0 to n, but for one.
  static std::vector<int> AllBut(int victim, int count) {
    std::vector<int> all(static_cast<size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    std::erase(all, victim);
    return all;
  }
  static void ExpectIn(const Kind& kind, const std::vector<int>& expected,
                       bool ordered = Kind::kOrdered) {
    std::vector<int> in = kind.in();
    if (!ordered) std::sort(in.begin(), in.end());
    EXPECT_EQ(in, expected);
  }
};
TYPED_TEST_SUITE(WaitingTest, testing::WaitingKinds, testing::WaitingKindNames);

TYPED_TEST(WaitingTest, LetsInInTheOrderOfArrival) {
  typename TestFixture::Run run;
  run.Settle();
  EXPECT_TRUE(run.kind.in().empty());
  for (int i = 0; i < TypeParam::kWaiters; ++i) {
    run.kind.LetIn();
    run.Settle();
    EXPECT_EQ(run.kind.in().size(),
              static_cast<size_t>(TypeParam::kTogether ? TypeParam::kWaiters : i + 1));
  }
  this->ExpectIn(run.kind, this->AllBut(-1, TypeParam::kWaiters));
  run.kind.Check();
}

TYPED_TEST(WaitingTest, ADroppedWaiterTakesNobodysTurn) {
  constexpr int kCount = TypeParam::kWaiters;
  for (int victim = 0; victim < kCount; ++victim) {
    SCOPED_TRACE(victim);
    typename TestFixture::Run run;
    run.Settle();
    run.Drop(victim);
    run.Settle();
    EXPECT_TRUE(run.Ended(victim));
    run.Add();
    run.Settle();
    run.LetAllIn();
    this->ExpectIn(run.kind, this->AllBut(victim, kCount + 1));
    run.kind.Check();
  }
}

TYPED_TEST(WaitingTest, AChosenWaiterThatIsDroppedPassesItsTurnOn) {
  constexpr int kCount = TypeParam::kWaiters;
  for (int victim = 0; victim < kCount; ++victim) {
    SCOPED_TRACE(victim);
    typename TestFixture::Run run;
    run.Settle();
    for (int i = 0; i < victim && !TypeParam::kTogether; ++i) {
      run.kind.LetIn();
      run.Settle();
    }
    run.kind.LetIn();  // the victim, which has not run yet
    run.Drop(victim);
    run.Settle();
    EXPECT_TRUE(run.Ended(victim));
    if (TypeParam::kPassesOn && victim + 1 < kCount) {
      EXPECT_TRUE(run.Ended(victim + 1));
    }
    run.Add();
    run.Settle();
    run.LetAllIn();
    this->ExpectIn(run.kind, this->AllBut(victim, kCount + 1));
    run.kind.Check();
  }
}

// After each number of steps, of tasks and of letting in by turns.
TYPED_TEST(WaitingTest, OneMayBeDroppedAtEveryPoll) {
  constexpr int kCount = TypeParam::kWaiters;
  for (int victim = 0; victim < kCount; ++victim) {
    bool ended = false;
    for (int steps = 0; !ended; ++steps) {
      SCOPED_TRACE(::testing::Message() << "victim " << victim << ", step " << steps);
      ASSERT_LT(steps, 100);
      typename TestFixture::Run run;
      for (int i = 0; i < steps; ++i) {
        if (i % 3 == 2) run.kind.LetIn();
        (void)run.executor.RunOne();
      }
      ended = run.Ended(victim);
      run.Drop(victim);
      run.Settle();
      run.Add();
      run.Settle();
      run.LetAllIn();
      // Through an open gate a task that comes may pass one that was woken and has not run yet.
      this->ExpectIn(run.kind, this->AllBut(ended ? -1 : victim, kCount + 1),
                     TypeParam::kOrdered && !TypeParam::kTogether);
      run.kind.Check();
    }
  }
}

// Calls a function at each wake, and at each drop of a clone; but for those that it causes itself.
class CallingWaker {
 public:
  enum class Event { kWake, kDrop };
  explicit CallingWaker(std::function<void(Event)> function) : function_(std::move(function)) {}

  Waker Make() { return Clone(this); }
  int clones() const { return clones_; }

 private:
  void Call(Event event) {
    if (std::exchange(inside_, true)) return;
    function_(event);
    inside_ = false;
  }
  static CallingWaker* Self(void* data) { return static_cast<CallingWaker*>(data); }
  static Waker Clone(void* data) {
    ++Self(data)->clones_;
    return Waker(&kVtable, data);
  }
  static void WakeByRef(void* data) { Self(data)->Call(Event::kWake); }
  static void Wake(void* data) {
    --Self(data)->clones_;
    Self(data)->Call(Event::kWake);
  }
  static void Drop(void* data) {
    --Self(data)->clones_;
    Self(data)->Call(Event::kDrop);
  }
  static constexpr WakerVtable kVtable{&Clone, &Wake, &WakeByRef, &Drop};

  std::function<void(Event)> function_;
  bool inside_ = false;
  int clones_ = 0;
};

// A task polled by hand, with whatever waker.
class HandPolled {
 public:
  explicit HandPolled(Task<> task) : future_(std::move(task).IntoFuture()) {}
  // True once it has ended.
  bool Poll(const Waker& waker) {
    environment_.budget = kPollBudget;
    Context context(waker, environment_);
    return ended_ = ended_ || future_.poll(context).ready();
  }

 private:
  PollEnvironment environment_;
  TaskFuture<void> future_;
  bool ended_ = false;
};

// A waker that enters and lets in: it would wait for itself, if it were called under the lock.
TYPED_TEST(WaitingTest, WakersAreCalledAndDroppedOutsideLocks) {
  TypeParam kind;
  int calls = 0;
  bool letting_in = false;
  auto let_in = [&] {
    if (std::exchange(letting_in, true)) return;  // the kind's own side is used by one at a time
    kind.LetIn();
    letting_in = false;
  };
  auto use = [&](CallingWaker::Event) {
    ++calls;
    let_in();
    if (TypeParam::kWaiters > 1) HandPolled(kind.Enter(99)).Poll(NoopWaker());
  };
  CallingWaker first(use);
  CallingWaker second(use);
  CallingWaker third(use);
  {
    const Waker a = first.Make();
    const Waker b = second.Make();
    HandPolled replaced(kind.Enter(0));
    EXPECT_FALSE(replaced.Poll(a));
    (void)replaced.Poll(b);  // drops the clone of the first
    let_in();
    (void)replaced.Poll(b);
  }
  {
    const Waker c = third.Make();
    HandPolled dropped(kind.Enter(1));
    (void)dropped.Poll(c);
  }
  EXPECT_GT(calls, 0);
  EXPECT_EQ(first.clones() + second.clones() + third.clones(), 0);
}

TYPED_TEST(WaitingTest, AWakeMayDropWhatItWakes) {
  TypeParam kind;
  std::optional<HandPolled> woken(kind.Enter(0));
  std::optional<HandPolled> next;
  if (TypeParam::kWaiters > 1) next.emplace(kind.Enter(1));
  CallingWaker waker([&woken](CallingWaker::Event event) {
    if (event == CallingWaker::Event::kWake) woken.reset();
  });
  EXPECT_FALSE(woken->Poll(waker.Make()));
  if (next) {
    EXPECT_FALSE(next->Poll(NoopWaker()));
  }
  bool in = !next;
  for (int i = 0; i < 10; ++i) {
    kind.LetIn();
    in = in || next->Poll(NoopWaker());
  }
  EXPECT_FALSE(woken.has_value());
  EXPECT_TRUE(in);
}

}  // namespace
}  // namespace zokio
