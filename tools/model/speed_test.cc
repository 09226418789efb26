// How fast schedules are explored, and that a deque of the size DESIGN asks for is exhausted.
//
// The figures go to standard output (docs/guide/model-checking.md quotes them); the test asserts
// what does not depend on the machine: how much was explored, and that nothing was left.
#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <functional>

#include "base/atomic.h"
#include "base/check.h"
#include "base/model_var.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio::model {
namespace {

// Explores, and prints the rate by the processor time of this process: others share the machine.
Report Measure(const Options& options, const std::function<void()>& body) {
  const std::clock_t begin = std::clock();
  Report report = Explore(options, body);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::printf("[ rate     ] %s: %.0f schedules a second of %.1f steps\n", report.name.c_str(),
              static_cast<double>(report.schedules) / seconds,
              static_cast<double>(report.steps) / static_cast<double>(report.schedules));
  return report;
}

// Two threads of ten steps each.
void TwentySteps() {
  Atomic<int> x{0};
  Atomic<int> y{0};
  Thread other = Thread::Start("other", [&] {
                   for (int i = 0; i < 5; ++i) {
                     x.store(i, memory_order_release);
                     y.load(memory_order_acquire);
                   }
                 }).value();
  for (int i = 0; i < 5; ++i) {
    y.store(i, memory_order_release);
    x.load(memory_order_acquire);
  }
}

TEST(Speed, SchedulesOfTwentySteps) {
  for (const Mode mode : {Mode::kExhaustive, Mode::kBounded, Mode::kRandom}) {
    const char* name = mode == Mode::kExhaustive ? "reduced"
                       : mode == Mode::kBounded  ? "bounded"
                                                 : "random";
    const Report report = Measure(
        {.name = name, .mode = mode, .preemptions_max = 8, .schedules_max = 300'000}, TwentySteps);
    EXPECT_TRUE(report.Passed()) << report;
    EXPECT_GE(report.schedules, 200'000u);
    EXPECT_EQ(report.steps_longest, 21u);  // and the join
  }
}

// Chase and Lev's deque, bounded. Source: N. Lê et al., "Correct and efficient work-stealing for
// weak memory models", 2013; the fences are put on the atomics.
class Deque {
 public:
  static constexpr int kCapacity = 4;

  bool Push(int value) {
    const int bottom = bottom_.load(memory_order_relaxed);
    if (bottom - top_.load(memory_order_acquire) >= kCapacity) return false;
    slots_[bottom % kCapacity].store(value, memory_order_relaxed);
    bottom_.store(bottom + 1, memory_order_release);
    return true;
  }
  int Pop() {
    const int bottom = bottom_.load(memory_order_relaxed) - 1;
    bottom_.store(bottom, memory_order_seq_cst);
    int top = top_.load(memory_order_seq_cst);
    if (top > bottom) {
      bottom_.store(bottom + 1, memory_order_relaxed);
      return 0;
    }
    const int value = slots_[bottom % kCapacity].load(memory_order_relaxed);
    if (top < bottom) return value;
    const bool won = top_.compare_exchange_strong(top, top + 1, memory_order_seq_cst);
    bottom_.store(bottom + 1, memory_order_relaxed);
    return won ? value : 0;
  }
  int Steal() {
    int top = top_.load(memory_order_seq_cst);
    if (top >= bottom_.load(memory_order_seq_cst)) return 0;
    const int value = slots_[top % kCapacity].load(memory_order_relaxed);
    return top_.compare_exchange_strong(top, top + 1, memory_order_seq_cst) ? value : 0;
  }

 private:
  Atomic<int> top_{0};
  Atomic<int> bottom_{0};
  Atomic<int> slots_[kCapacity];
};

void DequeWithTwoThieves() {
  Deque deque;
  std::array<std::array<int, 3>, 3> got{};
  {
    std::array<Thread, 2> thieves;
    for (int i = 0; i < 2; ++i) {
      thieves[i] = Thread::Start("thief", [&deque, &mine = got[i]] {
                     for (int& value : mine) value = deque.Steal();
                   }).value();
    }
    ZOKIO_CHECK(deque.Push(1), "room");
    ZOKIO_CHECK(deque.Push(2), "room");
    got[2][0] = deque.Pop();
  }
  got[2][1] = deque.Pop();
  got[2][2] = deque.Pop();
  std::array<int, 3> count{};
  for (const auto& values : got) {
    for (const int value : values) ++count[value];
  }
  ZOKIO_CHECK(count[1] == 1 && count[2] == 1, "each element is taken exactly once");
}

TEST(Speed, DequeOfFourWithTwoThievesAndThreeOperationsEach) {
  const Report bounded = Measure(
      {.name = "deque, at most 3 preemptions", .mode = Mode::kBounded, .preemptions_max = 3},
      DequeWithTwoThieves);
  EXPECT_TRUE(bounded.Proven()) << bounded;
  const Report reduced = Measure({.name = "deque, reduced"}, DequeWithTwoThieves);
  EXPECT_TRUE(reduced.Proven()) << reduced;
}

}  // namespace
}  // namespace zokio::model
