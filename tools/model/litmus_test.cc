// Litmus tests: of each, exactly the outcomes that the C++20 memory model allows are seen.
//
// What is left out (docs/guide/model-checking.md): out-of-thin-air and load-buffering results,
// consume, and modification orders that no execution order shows (2+2W).
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio::model {
namespace {

constexpr auto kRelaxed = memory_order_relaxed;
constexpr auto kAcquire = memory_order_acquire;
constexpr auto kRelease = memory_order_release;
constexpr auto kSeqCst = memory_order_seq_cst;

// What the threads of a litmus test share.
struct Words {
  Atomic<int> x{0};
  Atomic<int> y{0};
  Atomic<int> z{0};
};

// One letter each: what the threads' registers held, in order ("01").
using Outcomes = std::set<std::string>;
using Registers = std::array<int, 6>;
using Program = std::vector<std::function<void(Words&, Registers&)>>;

// Runs every interleaving of the threads; register i < registers is printed.
Outcomes Run(const char* name, int registers, const Program& program, Mode mode) {
  auto outcomes = std::make_unique<Outcomes>();
  // Filled by plain code, outside the modelled heap.
  std::vector<std::array<char, 8>> seen(256);
  size_t count = 0;
  Report report = Explore(
      {.name = name, .mode = mode, .preemptions_max = 8, .print = false}, [&] {
        Words words;
        Registers held{};
        {
          std::array<Thread, 4> threads;
          for (size_t i = 0; i < program.size(); ++i) {
            threads[i] =
                Thread::Start("t" + std::to_string(i), [&, i] { program[i](words, held); }).value();
          }
        }
        std::array<char, 8> text{};
        for (int i = 0; i < registers; ++i) text[i] = static_cast<char>('0' + held[i]);
        for (size_t i = 0; i < count; ++i) {
          if (seen[i] == text) return;
        }
        seen[count++] = text;
      });
  EXPECT_TRUE(report.Proven()) << report;
  for (size_t i = 0; i < count; ++i) outcomes->insert(seen[i].data());
  return *outcomes;
}

// Both ways of exploring see the same.
void Expect(const char* name, int registers, const Outcomes& allowed, const Program& program) {
  EXPECT_EQ(Run(name, registers, program, Mode::kExhaustive), allowed) << name << ", reduced";
  EXPECT_EQ(Run(name, registers, program, Mode::kBounded), allowed) << name << ", not reduced";
}

TEST(Litmus, MessagePassing) {
  const auto program = [](memory_order store, memory_order load) {
    return Program{[=](Words& w, Registers&) {
                     w.x.store(1, kRelaxed);
                     w.y.store(1, store);
                   },
                   [=](Words& w, Registers& r) {
                     r[0] = w.y.load(load);
                     r[1] = w.x.load(kRelaxed);
                   }};
  };
  Expect("MP+rlx+rlx", 2, {"00", "01", "10", "11"}, program(kRelaxed, kRelaxed));
  Expect("MP+rel+rlx", 2, {"00", "01", "10", "11"}, program(kRelease, kRelaxed));
  Expect("MP+rlx+acq", 2, {"00", "01", "10", "11"}, program(kRelaxed, kAcquire));
  Expect("MP+rel+acq", 2, {"00", "01", "11"}, program(kRelease, kAcquire));
  Expect("MP+sc+sc", 2, {"00", "01", "11"}, program(kSeqCst, kSeqCst));
}

TEST(Litmus, StoreBuffering) {
  const auto program = [](memory_order store, memory_order load, bool fence) {
    return Program{[=](Words& w, Registers& r) {
                     w.x.store(1, store);
                     if (fence) ThreadFence(kSeqCst);
                     r[0] = w.y.load(load);
                   },
                   [=](Words& w, Registers& r) {
                     w.y.store(1, store);
                     if (fence) ThreadFence(kSeqCst);
                     r[1] = w.x.load(load);
                   }};
  };
  Expect("SB+rlx", 2, {"00", "01", "10", "11"}, program(kRelaxed, kRelaxed, false));
  Expect("SB+rel+acq", 2, {"00", "01", "10", "11"}, program(kRelease, kAcquire, false));
  Expect("SB+sc", 2, {"01", "10", "11"}, program(kSeqCst, kSeqCst, false));
  Expect("SB+sc+acq", 2, {"00", "01", "10", "11"}, program(kSeqCst, kAcquire, false));
  Expect("SB+fences", 2, {"01", "10", "11"}, program(kRelaxed, kRelaxed, true));
}

}  // namespace
}  // namespace zokio::model
